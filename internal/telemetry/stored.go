package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	countTimeout = 2 * time.Second  // a slow database must not keep the other metrics from being read
	countKept    = 10 * time.Second // scrapers, however many, cost one count in this time
)

var (
	databaseUp  = description("database_up", "Whether the last count of the database's rows went well.")
	connections = description("connections", "Accounts by the state of their connection.", "state")
	mintIntents = description(
		"mint_intents", "Names of developer keys that were sent, or were about to be, by what became of them.", "state",
	)
	unsettled = description("creates_unsettled", "Creates that were begun and have no outcome yet.", "state")
	sessions  = description("sessions", "Browser sessions that have not ended.")
	audited   = description("audit_events", "Rows of the audit log, by the range of their ids.")
	size      = description("database_bytes", "Size of the whole database; on SQLite without its write-ahead log.")
)

// stored collects what takes a query.
type stored struct {
	sources Sources

	mu      sync.Mutex
	counted time.Time
	counts  Stored
	err     error
}

func newStored(sources Sources) *stored { return &stored{sources: sources} }

func (*stored) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{databaseUp, connections, mintIntents, unsettled, sessions, audited, size} {
		out <- d
	}
}

// Collect leaves out what could not be counted: an old number would look like a current one.
func (c *stored) Collect(out chan<- prometheus.Metric) {
	counts, err := c.count()
	gauge(out, databaseUp, oneIf(err == nil))

	if err != nil {
		return
	}
	each := func(d *prometheus.Desc, states []string, of map[string]int64) {
		for _, state := range states {
			gauge(out, d, float64(of[state]), state)
		}
	}
	each(connections, c.sources.ConnectionStates, counts.Connections)
	each(mintIntents, c.sources.IntentStates, counts.Intents)
	each(unsettled, c.sources.CreateStates, counts.Creates)
	gauge(out, sessions, float64(counts.Sessions))
	gauge(out, audited, float64(counts.AuditEvents))
	gauge(out, size, float64(counts.Bytes))
}

// count asks the database, or remembers: a failure too, for one that is in trouble should not be asked more often.
func (c *stored) count() (Stored, error) {
	c.mu.Lock()
	defer c.mu.Unlock()

	if c.counted.IsZero() || time.Since(c.counted) > countKept {
		ctx, cancel := context.WithTimeout(context.Background(), countTimeout)
		defer cancel()
		c.counts, c.err = c.sources.Stored(ctx)
		c.counted = time.Now()
	}

	return c.counts, c.err
}
