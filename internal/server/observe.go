package server

import (
	"context"
	"errors"
	"time"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/telemetry"
	"github.com/upstash-connect/bff/internal/upstash"
	"github.com/upstash-connect/bff/internal/webhook"
)

// labels converts the values of a closed set to strings.
func labels[T ~string](values []T) []string {
	list := make([]string, 0, len(values))
	for _, value := range values {
		list = append(list, string(value))
	}

	return list
}

func newMetrics(version string) *telemetry.Metrics {
	return telemetry.NewMetrics(telemetry.MetricsOptions{
		Version:            version,
		Problems:           labels(problem.APICodes()),
		Limits:             []string{"requests", "creates", "mints", "pings", "upstash"},
		UpstreamOperations: labels(upstash.Operations()),
		UpstreamOutcomes:   labels(upstash.Outcomes()),
		MintOutcomes:       labels(keys.MintOutcomes()),
		CreateOutcomes:     labels(proxy.CreateOutcomes()),
		Operations:         operation.Names(operation.All()),
		WebhookOutcomes:    labels(webhook.Outcomes()),
	})
}

func (s *Server) observeRequest(ctx context.Context, e api.CompletedRequest) {
	s.metrics.Request(e.Method, e.Route, e.Status, string(e.Code), e.Took)

	if e.Limit != "" {
		s.metrics.Limited(e.Limit)
	}
	s.tracing.Request(ctx, e.Method, e.Route, e.Status, string(e.Code))
}

// observeUpstream measures every attempt of a call to the Developer API.
func (s *Server) observeUpstream(
	ctx context.Context, operation upstash.Operation,
) (context.Context, func(upstash.Outcome)) {
	start := time.Now()
	ctx, end := s.tracing.Upstream(ctx, string(operation))

	return ctx, func(outcome upstash.Outcome) {
		took := time.Since(start)
		s.metrics.UpstreamCall(string(operation), string(outcome), took, outcome.Sent())
		api.AddUpstreamTime(ctx, took)
		end(string(outcome), outcome != upstash.OutcomeOK)
	}
}

// registerSources registers the values that are read at each scrape of the metrics.
func (s *Server) registerSources() {
	s.metrics.Watch(telemetry.Sources{
		Breaker:       s.broker.Upstream.BreakerState,
		BreakerStates: upstash.BreakerStates(),
		IssuerKeys:    func() telemetry.IssuerKeys { return telemetry.IssuerKeys(s.tokens.Keys.Stats()) },
		Pools:         s.database.Pools,
		ListReads: func() map[string]uint64 {
			upstream, joined, memory := s.ListReads()
			return map[string]uint64{"upstream": upstream, "joined": joined, "memory": memory}
		},
		Caches:           s.caches,
		RowCounts:        s.rowCounts,
		ConnectionStates: labels(keys.States()),
		IntentStates:     labels(keys.IntentStates()),
		CreateStates:     labels(proxy.UnsettledStates()),
		WebhookStates:    labels(webhook.States()),
	})
}

// caches returns the statistics of the caches that requests use.
func (s *Server) caches() map[string]telemetry.Cache {
	tokens, lists := s.tokens.Remembered(), s.broker.Databases.ListCache()

	return map[string]telemetry.Cache{
		"tokens":      {Entries: tokens.Entries, Hits: tokens.Hits, Misses: tokens.Misses},
		"sessions":    telemetry.Cache(s.sessions.Recent()),
		"credentials": telemetry.Cache(s.broker.Custody.RecentStats()),
		"lists":       telemetry.Cache(lists),
	}
}

func (s *Server) rowCounts(ctx context.Context) (telemetry.RowCounts, error) {
	counts, err := s.database.Count(ctx)
	events, oldest, eventsErr := s.database.Counts(ctx)

	var waiting time.Duration
	if !oldest.IsZero() {
		waiting = time.Since(oldest)
	}

	return telemetry.RowCounts{
		WebhookEvents: byLabel(events), OldestWebhook: waiting,
		Connections: byLabel(counts.Connections), Intents: byLabel(counts.Intents), Creates: byLabel(counts.Creates),
		Sessions: counts.Sessions, AuditEvents: counts.AuditEvents, Bytes: counts.Bytes,
	}, errors.Join(err, eventsErr)
}

func byLabel[T ~string](counts map[T]int64) map[string]int64 {
	named := make(map[string]int64, len(counts))
	for state, count := range counts {
		named[string(state)] = count
	}

	return named
}
