package cloud

import (
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/journal"
)

// point is a measured value and its time, in Go's print format.
type point struct {
	X string  `json:"x"`
	Y float64 `json:"y"`
}

// stats is a database's usage as the API shows it. A series has one point, the current value, counted since the
// sandbox started. A value that the sandbox does not measure has an empty series.
type stats struct {
	MonitorCount          point    `json:"monitor_count"`
	DailyNetCommands      int64    `json:"daily_net_commands"`
	DailyReadRequests     int64    `json:"daily_read_requests"`
	DailyWriteRequests    int64    `json:"daily_write_requests"`
	ConnectionCount       []point  `json:"connection_count"`
	Keyspace              []point  `json:"keyspace"`
	Throughput            []point  `json:"throughput"`
	DiskUsage             []point  `json:"diskusage"`
	LatencyMean           []point  `json:"latencymean"`
	Latency99             []point  `json:"latency_99"`
	ReadLatencyMean       []point  `json:"read_latency_mean"`
	ReadLatency99         []point  `json:"read_latency_99"`
	WriteLatencyMean      []point  `json:"write_latency_mean"`
	WriteLatency99        []point  `json:"write_latency_99"`
	Hits                  []point  `json:"hits"`
	Misses                []point  `json:"misses"`
	Read                  []point  `json:"read"`
	Write                 []point  `json:"write"`
	DailyRequests         []point  `json:"dailyrequests"`
	Days                  []string `json:"days"`
	DailyBilling          []point  `json:"dailybilling"`
	DailyBandwidth        int64    `json:"dailybandwidth"`
	Bandwidths            []point  `json:"bandwidths"`
	MonthlyBandwidth      int64    `json:"total_monthly_bandwidth"`
	MonthlyRequests       int64    `json:"total_monthly_requests"`
	MonthlyReadRequests   int64    `json:"total_monthly_read_requests"`
	MonthlyWriteRequests  int64    `json:"total_monthly_write_requests"`
	MonthlyScriptRequests int64    `json:"total_monthly_script_requests"`
	QueueOptimized        bool     `json:"queue_optimized"`
	MonthlyStorage        int64    `json:"total_monthly_storage"`
	CurrentStorage        int64    `json:"current_storage"`
	MonthlyBilling        float64  `json:"total_monthly_billing"`
	CommandCounts         []any    `json:"command_counts"`
}

// databaseStats is GET /v2/redis/stats/{id}. It accepts a period and ignores it: the sandbox stores no history.
func (a *API) databaseStats(w http.ResponseWriter, r *http.Request, who caller) {
	database, ok := a.database(w, r, who)
	if !ok {
		return
	}
	used, now := a.redis.Usage(database.ID), a.now().UTC()
	series := func(value int64) []point { return []point{{now.String(), float64(value)}} }
	seconds := max(now.Sub(a.started), time.Second).Seconds()
	none := []point{}
	journal.From(r.Context()).Outcome("ok")
	writeJSON(w, http.StatusOK, stats{
		MonitorCount:     point{X: now.String()},
		DailyNetCommands: used.Commands, DailyReadRequests: used.Reads, DailyWriteRequests: used.Writes,
		ConnectionCount: series(used.Connections), Keyspace: series(used.Keys), DiskUsage: series(used.Bytes),
		Throughput: []point{{now.String(), float64(used.Commands) / seconds}},
		Read:       series(used.Reads), Write: series(used.Writes), DailyRequests: series(used.Commands),
		LatencyMean: none, Latency99: none, ReadLatencyMean: none, ReadLatency99: none, WriteLatencyMean: none,
		WriteLatency99: none, Hits: none, Misses: none, DailyBilling: none, Bandwidths: none,
		Days:            []string{now.Weekday().String()},
		MonthlyRequests: used.Commands, MonthlyReadRequests: used.Reads, MonthlyWriteRequests: used.Writes,
		MonthlyStorage: used.Bytes, CurrentStorage: used.Bytes, CommandCounts: []any{},
	})
}
