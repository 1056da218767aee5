package test

import (
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/test/harness"
)

// The same genuine token, more often than once.

// Threat model: T28.
func TestOneTokenUsedFiftyTimesMakesOneKey(t *testing.T) {
	p := harness.StartProduct(t)
	token := p.TokenOf(t, "eager@example.com")
	const callers = 50
	answers, faults := make([]harness.Response, callers), make([]error, callers)

	var group sync.WaitGroup
	for n := range callers {
		endpoint := harness.TokenEndpoints[n%2]
		group.Go(
			func() {
				answers[n], faults[n] = p.Try(t.Context(), endpoint.Method, endpoint.Path, harness.Bearer(token), "")
			},
		)
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
		got.JSON(t, &answered)

		switch {
		case got.Method == "POST" && got.Status == 201:
			ids[answered.Connection.ID]++
		case got.Method == "PUT" && (got.Status == 200 || got.Status == 201):
			ids[answered.ID]++

			if got.Status == 201 {
				made++
			}
		default:
			t.Errorf("%s %s: got status %d; body %s", got.Method, got.Path, got.Status, got.Body)
		}
	}

	if len(ids) != 1 || made > 1 {
		t.Errorf("got connection ids %v, %d of them returned as created; want one id, made at most once", ids, made)
	}

	if got := p.Mints(t); got != 1 {
		t.Errorf("got %d mints, want 1", got)
	}

	if got := p.Account(t, "eager@example.com").Keys; len(got) != 1 {
		t.Errorf("the account has %d developer keys, want 1", len(got))
	}

	if got := p.Rows(t); got["connections"] != 1 || got["mint_intents"] != 1 || got["sessions"] != callers/2 {
		t.Errorf("got rows %v, want 1 connection, 1 intent and a session for each login", got)
	}
}

// Threat model: T29.
func TestTokenReplayedAfterDisconnectIsRejected(t *testing.T) {
	p := harness.StartProduct(t)
	account := map[string]any{"email": "gone@example.com"}
	used := p.Token(t, account)
	older := p.Token(
		t,
		map[string]any{
			"email":  "gone@example.com",
			"claims": map[string]any{"iat": time.Now().Add(-time.Minute).Unix()},
		},
	)
	cookie := p.Login(t, used)
	p.Do(t, "DELETE", "/api/v1/connection", harness.Bearer(used), "").Is(t, 200)

	p.HasNoEffect(t, func() {
		for name, token := range map[string]string{"the token that connected": used, "one issued before and never used": older} {
			t.Run(name, func(t *testing.T) {
				for _, endpoint := range harness.TokenEndpoints[:2] {
					p.Do(t, endpoint.Method, endpoint.Path, harness.Bearer(token), "").IsProblem(t, 409, "token_already_used")
				}
				p.Do(t, "GET", "/api/v1/databases", harness.Bearer(token), "").IsProblem(t, 409, "connect_required")
			})
		}
		t.Run("the session is dead too", func(t *testing.T) {
			p.Do(t, "GET", "/api/v1/session", p.FromPage(cookie), "").IsProblem(t, 401, "session_expired")
		})
	})
	var connection struct {
		State string `json:"state"`
	}
	p.Do(t, "GET", "/api/v1/connection", harness.Bearer(used), "").Is(t, 200).JSON(t, &connection)

	if connection.State != "disconnected" {
		t.Errorf("got state %q, want disconnected", connection.State)
	}
	t.Run("a new login connects again", func(t *testing.T) {
		p.Do(t, "PUT", "/api/v1/connection", harness.Bearer(p.Token(t, account)), "").Is(t, 201)
	})
}
