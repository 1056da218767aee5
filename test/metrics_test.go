package test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/test/harness"
)

var goVersion = runtime.Version()

// The metrics match the calls over HTTP.
func TestMetricsReportOutcomes(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithAdmin(), harness.WithFront(t, &f)) // one mint
	m.Do(t, "PUT", "/api/v1/connection", m.Header, "").Is(t, 200)
	m.Login(t, m.TokenOf(t, m.Email))
	id := m.Create(t, "one", harness.CreateBody("mine")).Database(t, 201).ID
	m.Create(t, "one", harness.CreateBody("mine")).Is(t, 201)
	m.Create(t, "one", harness.CreateBody("another")).Is(t, 422)
	m.Create(t, "", `{"name":"x","primary_region":"moon-1"}`).Is(t, 422) // rejected before it counts as a create
	m.Do(t, "GET", harness.DatabasesPath+"/"+id, m.Header, "").Is(t, 200)
	m.Do(t, "GET", "/api/v1/nothing", nil, "").Is(t, 404)
	m.Do(t, "BREW", harness.DatabasesPath, m.Header, "")
	m.Do(t, "GET", harness.DatabasesPath, harness.Bearer("nonsense"), "").Is(t, 401)
	m.Do(t, "GET", harness.DatabasesPath, nil, "").Is(t, 401)
	f.RespondsWith("GET", harness.UpstreamList, 429, nil, "")
	m.Do(t, "GET", harness.DatabasesPath, m.Header, "").Is(t, 429)
	f.Intercept(nil)
	m.Do(t, "GET", harness.DatabasesPath, m.Header, "").Is(t, 429) // blocked by the account's pause
	other := m.AddMember(t, "other@example.com")
	m.Do(t, "DELETE", "/api/v1/connection", other.Header, "").Is(t, 200)

	got := m.Metrics(t)
	got.Are(t, harness.Series{
		`bff_http_requests_total{method="PUT",route="/api/v1/connection",status="201"}`:    2,
		`bff_http_requests_total{method="PUT",route="/api/v1/connection",status="200"}`:    1,
		`bff_http_requests_total{method="POST",route="/api/v1/databases",status="201"}`:    2,
		`bff_http_requests_total{method="GET",route="unmatched",status="404"}`:             1,
		`bff_http_request_duration_seconds_count{method="POST",route="/api/v1/databases"}`: 4,
		`bff_problems_total{code="invalid_token"}`:                                         1,
		`bff_problems_total{code="validation_failed"}`:                                     1,
		`bff_problems_total{code="authentication_required"}`:                               1,
		`bff_problems_total{code="rate_limited"}`:                                          2,
		`bff_limit_refusals_total{limit="upstash"}`:                                        2,
		`bff_limit_refusals_total{limit="creates"}`:                                        0,
		`bff_list_reads_total{from="upstream"}`:                                            2,
		`bff_list_reads_total{from="memory"}`:                                              0,
		`bff_cache_entries{cache="tokens"}`:                                                3,
		`bff_cache_entries{cache="sessions"}`:                                              0,
		`bff_cache_lookups_total{cache="sessions",outcome="hit"}`:                          0,
		`bff_upstream_calls_total{operation="mint",outcome="ok"}`:                          2,
		`bff_upstream_calls_total{operation="mint",outcome="unavailable"}`:                 0,
		`bff_upstream_calls_total{operation="create",outcome="ok"}`:                        1,
		`bff_upstream_calls_total{operation="read",outcome="ok"}`:                          1,
		`bff_upstream_calls_total{operation="list",outcome="rate_limited"}`:                1,
		`bff_upstream_calls_total{operation="list",outcome="held_back"}`:                   1,
		`bff_upstream_call_duration_seconds_count{operation="mint"}`:                       2,
		`bff_mints_total{outcome="made"}`:                                                  2,
		`bff_mints_total{outcome="uncertain"}`:                                             0,
		`bff_creates_total{outcome="made"}`:                                                1,
		`bff_creates_total{outcome="replayed"}`:                                            1,
		`bff_creates_total{outcome="invalid"}`:                                             1,
		`bff_connections{state="active"}`:                                                  1,
		`bff_connections{state="disconnected"}`:                                            1,
		`bff_mint_intents{state="live"}`:                                                   1,
		`bff_mint_intents{state="left_behind"}`:                                            1,
		`bff_mint_intents{state="open"}`:                                                   0,
		`bff_creates_unsettled{state="uncertain"}`:                                         0,
		`bff_sessions`:    1,
		`bff_database_up`: 1,
		`bff_upstream_breaker_state{state="closed"}`:   1,
		`bff_upstream_breaker_state{state="open"}`:     0,
		`bff_issuer_keys{verdict="taken"}`:             1,
		`bff_issuer_key_reads_total{outcome="failed"}`: 0,
	})

	if got[`bff_upstream_calls_total{operation="list",outcome="ok"}`] < 1 ||
		got[`bff_http_requests_total{method="other",route="/api/v1/databases",status="405"}`]+got[`bff_http_requests_total{method="other",route="unmatched",status="405"}`] != 1 {
		t.Errorf("got %v, want a list that went well and one request of an odd method", got)
	}

	if age, found := got["bff_issuer_keys_age_seconds"]; !found || age < 0 || age > 600 {
		t.Errorf("got age %v of the issuer's keys (there: %t)", age, found)
	}
}

