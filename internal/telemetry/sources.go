package telemetry

import (
	"context"
	"database/sql"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// IssuerKeys is what there is to say about the issuer's signing keys.
type IssuerKeys struct {
	Reads, FailedReads, UnknownKids uint64
	Taken, Refused                  int
	Age                             time.Duration // since the last good read
	Read                            bool          // whether there was one
}

// Cache is what a cache holds, and how often it was asked.
type Cache struct {
	Entries      int
	Hits, Misses uint64
	Oldest       time.Duration // age of the oldest entry, where entries have one; 0 when there is none
}

// Stored is how many of each thing the database holds, by state.
type Stored struct {
	Connections, Intents, Creates map[string]int64
	Sessions, AuditEvents, Bytes  int64
}

// Sources are asked whenever metrics are read. All are required.
type Sources struct {
	Breaker       func() string // the circuit breaker's state, one of BreakerStates
	BreakerStates []string
	IssuerKeys    func() IssuerKeys
	Pools         func() map[string]sql.DBStats // the database's connection pools, by name
	ListReads     func() map[string]uint64      // lists of databases, by where they came from
	Caches        func() map[string]Cache       // by name
	// Stored counts rows. It is asked at most once in a while, and given a deadline.
	Stored func(context.Context) (Stored, error)
	// The states that Stored may name: each is shown, at zero when there is none.
	ConnectionStates, IntentStates, CreateStates []string
}

// Watch shows what the sources say.
func (m *Metrics) Watch(sources Sources) {
	m.registry.MustRegister(inMemory{sources}, newStored(sources))
}

func description(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

var (
	breakerState = description(
		"upstream_breaker_state", "1 for the state that the circuit breaker of the Developer API is in.", "state",
	)
	issuerKeys = description("issuer_keys", "Signing keys in the issuer's last document, by whether they are taken.",
		"verdict")
	issuerAge = description("issuer_keys_age_seconds",
		"Time since the issuer's keys were last read; absent before the first good read.")
	issuerReads   = description("issuer_key_reads_total", "Reads of the issuer's keys.", "outcome")
	issuerUnknown = description("issuer_unknown_kids_total", "Tokens whose key id was not among the issuer's keys.")
	listReads     = description("list_reads_total", "Lists of databases answered, by where they came from.", "from")
	cacheEntries  = description("cache_entries", "Answers that a cache of this server holds.", "cache")
	cacheAge      = description("cache_oldest_seconds", "Age of the oldest answer that a cache holds.", "cache")
	cacheLookups  = description("cache_lookups_total", "Lookups in a cache, by whether it had the answer.",
		"cache", "outcome")
	poolOpen  = description("database_connections", "Connections of the database's pools.", "pool", "state")
	poolWaits = description("database_waits_total", "Times that a query waited for a connection of its pool.",
		"pool")
	poolWaited = description(
		"database_wait_seconds_total", "Time that queries waited for a connection of their pool.", "pool",
	)
)

// inMemory collects what costs nothing to ask for.
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
	gauge(out, issuerKeys, float64(keys.Taken), "taken")
	gauge(out, issuerKeys, float64(keys.Refused), "refused")

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
