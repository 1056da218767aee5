package telemetry

import (
	"context"
	"database/sql"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// IssuerKeys are statistics of the issuer's signing keys.
type IssuerKeys struct {
	Reads, FailedReads, UnknownKids uint64
	Accepted, Rejected              int
	Age                             time.Duration // since the last successful read
	Read                            bool          // whether a read has succeeded
}

// Cache are statistics of one cache.
type Cache struct {
	Entries      int
	Hits, Misses uint64
	Oldest       time.Duration // age of the oldest entry; 0 if the cache is empty or does not track ages
}

// RowCounts are the numbers of rows in the database, by state.
type RowCounts struct {
	Connections, Intents, Creates map[string]int64
	Sessions, AuditEvents, Bytes  int64

	WebhookEvents map[string]int64
	OldestWebhook time.Duration // age of the oldest event that is still to be delivered; 0: no event is pending
}

// Sources are called at each scrape. All are required.
type Sources struct {
	Breaker       func() string // the circuit breaker's state, one of BreakerStates
	BreakerStates []string
	IssuerKeys    func() IssuerKeys
	Pools         func() map[string]sql.DBStats // connection pools of the database, by name
	ListReads     func() map[string]uint64      // lists of databases, by origin
	Caches        func() map[string]Cache       // by name
	// RowCounts counts rows. It has a deadline, and its result is cached.
	RowCounts func(context.Context) (RowCounts, error)
	// The states that RowCounts may return. The metrics include each, with zero if it has no rows.
	ConnectionStates, IntentStates, CreateStates, WebhookStates []string
}

// Watch registers the metrics of the sources.
func (m *Metrics) Watch(sources Sources) {
	m.registry.MustRegister(inMemory{sources}, newRowCounts(sources))
}

func description(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

var (
	breakerState = description(
		"upstream_breaker_state",
		"1 for the current state of the Developer API's circuit breaker, 0 for the others.",
		"state",
	)
	issuerKeys = description("issuer_keys", "Signing keys in the issuer's last document, accepted or rejected.",
		"verdict")
	issuerAge = description("issuer_keys_age_seconds",
		"Time since the last successful read of the issuer's keys; absent before the first.")
	issuerReads   = description("issuer_key_reads_total", "Reads of the issuer's keys.", "outcome")
	issuerUnknown = description("issuer_unknown_kids_total", "Tokens with a key ID that is not among the issuer's keys.")
	listReads     = description("list_reads_total", "Lists of databases returned, by origin.", "from")
	cacheEntries  = description("cache_entries", "Entries in a cache of this server.", "cache")
	cacheAge      = description("cache_oldest_seconds", "Age of the oldest entry in a cache.", "cache")
	cacheLookups  = description("cache_lookups_total", "Lookups in a cache, by outcome.",
		"cache", "outcome")
	poolOpen  = description("database_connections", "Connections in the database's pools, by state.", "pool", "state")
	poolWaits = description("database_waits_total", "Number of times that a query waited for a connection of its pool.",
		"pool")
	poolWaited = description(
		"database_wait_seconds_total", "Total time that queries waited for a connection of their pool.", "pool",
	)
)

// inMemory collects the metrics that need no query.
type inMemory struct{ sources Sources }

func (inMemory) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		breakerState, issuerKeys, issuerAge, issuerReads, issuerUnknown, listReads,
		cacheEntries, cacheAge, cacheLookups, poolOpen, poolWaits, poolWaited,
	} {
		out <- d
	}
}

func (c inMemory) Collect(out chan<- prometheus.Metric) {
	now := c.sources.Breaker()
	for _, state := range c.sources.BreakerStates {
		gauge(out, breakerState, oneIf(state == now), state)
	}
	keys := c.sources.IssuerKeys()
	gauge(out, issuerKeys, float64(keys.Accepted), "taken")
	gauge(out, issuerKeys, float64(keys.Rejected), "refused")

	if keys.Read {
		gauge(out, issuerAge, keys.Age.Seconds())
	}
	counter(out, issuerReads, float64(keys.Reads-keys.FailedReads), "ok")
	counter(out, issuerReads, float64(keys.FailedReads), "failed")
	counter(out, issuerUnknown, float64(keys.UnknownKids))

	for from, count := range c.sources.ListReads() {
		counter(out, listReads, float64(count), from)
	}

	for name, cache := range c.sources.Caches() {
		gauge(out, cacheEntries, float64(cache.Entries), name)
		gauge(out, cacheAge, cache.Oldest.Seconds(), name)
		counter(out, cacheLookups, float64(cache.Hits), name, "hit")
		counter(out, cacheLookups, float64(cache.Misses), name, "miss")
	}

	for pool, stats := range c.sources.Pools() {
		gauge(out, poolOpen, float64(stats.InUse), pool, "in_use")
		gauge(out, poolOpen, float64(stats.Idle), pool, "idle")
		counter(out, poolWaits, float64(stats.WaitCount), pool)
		counter(out, poolWaited, stats.WaitDuration.Seconds(), pool)
	}
}

func gauge(out chan<- prometheus.Metric, d *prometheus.Desc, value float64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func counter(out chan<- prometheus.Metric, d *prometheus.Desc, value float64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}

	return 0
}
