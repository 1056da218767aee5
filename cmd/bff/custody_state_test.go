package main

import (
	"net/url"
	"strings"
	"testing"
)

// The states of a connection: pending -> active -> suspect -> active or reconnect_required; disconnected.

// list calls the narrowed API as the account.
func (p *product) list(t *testing.T, email string) answer {
	t.Helper()
	return p.do(t, "GET", "/api/v1/databases", bearer(p.tokenOf(t, email)), "")
}

// wantEdges fails the test unless the log and the audit log show exactly these edges of a connection, in this order.
func (p *product) wantEdges(t *testing.T, connectionID string, want ...string) {
	t.Helper()
	var logged []string
	for line := range strings.Lines(p.log.String()) {
		if strings.Contains(line, "connection state changed") && strings.Contains(line, connectionID) {
			logged = append(logged, edge(line))
		}
	}
	if strings.Join(logged, ", ") != strings.Join(want, ", ") {
		t.Errorf("logged: got %v, want %v", logged, want)
	}
	var audited []string
	for _, event := range p.events(t) {
		if event.Action == "state_changed" && event.ConnectionID == connectionID {
			audited = append(audited, event.Detail)
		}
	}
	if strings.Join(audited, ", ") != strings.Join(want, ", ") {
		t.Errorf("audited: got %v, want %v", audited, want)
	}
}

func (p *product) refuseKey(t *testing.T, email string, times, status int) {
	t.Helper()
	p.fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "path": "/v2/*", "email": email}, "count": times,
		"do": map[string]any{"status": status, "body": map[string]any{"error": "Unauthorized " + email}},
	})
}

func TestStateRefusedOnceIsActiveAgain(t *testing.T) {
	p := startProduct(t)
	for _, status := range []int{401, 403} {
		email := map[int]string{401: "once401@example.com", 403: "once403@example.com"}[status]
		id := p.connect(t, email).connection(t, 201).ID
		p.refuseKey(t, email, 1, status) // and the probe succeeds
		want := map[int]string{401: "upstream_unavailable", 403: "upstream_forbidden"}[status]
		p.list(t, email).isProblem(t, map[int]int{401: 503, 403: 403}[status], want)
		p.oneLiveKey(t, email, 1)
		p.wantEdges(t, id, "pending -> active", "active -> suspect", "suspect -> active")
	}
}

func TestStateSuspectWhileTheProbeSaysNothing(t *testing.T) {
	p := startProduct(t)
	const email = "suspect@example.com"
	id := p.connect(t, email).connection(t, 201).ID
	p.refuseKey(t, email, 1, 401)
	p.fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "path": "/v2/*"}, "count": -1, "do": map[string]any{"status": 503, "body": "down"},
	})
	p.list(t, email).isProblem(t, 503, "upstream_unavailable")
	if got := p.connection(t, email).State; got != "suspect" {
		t.Errorf("got state %s, want suspect", got)
	}
	p.noFaults(t)
	t.Run("the next call that works makes it active", func(t *testing.T) {
		p.list(t, email).is(t, 200)
		p.wantEdges(t, id, "pending -> active", "active -> suspect", "suspect -> active")
	})
}

// Row P14: upstream's 401 or 403 on the stored key is never our 401. The next connect mends the same connection.
func TestP14KeyDeletedInTheConsole(t *testing.T) {
	p := startProduct(t)
	const email, other = "deleted@example.com", "other@example.com"
	first := p.connect(t, email).connection(t, 201)
	p.connect(t, other).is(t, 201)
	cookie := p.login(t, p.tokenOf(t, email))
	p.control(t, "DELETE", "/accounts/"+url.PathEscape(email)+"/keys/"+first.KeyName, nil, nil)

	p.list(t, email).isProblem(t, 409, "reconnect_required")
	p.do(t, "GET", "/api/v1/databases", p.fromPage(cookie), "").isProblem(t, 409, "reconnect_required")
	p.do(t, "GET", "/api/v1/session", p.fromPage(cookie), "").is(t, 200) // nobody is logged out by it
	p.leavesNothing(t, func() { p.list(t, email).isProblem(t, 409, "reconnect_required") })
	p.list(t, other).is(t, 200)

	second := p.connect(t, email).connection(t, 201)
	if second.ID != first.ID || second.KeyName == first.KeyName {
		t.Errorf("got %s with %s, want %s with another key than %s", second.ID, second.KeyName, first.ID, first.KeyName)
	}
	p.list(t, email).is(t, 200)
	p.wantEdges(t, first.ID, "pending -> active", "active -> suspect", "suspect -> reconnect_required", "reconnect_required -> active")
	if got := second.leftovers(); len(got) != 1 || got[first.KeyName] != "uncertain" {
		t.Errorf("got leftovers %v, want %s as uncertain: we cannot see that it was deleted", got, first.KeyName)
	}
	if got := len(p.account(t, email).Keys); got != 1 {
		t.Errorf("got %d keys upstream, want 1", got)
	}
}

