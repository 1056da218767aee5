package main

import (
	"sync"
	"testing"
	"time"
)

// The same genuine token, more often than once.

func TestT28OneTokenFiftyTimesAtOnce(t *testing.T) {
	p := startProduct(t)
	token := p.tokenOf(t, "eager@example.com")
	const callers = 50
	answers, faults := make([]answer, callers), make([]error, callers)
	var group sync.WaitGroup
	for n := range callers {
		door := doors[n%2]
		group.Go(func() { answers[n], faults[n] = p.try(t.Context(), door.method, door.path, bearer(token), "") })
	}
	group.Wait()

	ids, made := map[string]int{}, 0
	for n, got := range answers {
		if faults[n] != nil {
			t.Fatal(faults[n])
		}
		var answered struct {
			ID         string `json:"id"`
			Connection struct {
				ID string `json:"id"`
			} `json:"connection"`
		}
		got.json(t, &answered)
		switch {
		case got.method == "POST" && got.status == 201:
			ids[answered.Connection.ID]++
		case got.method == "PUT" && (got.status == 200 || got.status == 201):
			ids[answered.ID]++
			if got.status == 201 {
				made++
			}
		default:
			t.Errorf("%s %s: got status %d; body %s", got.method, got.path, got.status, got.body)
		}
	}
	if len(ids) != 1 || made > 1 {
		t.Errorf("got connection ids %v, %d of them answered as made; want one id, made at most once", ids, made)
	}
	if got := p.mints(t); got != 1 {
		t.Errorf("got %d mints, want 1", got)
	}
	if got := p.account(t, "eager@example.com").Keys; len(got) != 1 {
		t.Errorf("the account has %d developer keys, want 1", len(got))
	}
	if got := p.rows(t); got["connections"] != 1 || got["mint_intents"] != 1 || got["sessions"] != callers/2 {
		t.Errorf("got rows %v, want 1 connection, 1 intent and a session for each log-in", got)
	}
}

func TestT29TokenReplayedAfterDisconnect(t *testing.T) {
	p := startProduct(t)
	account := map[string]any{"email": "gone@example.com"}
	used := p.token(t, account)
	older := p.token(t, map[string]any{"email": "gone@example.com", "claims": map[string]any{"iat": time.Now().Add(-time.Minute).Unix()}})
	cookie := p.login(t, used)
	p.do(t, "DELETE", "/api/v1/connection", bearer(used), "").is(t, 200)

	p.leavesNothing(t, func() {
		for name, token := range map[string]string{"the token that connected": used, "one issued before and never used": older} {
			t.Run(name, func(t *testing.T) {
				for _, door := range doors[:2] {
					p.do(t, door.method, door.path, bearer(token), "").isProblem(t, 409, "token_already_used")
				}
				p.do(t, "GET", "/api/v1/databases", bearer(token), "").isProblem(t, 409, "connect_required")
			})
		}
		t.Run("the session is dead too", func(t *testing.T) {
			p.do(t, "GET", "/api/v1/session", p.fromPage(cookie), "").isProblem(t, 401, "session_expired")
		})
	})
	var connection struct {
		State string `json:"state"`
	}
	p.do(t, "GET", "/api/v1/connection", bearer(used), "").is(t, 200).json(t, &connection)
	if connection.State != "disconnected" {
		t.Errorf("got state %q, want disconnected", connection.State)
	}
	t.Run("a new log-in connects again", func(t *testing.T) {
		p.do(t, "PUT", "/api/v1/connection", bearer(p.token(t, account)), "").is(t, 201)
	})
}
