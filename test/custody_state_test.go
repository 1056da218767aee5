package test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/test/harness"
)

// The states of a connection: pending -> active -> suspect -> active or reconnect_required; disconnected.

func TestStateRejectedOnceBecomesActiveAgain(t *testing.T) {
	p := harness.StartProduct(t)
	for _, status := range []int{401, 403} {
		email := map[int]string{401: "once401@example.com", 403: "once403@example.com"}[status]
		id := p.Connect(t, email).Connection(t, 201).ID
		p.RejectKey(t, email, 1, status) // and the probe succeeds
		want := map[int]string{401: "upstream_unavailable", 403: "upstream_forbidden"}[status]
		p.List(t, email).IsProblem(t, map[int]int{401: 503, 403: 403}[status], want)
		p.OneLiveKey(t, email, 1)
		p.WantTransitions(t, id, "pending -> active", "active -> suspect", "suspect -> active")
	}
}

func TestStateStaysSuspectWhileTheProbeIsInconclusive(t *testing.T) {
	p := harness.StartProduct(t)
	const email = "suspect@example.com"
	id := p.Connect(t, email).Connection(t, 201).ID
	p.RejectKey(t, email, 1, 401)
	p.Fault(t, map[string]any{
		"match": map[string]any{
			"target": "upstash",
			"path":   "/v2/*",
		},
		"count": -1,
		"do":    map[string]any{"status": 503, "body": "down"},
	})
	p.List(t, email).IsProblem(t, 503, "upstream_unavailable")

	if got := p.Connection(t, email).State; got != "suspect" {
		t.Errorf("got state %s, want suspect", got)
	}
	p.NoFaults(t)
	t.Run("the next call that works makes it active", func(t *testing.T) {
		p.List(t, email).Is(t, 200)
		p.WantTransitions(t, id, "pending -> active", "active -> suspect", "suspect -> active")
	})
}

// Row P14: upstream's 401 or 403 for the stored key never becomes the server's 401. The next connect repairs the
// connection.
//
// Threat model: P14.
func TestKeyDeletedInTheConsoleRequiresReconnect(t *testing.T) {
	p := harness.StartProduct(t)
	const email, other = "deleted@example.com", "other@example.com"
	first := p.Connect(t, email).Connection(t, 201)
	p.Connect(t, other).Is(t, 201)
	cookie := p.Login(t, p.TokenOf(t, email))
	p.Control(t, "DELETE", "/accounts/"+url.PathEscape(email)+"/keys/"+first.KeyName, nil, nil)

	p.List(t, email).IsProblem(t, 409, "reconnect_required")
	p.Do(t, "GET", "/api/v1/databases", p.FromPage(cookie), "").IsProblem(t, 409, "reconnect_required")
	p.Do(t, "GET", "/api/v1/session", p.FromPage(cookie), "").Is(t, 200) // nobody is logged out by it
	p.HasNoEffect(t, func() { p.List(t, email).IsProblem(t, 409, "reconnect_required") })
	p.List(t, other).Is(t, 200)

	second := p.Connect(t, email).Connection(t, 201)
	if second.ID != first.ID || second.KeyName == first.KeyName {
		t.Errorf("got %s with %s, want %s with another key than %s", second.ID, second.KeyName, first.ID, first.KeyName)
	}
	p.List(t, email).Is(t, 200)
	p.WantTransitions(t, first.ID, "pending -> active", "active -> suspect", "suspect -> reconnect_required",
		"reconnect_required -> active")

	if got := second.Leftovers(); len(got) != 1 || got[first.KeyName] != "uncertain" {
		t.Errorf("got leftovers %v, want %s as uncertain: we cannot see that it was deleted", got, first.KeyName)
	}

	if got := len(p.Account(t, email).Keys); got != 1 {
		t.Errorf("got %d keys upstream, want 1", got)
	}
}