// The metrics count calls that this server's limits reject, and lists served from the cache.
func TestMetricsReportLimitsAndMemory(t *testing.T) {
	t.Parallel()
	m := harness.StartWithMember(t, harness.WithAdmin(), harness.WithConfig(func(c *config.Config) {
		c.LimitCreates = limit.Rate{Count: 1, Per: time.Hour}
		c.ListCache = 4 * time.Second
	}))
	m.Create(t, "", harness.CreateBody("one")).Is(t, 201)
	m.Create(t, "", harness.CreateBody("two")).IsProblem(t, 429, "rate_limited")

	for range 3 {
		m.List(t)
	}
	got := m.Metrics(t)
	got.Are(t, harness.Series{
		`bff_limit_refusals_total{limit="creates"}`: 1, `bff_limit_refusals_total{limit="requests"}`: 0,
		`bff_creates_total{outcome="limited"}`: 1, `bff_creates_total{outcome="made"}`: 1,
	})

	if upstream, memory := got[`bff_list_reads_total{from="upstream"}`], got[`bff_list_reads_total{from="memory"}`]; upstream < 1 ||
		upstream+memory != 3 {
		t.Errorf("got %v lists from upstream and %v from memory, want 3 in all", upstream, memory)
	}
}

// The metrics show an open breaker, and the calls not sent while it is open.
func TestMetricsReportAnOpenBreaker(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithAdmin(), harness.WithFront(t, &f))
	path := harness.DatabasesPath + "/" + m.Create(t, "", harness.CreateBody("mine")).Database(t, 201).ID
	f.RespondsWith("GET", "/v2/redis/database/"+path[len(harness.DatabasesPath)+1:], 503, nil, "")

	for f.Requests.Load() < 60 && m.Metrics(t)[`bff_upstream_breaker_state{state="open"}`] == 0 {
		m.Do(t, "GET", path, m.Header, "").IsProblem(t, 503, "upstream_unavailable")
	}
	m.Do(t, "GET", path, m.Header, "").IsProblem(t, 503, "upstream_unavailable")
	got := m.Metrics(t)
	got.Are(
		t,
		harness.Series{`bff_upstream_breaker_state{state="open"}`: 1, `bff_upstream_breaker_state{state="closed"}`: 0},
	)

	if got[`bff_upstream_calls_total{operation="read",outcome="held_back"}`] < 1 {
		t.Errorf("got %v, want a call that was held back", got)
	}
}

// The metrics show lost responses: as calls, as mints, and as uncertain outcomes.
func TestMetricsReportUncertainCreates(t *testing.T) {
	t.Parallel()
	p := harness.StartProduct(t, harness.WithAdmin())
	p.OnMint(t, map[string]any{"drop": "after_commit"})
	p.Do(
		t, "PUT", "/api/v1/connection", harness.Bearer(p.TokenOf(t, "lost@example.com")), "",
	).IsProblem(t, 504,
		"outcome_uncertain")
	p.Metrics(t).Are(t, harness.Series{
		`bff_upstream_calls_total{operation="mint",outcome="outcome_unknown"}`: 1,
		`bff_mints_total{outcome="uncertain"}`:                                 1,
		`bff_mint_intents{state="uncertain"}`:                                  1,
		`bff_connections{state="pending"}`:                                     1,
		`bff_problems_total{code="outcome_uncertain"}`:                         1,
	})
}

// A database that cannot be counted is reported as down, and the other metrics are still there.
func TestMetricsReportAFailingDatabase(t *testing.T) {
	t.Parallel()
	p := harness.StartProduct(t, harness.WithAdmin())
	p.Change(t, "ALTER TABLE sessions RENAME TO sessions_gone")
	got := p.Metrics(t)
	got.Are(t, harness.Series{"bff_database_up": 0, `bff_mints_total{outcome="made"}`: 0})

	if _, found := got["bff_sessions"]; found {
		t.Error("what could not be counted is shown all the same")
	}
}

// Row T05, its metric: a symmetric key that the issuer publishes is counted and rejected.
//
// Threat model: T05.
func TestRejectedIssuerKeysAreCounted(t *testing.T) {
	t.Parallel()
	i := harness.NewIssuer(t)
	i.Publish(
		i.Keys[0].Public(),
		map[string]any{"kty": "oct", "kid": "shared", "k": harness.B64([]byte("a-secret-that-anyone-could-sign-with"))},
	)

	p := harness.StartProduct(t, harness.WithIssuer(i), harness.WithAdmin())
	for _, kid := range []string{"unknown-1", "unknown-2"} {
		p.Do(
			t, "GET", harness.DatabasesPath, harness.Bearer(i.Token(t, map[string]any{"kid": kid}, nil)), "",
		).Is(
			t, 401,
		)
	}
	got := p.Metrics(t)
	got.Are(t, harness.Series{
		`bff_issuer_keys{verdict="taken"}`:             1,
		`bff_issuer_keys{verdict="refused"}`:           1,
		`bff_issuer_unknown_kids_total`:                2,
		`bff_issuer_key_reads_total{outcome="failed"}`: 0,
	})

	if reads := got[`bff_issuer_key_reads_total{outcome="ok"}`]; reads != float64(i.Fetches.Load()) {
		t.Errorf("got %v reads of the keys, want %d as the issuer saw", reads, i.Fetches.Load())
	}

	if strings.Contains(p.Admin(t, "GET", "/metrics", nil).Body, "unknown-1") {
		t.Error("a key id is exposed")
	}
}
