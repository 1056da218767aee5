package cloud

import (
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
)

// requestPoint is a point of the series that also counts workflows.
type requestPoint struct {
	point
	WorkflowMessage int64 `json:"workflow_message"`
	WorkflowRun     int64 `json:"workflow_run"`
}

// qstashStats is the usage of a QStash user as the API shows it. The sandbox delivers no messages, so nothing is ever
// used: a series has one point, 0, and a series by identifier has none.
type qstashStats struct {
	Days                  []string       `json:"days"`
	DailyRequests         []requestPoint `json:"daily_requests"`
	DailyBillings         []point        `json:"daily_billings"`
	DailyBandwidths       []point        `json:"daily_bandwidths"`
	DailyUsed             []point        `json:"daily_used"`
	DailyUsedWorkflow     []point        `json:"daily_used_workflow"`
	DailyQStashMessages   []any          `json:"daily_qstash_messages"`
	DailyWorkflowMessages []any          `json:"daily_workflow_messages"`
	DLQMessageCount       int64          `json:"dlq_message_count"`
	DailyBandwidthUsed    []point        `json:"daily_bandwidth_used"`
	TotalMonthlyBilling   float64        `json:"total_monthly_billing"`
}

// qstashStats is GET /v2/qstash/stats/{id}. It accepts a period and ignores it.
func (a *API) qstashStats(w http.ResponseWriter, r *http.Request, who caller) {
	if _, err := a.store.QStash(who.owner, r.PathValue("id")); err != nil {
		a.refuseFor(w, r, err, errQStashNotFound)
		return
	}
	now := a.now().UTC()
	zero := []point{{X: now.String()}}
	journal.From(r.Context()).Outcome("ok")
	writeJSON(w, http.StatusOK, qstashStats{
		Days:          []string{now.Weekday().String()},
		DailyRequests: []requestPoint{{point: zero[0]}},
		DailyBillings: zero, DailyBandwidths: zero, DailyUsed: zero, DailyUsedWorkflow: zero, DailyBandwidthUsed: zero,
		DailyQStashMessages: []any{}, DailyWorkflowMessages: []any{},
	})
}
