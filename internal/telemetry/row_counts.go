package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	countTimeout = 2 * time.Second  // a slow database must not block the other metrics
	countCached  = 10 * time.Second // any number of scrapers causes one count in this time
)

var (
	databaseUp  = description("database_up", "1 if the last count of the database's rows succeeded, or else 0.")
	connections = description("connections", "Accounts, by the state of their connection.", "state")
	mintIntents = description(
		"mint_intents", "Names of developer keys that the server sent or was about to send to Upstash, by state.", "state",
	)
	unsettled = description("creates_unsettled", "Creates without a known outcome, by state.", "state")
	sessions  = description("sessions", "Browser sessions that have not ended.")
	audited   = description("audit_events", "Approximate number of rows of the audit log, from the range of their IDs.")
	webhooks  = description("webhook_events", "Events of grants in the outbox, by the state of their delivery.", "state")
	waiting   = description("webhook_oldest_pending_seconds",
		"Age of the oldest event that is still to be delivered; 0 if no event is pending.")
	size = description("database_bytes", "Size of the database; on SQLite without its write-ahead log.")
)

// rowCounts collects the metrics that need a query.
type rowCounts struct {
	sources Sources

	mu      sync.Mutex
	counted time.Time
	counts  RowCounts
	err     error
}

func newRowCounts(sources Sources) *rowCounts { return &rowCounts{sources: sources} }

func (*rowCounts) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		databaseUp, connections, mintIntents, unsettled, sessions, audited, webhooks, waiting, size,
	} {
		out <- d
	}
}

// Collect omits the counts if the query fails, because old numbers would look current.
func (c *rowCounts) Collect(out chan<- prometheus.Metric) {
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
	each(webhooks, c.sources.WebhookStates, counts.WebhookEvents)
	gauge(out, waiting, counts.OldestWebhook.Seconds())
	gauge(out, sessions, float64(counts.Sessions))
	gauge(out, audited, float64(counts.AuditEvents))
	gauge(out, size, float64(counts.Bytes))
}

// count queries the database or returns the cached result. It caches errors too, so as not to query a failing database
// more often.
func (c *rowCounts) count() (RowCounts, error) {
	c.mu.Lock()
	defer c.mu.Unlock()

	if c.counted.IsZero() || time.Since(c.counted) > countCached {
		ctx, cancel := context.WithTimeout(context.Background(), countTimeout)
		defer cancel()
		c.counts, c.err = c.sources.RowCounts(ctx)
		c.counted = time.Now()
	}

	return c.counts, c.err
}
