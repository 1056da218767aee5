package test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/test/harness"
)

// pinged is the outcome of a connection test.
type pinged struct {
	Reachable bool   `json:"reachable"`
	LatencyMS int64  `json:"latency_ms"`
	Reason    string `json:"reason"`
}

func pingPath(id string) string { return harness.DatabasesPath + "/" + id + "/ping" }

func outcomeOf(t *testing.T, got harness.Response) (outcome pinged) {
	t.Helper()

	decoder := json.NewDecoder(strings.NewReader(got.Is(t, http.StatusOK).Body))
	decoder.DisallowUnknownFields()

	if err := decoder.Decode(&outcome); err != nil {
		t.Fatalf("%v in %s", err, got.Body)
	}

	if outcome.Reachable == (outcome.Reason != "") || outcome.Reachable != (outcome.LatencyMS >= 1) {
		t.Errorf("got %s: a time or else a reason is expected", got.Body)
	}

	return outcome
}

// The server reaches a database with the read-only token, for a session and for an access token, and records it.
func TestPingReachesADatabase(t *testing.T) {
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithDataPlane(), harness.WithFront(t, &f))
	id := m.Create(t, "", harness.CreateBody("mine")).Database(t, 201).ID
	page := m.FromPage(m.Login(t, m.TokenOf(t, m.Email)))

	for name, header := range map[string]http.Header{"by token": m.Header, "by cookie": page} {
		if got := outcomeOf(t, m.Do(t, "POST", pingPath(id), header, "")); !got.Reachable || got.LatencyMS > 5000 {
			t.Errorf("%s: got %+v", name, got)
		}
	}

	var recorded []string
	for _, event := range m.Events(t) {
		if event.Action == keys.ActionDatabasePinged {
			recorded = append(recorded, fmt.Sprint(event.Detail, " ", event.Actor.Kind, " ", max(1, event.Times)))
		}
	}

	if len(recorded) != 1 || recorded[0] != id+" user 2" {
		t.Errorf("the audit log has %q, want one event that counts both", recorded)
	}

	m.Do(t, "POST", pingPath(id), http.Header{"Cookie": page["Cookie"]}, "").IsProblem(t, 403, "csrf")
	m.Do(t, "GET", pingPath(id), page, "").IsProblem(t, 405, "method_not_allowed")
	m.Do(t, "POST", pingPath(id), nil, "").IsProblem(t, 401, "authentication_required")
}

// Each failure has a reason of its own, and none of them is a problem of the caller.
func TestPingTellsWhyADatabaseIsNotReachable(t *testing.T) {
	m := harness.StartWithMember(t, harness.WithDataPlane())
	id := m.Create(t, "", harness.CreateBody("mine")).Database(t, 201).ID
	suspend := func(state string) {
		m.Control(t, "PATCH", "/accounts/"+m.Email+"/databases/"+id, map[string]any{"state": state}, nil)
	}

	for name, row := range map[string]struct {
		fault map[string]any
		want  string
	}{
		"a rejected token": {map[string]any{"status": 401, "body": map[string]any{"error": "WRONGPASS"}}, "token_rejected"},
		"a reached limit": {
			map[string]any{"status": 400, "body": map[string]any{"error": "ERR max requests limit exceeded"}},
			"command_rejected",
		},
		"a fault":           {map[string]any{"status": 502, "body": "bad gateway"}, "unexpected_answer"},
		"a cut connection":  {map[string]any{"drop": "before_commit"}, "connection_failed"},
		"no answer in time": {map[string]any{"delay_ms": 20_000}, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			m.Fault(t, map[string]any{"match": map[string]any{"target": "redis"}, "do": row.fault})

			if got := outcomeOf(t, m.Do(t, "POST", pingPath(id), m.Header, "")); got.Reason != row.want {
				t.Errorf("got %+v, want %s", got, row.want)
			}
			m.NoFaults(t)
		})
	}

	suspend("suspended")

	events := len(m.Events(t))
	if got := outcomeOf(t, m.Do(t, "POST", pingPath(id), m.Header, "")); got.Reason != "suspended" {
		t.Errorf("suspended: got %+v", got)
	}

	if len(m.Events(t)) != events {
		t.Error("a token is recorded as used, but was not")
	}

	suspend("active")

	if got := outcomeOf(t, m.Do(t, "POST", pingPath(id), m.Header, "")); !got.Reachable {
		t.Errorf("active again: got %+v", got)
	}
}

