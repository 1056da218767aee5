package cloud

import (
	"net/http"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
)

// indexStats is the usage of an index as the API shows it, the same for Vector and Search. The sandbox has no data
// plane for them, so nothing is ever used: counts are 0, a series of counts has one point, and a latency has none.
type indexStats struct {
	PendingIndexCount     int64    `json:"pending_index_count"`
	CurrentVectorCount    int64    `json:"current_vector_count"`
	DailyQueryCount       int64    `json:"daily_query_count"`
	DailyUpdateCount      int64    `json:"daily_update_count"`
	MonthlyQueryCount     int64    `json:"monthly_query_count"`
	MonthlyUpdateCount    int64    `json:"monthly_update_count"`
	MonthlyBandwidthUsage int64    `json:"monthly_bandwidth_usage"`
	StorageUsage          int64    `json:"storage_usage"`
	MonthlyCost           float64  `json:"monthly_cost"`
	DailyUpdateRequests   []point  `json:"daily_update_requests"`
	DailyQueryRequests    []point  `json:"daily_query_requests"`
	DailyBandwidths       []point  `json:"daily_bandwidths"`
	Days                  []string `json:"days"`
	QueryThroughput       []point  `json:"query_throughput"`
	UpdateThroughput      []point  `json:"update_throughput"`
	QueryLatencyMean      []point  `json:"query_latency_mean"`
	QueryLatency99        []point  `json:"query_latency_99"`
	UpdateLatencyMean     []point  `json:"update_latency_mean"`
	UpdateLatency99       []point  `json:"update_latency_99"`
	EmbedsLatencyMean     []point  `json:"embeds_latency_mean"`
	EmbedsLatency99       []point  `json:"embeds_latency_99"`
	VectorCount           []point  `json:"vector_count"`
	DataSize              []point  `json:"data_size"`
	DailyRerankCount      int64    `json:"daily_rerank_count"`
	MonthlyRerankCount    int64    `json:"monthly_rerank_count"`
	DailyRerankRequests   []point  `json:"daily_rerank_requests"`
	RerankLatencyMean     []point  `json:"rerank_latency_mean"`
	RerankLatency99       []point  `json:"rerank_latency_99"`
}

// indexStats is GET /v2/vector/index/{id}/stats and GET /v2/search/{id}/stats. It accepts a period and ignores it.
func (a *API) indexStats(p product) handler {
	return func(w http.ResponseWriter, r *http.Request, who caller) {
		if _, ok := a.index(w, r, who, p); !ok {
			return
		}
		now := a.now().UTC()
		zero, none := []point{{X: now.String()}}, []point{}
		journal.From(r.Context()).Outcome("ok")
		writeJSON(w, http.StatusOK, indexStats{
			DailyUpdateRequests: zero, DailyQueryRequests: zero, DailyBandwidths: zero, DailyRerankRequests: zero,
			QueryThroughput: zero, UpdateThroughput: zero, VectorCount: zero, DataSize: zero,
			QueryLatencyMean: none, QueryLatency99: none, UpdateLatencyMean: none, UpdateLatency99: none,
			EmbedsLatencyMean: none, EmbedsLatency99: none, RerankLatencyMean: none, RerankLatency99: none,
			Days: []string{now.Weekday().String()},
		})
	}
}

// globalStats is GET /v2/vector/index/stats and GET /v2/search/stats: the sum over all indexes of the owner.
func (a *API) globalStats(w http.ResponseWriter, r *http.Request, _ caller) {
	journal.From(r.Context()).Outcome("ok")
	writeJSON(w, http.StatusOK, struct {
		RecordCount int64   `json:"record_count"`
		Request     int64   `json:"request"`
		Bandwidth   int64   `json:"bandwidth"`
		Storage     int64   `json:"storage"`
		Billing     float64 `json:"billing"`
		RerankCount int64   `json:"rerank_count"`
	}{})
}