// The account's e-mail changed: Basic authentication fails until the next login has the new one. No key is minted.
func TestStateChangedEmailKeepsTheKey(t *testing.T) {
	p := harness.StartProduct(t)
	const before, after = "before@example.com", "after@example.com"
	first := p.Connect(t, before).Connection(t, 201)
	old := p.TokenOf(t, before)
	p.Control(t, "PATCH", "/accounts/"+before, map[string]any{"email": after}, nil)
	p.Do(t, "GET", "/api/v1/databases", harness.Bearer(old), "").IsProblem(t, 409, "reconnect_required")

	second := p.Connect(t, after).Connection(t, 200)
	if second.ID != first.ID || second.KeyName != first.KeyName || second.Email != after {
		t.Errorf("got %+v, want %s and its key under %s", second, first.ID, after)
	}
	p.OneLiveKey(t, after, 1)
	// A login from before the change still connects, with the key and the e-mail that work.
	if got := p.Do(t, "PUT", "/api/v1/connection", harness.Bearer(old), "").Connection(t, 200); got.Email != after {
		t.Errorf("got e-mail %s, want %s", got.Email, after)
	}

	if got := p.Mints(t); got != 1 {
		t.Errorf("got %d calls for a key, want 1", got)
	}
}

// While the old key cannot be probed, no replacement is minted.
func TestStateReconnectMintsNothingWhileTheProbeFails(t *testing.T) {
	p := harness.StartProduct(t)
	const email = "probe@example.com"
	first := p.Connect(t, email).Connection(t, 201)
	p.RejectKey(t, email, 2, 401)
	p.List(t, email).IsProblem(t, 409, "reconnect_required")
	p.Fault(
		t,
		map[string]any{
			"match": map[string]any{"target": "upstash", "path": "/v2/*"},
			"count": -1,
			"do":    map[string]any{"status": 500, "body": "down"},
		},
	)
	p.Connect(t, email).IsProblem(t, 503, "upstream_unavailable")
	p.NoFaults(t)

	if got := p.Connect(t, email).Connection(t, 200); got.KeyName != first.KeyName {
		t.Errorf("got key %s, want the old one, which works: %s", got.KeyName, first.KeyName)
	}
	p.OneLiveKey(t, email, 1)
	p.WantTransitions(t, first.ID, "pending -> active", "active -> suspect", "suspect -> reconnect_required",
		"reconnect_required -> active")
}

// A disconnect is possible in every state, and a new login connects again.
func TestStateDisconnectFromEverywhere(t *testing.T) {
	p := harness.StartProduct(t)
	down := map[string]any{
		"match": map[string]any{"target": "upstash", "path": "/v2/*"},
		"count": -1,
		"do":    map[string]any{"status": 503, "body": "down"},
	}

	tests := map[string]struct {
		lead func(t *testing.T, email string)
		keys int // upstream at the end, when a new login has connected again
	}{
		"pending": {func(t *testing.T, email string) {
			t.Helper()
			p.OnMint(t, map[string]any{"status": 418, "body": "no"})
			p.Connect(t, email).Is(t, 502)
		}, 1},
		"suspect": {func(t *testing.T, email string) {
			t.Helper()
			p.Connect(t, email).Is(t, 201)
			p.RejectKey(t, email, 1, 401)
			p.Fault(t, down)
			p.List(t, email).Is(t, 503)
			p.NoFaults(t)
		}, 2},
		"reconnect_required": {func(t *testing.T, email string) {
			t.Helper()
			p.Connect(t, email).Is(t, 201)
			p.RejectKey(t, email, 2, 401)
			p.List(t, email).Is(t, 409)
		}, 2},
	}
	for state, tc := range tests {
		t.Run(state, func(t *testing.T) {
			email := strings.ReplaceAll(state, "_", "-") + "@example.com"
			tc.lead(t, email)

			before := p.Connection(t, email)
			if before.State != state {
				t.Fatalf("got state %s, want %s", before.State, state)
			}
			p.Do(t, "DELETE", "/api/v1/connection", harness.Bearer(p.TokenOf(t, email)), "").Is(t, 200)

			if log := p.Log.String(); !strings.Contains(
				log,
				`"connection":"`+before.ID+`","from":"`+state+`","to":"disconnected"`,
			) {
				t.Error("the edge is not logged")
			}
			p.List(t, email).IsProblem(t, 409, "connect_required")
			p.Connect(t, email).Is(t, 201)
			p.OneLiveKey(t, email, tc.keys)
		})
	}
}