// A hostile Developer API cannot make the server call another host.
//
// Threat model: D01.
func TestPingCallsOnlyHostsOfUpstash(t *testing.T) {
	var (
		f       harness.Front
		reached int
	)
	trap := harness.NewTrap(t, &reached)
	address := strings.TrimPrefix(trap.URL, "http://")
	m := harness.StartWithMember(t, harness.WithFront(t, &f), harness.WithConfig(func(c *config.Config) {
		c.RestURL = "http://{endpoint}" // so that a call to the trap would succeed
	}))
	const id = "96ad0856-03b1-4ee7-9666-e81abd0349e1"

	for _, endpoint := range []string{
		address, "127.0.0.1", "localhost", "[::1]", "evil.example", "upstash.io", "upstash.io.evil.com",
		"x.upstash.io:6379@evil", "x.upstash.io@" + address, address + "/.upstash.io", address + "#.upstash.io", "", "..",
	} {
		body, err := json.Marshal(map[string]any{
			"database_id": id, "database_name": "mine", "state": "active", "endpoint": endpoint, "port": 6379,
			"rest_token": "canary-full", "read_only_rest_token": "canary-read-only",
		})
		if err != nil {
			t.Fatal(err)
		}
		f.RespondsWith("GET", "/v2/redis/database/"+id, http.StatusOK, nil, string(body))

		if got := outcomeOf(t, m.Do(t, "POST", pingPath(id), m.Header, "")); got.Reason != "address_not_allowed" {
			t.Errorf("%q: got %+v", endpoint, got)
		}
	}

	if reached != 0 {
		t.Errorf("%d requests reached another host", reached)
	}

	// Without a token there is nothing to test.
	f.RespondsWith("GET", "/v2/redis/database/"+id, http.StatusOK, nil,
		`{"database_id":"`+id+`","database_name":"mine","state":"active","endpoint":"x.upstash.io"}`)
	m.Do(t, "POST", pingPath(id), m.Header, "").IsProblem(t, 502, "upstream_error")
}

// The read-only token is enough. Without one the server uses the other.
func TestPingPrefersTheReadOnlyToken(t *testing.T) {
	var (
		f    harness.Front
		sent atomic.Pointer[string]
	)

	plane := newPlane(t, func(w http.ResponseWriter, r *http.Request) {
		authorization := r.Header.Get("Authorization")
		sent.Store(&authorization)
		_, _ = w.Write([]byte(`{"result":"PONG"}`))
	})
	m := harness.StartWithMember(t, harness.WithFront(t, &f),
		harness.WithConfig(func(c *config.Config) { c.RestURL = plane }))
	const id = "96ad0856-03b1-4ee7-9666-e81abd0349e1"

	for tokens, want := range map[string]string{
		`"rest_token":"full","read_only_rest_token":"read-only"`: "Bearer read-only",
		`"rest_token":"full"`:                "Bearer full",
		`"read_only_rest_token":"read-only"`: "Bearer read-only", // as a read-only developer key sees it
	} {
		f.RespondsWith("GET", "/v2/redis/database/"+id, http.StatusOK, nil,
			`{"database_id":"`+id+`","database_name":"mine","state":"active","endpoint":"x.upstash.io",`+tokens+`}`)

		if got := outcomeOf(t, m.Do(t, "POST", pingPath(id), m.Header, "")); !got.Reachable || *sent.Load() != want {
			t.Errorf("%s: got %+v with %q", tokens, got, *sent.Load())
		}
	}

	// The state explains more than tokens that are missing.
	f.RespondsWith("GET", "/v2/redis/database/"+id, http.StatusOK, nil,
		`{"database_id":"`+id+`","database_name":"mine","state":"suspended","endpoint":"x.upstash.io"}`)

	if got := outcomeOf(t, m.Do(t, "POST", pingPath(id), m.Header, "")); got.Reason != "suspended" {
		t.Errorf("suspended, without tokens: got %+v", got)
	}
}