// The account's e-mail was changed: Basic authentication fails until the next log-in brings the new one, and costs no key.
func TestStateChangedEmailKeepsTheKey(t *testing.T) {
	p := startProduct(t)
	const before, after = "before@example.com", "after@example.com"
	first := p.connect(t, before).connection(t, 201)
	old := p.tokenOf(t, before)
	p.control(t, "PATCH", "/accounts/"+before, map[string]any{"email": after}, nil)
	p.do(t, "GET", "/api/v1/databases", bearer(old), "").isProblem(t, 409, "reconnect_required")
	second := p.connect(t, after).connection(t, 200)
	if second.ID != first.ID || second.KeyName != first.KeyName || second.Email != after {
		t.Errorf("got %+v, want %s and its key under %s", second, first.ID, after)
	}
	p.oneLiveKey(t, after, 1)
	// A log-in from before the change still connects, with the key and the e-mail that work.
	if got := p.do(t, "PUT", "/api/v1/connection", bearer(old), "").connection(t, 200); got.Email != after {
		t.Errorf("got e-mail %s, want %s", got.Email, after)
	}
	if got := p.mints(t); got != 1 {
		t.Errorf("got %d calls for a key, want 1", got)
	}
}

// While upstream cannot be asked whether the old key works, nothing is minted in its place.
func TestStateReconnectMintsNothingWhileTheProbeFails(t *testing.T) {
	p := startProduct(t)
	const email = "probe@example.com"
	first := p.connect(t, email).connection(t, 201)
	p.refuseKey(t, email, 2, 401)
	p.list(t, email).isProblem(t, 409, "reconnect_required")
	p.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "path": "/v2/*"}, "count": -1, "do": map[string]any{"status": 500, "body": "down"}})
	p.connect(t, email).isProblem(t, 503, "upstream_unavailable")
	p.noFaults(t)
	if got := p.connect(t, email).connection(t, 200); got.KeyName != first.KeyName {
		t.Errorf("got key %s, want the old one, which works: %s", got.KeyName, first.KeyName)
	}
	p.oneLiveKey(t, email, 1)
	p.wantEdges(t, first.ID, "pending -> active", "active -> suspect", "suspect -> reconnect_required", "reconnect_required -> active")
}

// edge reads "from -> to" out of a log line.
func edge(line string) string {
	part := func(name string) string {
		_, rest, _ := strings.Cut(line, `"`+name+`":"`)
		value, _, _ := strings.Cut(rest, `"`)
		return value
	}
	return part("from") + " -> " + part("to")
}

// A disconnect is possible from every state, and a new log-in leads on from it.
func TestStateDisconnectFromEverywhere(t *testing.T) {
	p := startProduct(t)
	down := map[string]any{"match": map[string]any{"target": "upstash", "path": "/v2/*"}, "count": -1, "do": map[string]any{"status": 503, "body": "down"}}
	tests := map[string]struct {
		lead func(t *testing.T, email string)
		keys int // upstream in the end, when a new log-in has connected again
	}{
		"pending": {func(t *testing.T, email string) {
			t.Helper()
			p.onMint(t, map[string]any{"status": 418, "body": "no"})
			p.connect(t, email).is(t, 502)
		}, 1},
		"suspect": {func(t *testing.T, email string) {
			t.Helper()
			p.connect(t, email).is(t, 201)
			p.refuseKey(t, email, 1, 401)
			p.fault(t, down)
			p.list(t, email).is(t, 503)
			p.noFaults(t)
		}, 2},
		"reconnect_required": {func(t *testing.T, email string) {
			t.Helper()
			p.connect(t, email).is(t, 201)
			p.refuseKey(t, email, 2, 401)
			p.list(t, email).is(t, 409)
		}, 2},
	}
	for state, tc := range tests {
		t.Run(state, func(t *testing.T) {
			email := strings.ReplaceAll(state, "_", "-") + "@example.com"
			tc.lead(t, email)
			before := p.connection(t, email)
			if before.State != state {
				t.Fatalf("got state %s, want %s", before.State, state)
			}
			p.do(t, "DELETE", "/api/v1/connection", bearer(p.tokenOf(t, email)), "").is(t, 200)
			if log := p.log.String(); !strings.Contains(log, `"connection":"`+before.ID+`","from":"`+state+`","to":"disconnected"`) {
				t.Error("the edge is not logged")
			}
			p.list(t, email).isProblem(t, 409, "connect_required")
			p.connect(t, email).is(t, 201)
			p.oneLiveKey(t, email, tc.keys)
		})
	}
}
