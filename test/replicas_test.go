//go:build unix

package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/test/harness"
)

// Promise R9: every replica rejects a revoked credential within five seconds, even a replica that has just accepted it
// and caches lists for the longest time.
//
// Threat model: R9.
func TestRevocationReachesEveryReplica(t *testing.T) {
	t.Parallel()
	r := harness.NewReplicas(t, "BFF_LIST_CACHE=4s")

	const email = "revoked@example.com"
	for name, row := range map[string]struct {
		revoke func(at int, page http.Header)
		code   string // the problem code of the cookie's later requests
		token  int    // status of the list that a token of the account gets afterwards
	}{
		"logout": {func(at int, page http.Header) {
			r.Do(t, "DELETE", "/api/v1/session", harness.Via(at, page), "").Is(t, 204)
		}, "session_expired", 200},
		"sign-out everywhere, by another browser": {func(at int, _ http.Header) {
			other := r.FromPage(r.Login(t, r.TokenOf(t, email)))
			r.Do(t, "DELETE", "/api/v1/session?everywhere=true", harness.Via(at, other), "").Is(t, 204)
		}, "session_expired", 200},
		"disconnect": {func(at int, _ http.Header) {
			r.Do(t, "DELETE", "/api/v1/connection", harness.Via(at, harness.Bearer(r.TokenOf(t, email))), "").Is(t, 200)
		}, "session_expired", 409},
	} {
		t.Run(name, func(t *testing.T) {
			for _, at := range harness.Short([]int{0, 1}, 1) {
				other := 1 - at
				page := r.FromPage(r.Login(t, r.TokenOf(t, email)))

				token := harness.Bearer(r.TokenOf(t, email))
				for range 3 { // the other replica has responded, and may have cached the session
					r.Do(t, "GET", harness.DatabasesPath, harness.Via(other, page), "").Is(t, 200)
					r.Do(t, "GET", harness.DatabasesPath, harness.Via(other, token), "").Is(t, 200)
				}
				row.revoke(at, page)
				r.RejectsWithin(t, 5*time.Second, harness.Via(other, page), 401, row.code)

				if row.token == http.StatusOK { // the account is connected: what a logout does not end continues
					r.Do(t, "GET", harness.DatabasesPath, harness.Via(other, token), "").Is(t, 200)
					continue
				}
				r.RejectsWithin(t, 5*time.Second, harness.Via(other, token), row.token, "connect_required")
				// a token of the second of the disconnect may be rejected
				time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
			}
		})
	}
}

// A create belongs to its account and not to the replica that began it: any other knows that it is in progress, replays
// it, rejects its key for another body, and settles its outcome.
func TestCreateContinuesAtAnyReplica(t *testing.T) {
	t.Parallel()
	r := harness.NewReplicas(t, "BFF_CREATE_SETTLE=2s", "KILLPOINT_LEASE=30s")
	m := r.AddMember(t, "someone@example.com")
	onCreate := map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate}
	here, there := m.Via(0), m.Via(1)

	t.Run("replayed", func(t *testing.T) {
		made := here.Create(t, "done", harness.CreateBody("done"))

		again := there.Create(t, "done", harness.CreateBody("done"))
		if made.Is(t, 201).Body != again.Is(t, 201).Body || again.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("got %s, want %s again", again.Body, made.Body)
		}
		there.Create(t, "done", harness.CreateBody("other")).IsProblem(t, 422, "idempotency_key_reused")
	})
	t.Run("in progress", func(t *testing.T) {
		m.Fault(t, map[string]any{"match": onCreate, "do": map[string]any{"delay_ms": 1500}})
		answered := here.SendAsync(t, "POST", harness.DatabasesPath, here.Keyed("slow"), harness.CreateBody("slow"))
		m.WaitForCreate(t)
		there.Create(t, "slow", harness.CreateBody("slow")).IsProblem(t, 409, "create_in_progress")
		// the name is in progress too
		there.Create(t, "another", harness.CreateBody("slow")).IsProblem(t, 409, "create_in_progress")

		made := answered().Database(t, 201)
		if got := there.Create(
			t, "slow", harness.CreateBody("slow"),
		); got.Database(t, 201).ID != made.ID ||
			got.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("got %s, want a replay of %s", got.Body, made.ID)
		}
	})
	t.Run("cut, and not carried out", func(t *testing.T) {
		m.Fault(t, map[string]any{"match": onCreate, "do": map[string]any{"drop": "before_commit"}})
		here.Create(t, "cut", harness.CreateBody("cut")).IsProblem(t, 504, "outcome_uncertain")
		got := there.Create(t, "cut", harness.CreateBody("cut"))
		got.IsProblem(t, 504, "outcome_uncertain")
		time.Sleep(got.RetryAfter(t, time.Second, 3*time.Second))
		there.Create(t, "cut", harness.CreateBody("cut")).Is(t, 201)

		if got := here.Create(
			t, "cut", harness.CreateBody("cut"),
		); got.Is(
			t, 201,
		).Header.Get(
			"Idempotent-Replayed",
		) != "true" {
			t.Errorf("got %s, want a replay", got.Body)
		}
	})
	t.Run("cut, and carried out", func(t *testing.T) {
		before := m.Calls(t, "POST", harness.UpstreamCreate)
		onList := map[string]any{"target": "upstash", "method": "GET", "path": harness.UpstreamList}
		m.Fault(t, map[string]any{"match": onCreate, "do": map[string]any{"drop": "after_commit"}})
		// uses up the list before the create
		m.Fault(t, map[string]any{"match": onList, "do": map[string]any{"delay_ms": 1}})
		m.Fault(t, map[string]any{"match": onList, "count": 3, "do": map[string]any{"status": 500}})
		here.Create(t, "lost", harness.CreateBody("lost")).IsProblem(t, 504, "outcome_uncertain")
		m.NoFaults(t)
		there.Create(t, "lost", harness.CreateBody("lost")).Is(t, 201)

		if got := m.Calls(t, "POST", harness.UpstreamCreate) - before; got != 1 {
			t.Errorf("%d creates reached upstream, want one", got)
		}
	})

	for name, count := range m.UpstreamNames(t) {
		if count != 1 {
			t.Errorf("got %d databases named %s, want one", count, name)
		}
	}
}