// An installation that reveals no credentials does not use them either.
//
// Threat model: D04.
func TestPingIsDisabledWithCredentials(t *testing.T) {
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithDataPlane(), harness.WithFront(t, &f),
		harness.WithConfig(func(c *config.Config) { c.ExposeCredentials = false }))
	id := m.Create(t, "", harness.CreateBody("mine")).Database(t, 201).ID

	f.SendsNothing(t, func() {
		m.Do(t, "POST", pingPath(id), m.Header, "").IsProblem(t, 403, "credentials_disabled")
	})
}

// A service has no use for it, whatever its grant allows: with the credentials it sends PING itself.
//
// Threat model: D04.
func TestServicesCannotPing(t *testing.T) {
	s := harness.StartService(t, harness.WithDataPlane())
	shop, returnURL := s.AddService(t, "shop", anything())
	grant := shop.Granted(t, "user-1", invitee, `"databases":"all","return_url":"`+returnURL+`"`)
	made := s.Do(t, "POST", harness.DatabasesPath, harness.Keyed(shop.As("user-1"), "key"), harness.CreateBody("mine")).
		Database(t, 201)
	s.Do(t, "GET", harness.DatabasesPath+"/"+made.ID+"/credentials", shop.With(grant.ID), "").Is(t, 200)

	for _, header := range []http.Header{shop.With(grant.ID), shop.As("user-1")} {
		s.Do(t, "POST", pingPath(made.ID), header, "").IsProblem(t, 401, "invalid_token")
	}

	for _, event := range s.Events(t) {
		if event.Action == keys.ActionDatabasePinged {
			t.Errorf("a service pinged: %+v", event)
		}
	}
}

// One account keeps at most four connections to slow databases open.
//
// Threat model: D05.
func TestPingsInProgressAreLimited(t *testing.T) {
	wait := make(chan struct{})
	release := sync.OnceFunc(func() { close(wait) })

	var arrived atomic.Int64

	plane := newPlane(t, func(w http.ResponseWriter, _ *http.Request) {
		arrived.Add(1)
		<-wait
		_, _ = w.Write([]byte(`{"result":"PONG"}`))
	})
	t.Cleanup(release) // before the plane closes, which waits for its requests
	m := harness.StartWithMember(t, harness.WithConfig(func(c *config.Config) { c.RestURL = plane }))
	other := m.AddMember(t, "other@example.com")
	id := m.Create(t, "", harness.CreateBody("mine")).Database(t, 201).ID
	others := other.Create(t, "", harness.CreateBody("theirs")).Database(t, 201).ID

	var callers sync.WaitGroup

	for range 4 {
		callers.Go(func() {
			if got, err := m.Try(t.Context(), "POST", pingPath(id), m.Header, ""); err != nil || got.Status != 200 {
				t.Errorf("got %d and %v", got.Status, err)
			}
		})
	}

	for deadline := time.Now().Add(4 * time.Second); arrived.Load() < 4 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}

	got := m.Do(t, "POST", pingPath(id), m.Header, "")
	if problem := got.IsProblem(t, 429, "rate_limited"); problem.Limit != "pings" {
		t.Errorf("got the limit %q", problem.Limit)
	}
	got.RetryAfter(t, time.Second, 5*time.Second)

	callers.Go(func() { // another account is not affected
		if got, err := other.Try(t.Context(), "POST", pingPath(others), other.Header, ""); err != nil || got.Status != 200 {
			t.Errorf("another account: got %d and %v", got.Status, err)
		}
	})
	time.Sleep(50 * time.Millisecond)
	release()
	callers.Wait()

	if got := outcomeOf(t, m.Do(t, "POST", pingPath(id), m.Header, "")); !got.Reachable {
		t.Errorf("afterwards: got %+v", got)
	}
}

// newPlane is a data plane of the test's own. It returns its address.
func newPlane(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)

	return server.URL
}