// Mints behave the same: another replica waits for one in progress and uses its key, and settles one whose outcome
// was lost.
func TestMintContinuesAtAnyReplica(t *testing.T) {
	t.Parallel()
	r := harness.NewReplicas(t, "KILLPOINT_LEASE=30s")
	onMint := map[string]any{"target": "upstash", "path": "/apikey"}

	t.Run("in progress", func(t *testing.T) {
		const email = "waited-for@example.com"
		r.Fault(t, map[string]any{"match": onMint, "do": map[string]any{"delay_ms": 1000}})
		answered := r.SendAsync(t, "PUT", "/api/v1/connection", harness.Via(0, harness.Bearer(r.TokenOf(t, email))), "")
		r.WaitInFlight(t)

		second := r.Do(
			t, "PUT", "/api/v1/connection", harness.Via(1, harness.Bearer(r.TokenOf(t, email))), "",
		).Connection(
			t, 200,
		)
		if first := answered().Connection(t, 201); first.KeyName != second.KeyName {
			t.Errorf("got the keys %s and %s, want one", first.KeyName, second.KeyName)
		}
		r.OneLiveKey(t, email, 1)
	})

	for drop, keys := range map[string]int{"before_commit": 1, "after_commit": 2} {
		t.Run("cut, "+drop, func(t *testing.T) {
			email := drop + "@example.com"
			r.Fault(t, map[string]any{"match": onMint, "do": map[string]any{"drop": drop}})
			r.Do(
				t, "PUT", "/api/v1/connection", harness.Via(0, harness.Bearer(r.TokenOf(t, email))), "",
			).IsProblem(t, 504,
				"outcome_uncertain")
			r.Do(
				t, "PUT", "/api/v1/connection", harness.Via(1, harness.Bearer(r.TokenOf(t, email))), "",
			).Connection(
				t, 201,
			)
			r.OneLiveKey(t, email, keys)
		})
	}
}

// A killed server's creates are released after it has been silent for seconds, not when their leases end: a caller
// that retries gets the real time left, and its one retry after that succeeds.
func TestKilledServersCreateIsReleasedWithinSeconds(t *testing.T) {
	t.Parallel()
	r := harness.NewReplicas(t, "BFF_CREATE_SETTLE=2s", "KILLPOINT_LEASE=75s")
	m := r.AddMember(t, "someone@example.com")
	here, there := m.Via(0), m.Via(1)

	// One is carried out, and its server does not live to hear of it; the other is claimed, and not sent.
	m.Fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
		"do":    map[string]any{"delay_ms": 600},
	})

	sent := make(chan error, 1)
	go func() {
		_, err := here.Try(t.Context(), "POST", harness.DatabasesPath, here.Keyed("sent"), harness.CreateBody("sent"))
		sent <- err
	}()
	m.WaitForCreate(t)
	r.Arm(t, killpoint.CreateClaimed, "kill")

	if got, err := here.Try(
		t.Context(), "POST", harness.DatabasesPath, here.Keyed("claimed"), harness.CreateBody("claimed"),
	); err == nil {
		t.Fatalf("the create got a response: %d %s", got.Status, got.Body)
	}
	r.Running[0].Died(t)

	if err := <-sent; err == nil {
		t.Fatal("the create got a response")
	}

	refused := there.Create(t, "claimed", harness.CreateBody("claimed"))
	refused.IsProblem(t, 409, "create_in_progress")
	there.Create(t, "sent", harness.CreateBody("sent")).IsProblem(t, 409, "create_in_progress")
	time.Sleep(refused.RetryAfter(t, time.Second, 7*time.Second))

	for _, name := range []string{"claimed", "sent"} {
		there.Create(t, name, harness.CreateBody(name)).Is(t, 201)

		if got := m.UpstreamNames(t)[name]; got != 1 {
			t.Errorf("got %d databases named %s, want one", got, name)
		}
	}
}
