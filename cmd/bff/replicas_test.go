//go:build unix

package main

import (
	"net/http"
	"testing"
	"time"
)

// Promise R9: what is revoked at one replica is refused by every other within five seconds, although that one has just
// answered for it and remembers lists as long as it may.
func TestR9RevocationReachesEveryReplica(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, "BFF_LIST_CACHE=4s")
	const email = "revoked@example.com"
	for name, row := range map[string]struct {
		revoke func(at int, page http.Header)
		code   string // of what the cookie gets afterwards
		token  int    // status of the list that a token of the account gets afterwards
	}{
		"log-out": {func(at int, page http.Header) {
			r.do(t, "DELETE", "/api/v1/session", via(at, page), "").is(t, 204)
		}, "session_expired", 200},
		"sign-out everywhere, by another browser": {func(at int, _ http.Header) {
			other := r.fromPage(r.login(t, r.tokenOf(t, email)))
			r.do(t, "DELETE", "/api/v1/session?everywhere=true", via(at, other), "").is(t, 204)
		}, "session_expired", 200},
		"disconnect": {func(at int, _ http.Header) {
			r.do(t, "DELETE", "/api/v1/connection", via(at, bearer(r.tokenOf(t, email))), "").is(t, 200)
		}, "session_expired", 409},
	} {
		t.Run(name, func(t *testing.T) {
			for at, other := range []int{1, 0} {
				page := r.fromPage(r.login(t, r.tokenOf(t, email)))
				token := bearer(r.tokenOf(t, email))
				for range 3 { // the other has answered, and remembers what it may
					r.do(t, "GET", databasesPath, via(other, page), "").is(t, 200)
					r.do(t, "GET", databasesPath, via(other, token), "").is(t, 200)
				}
				row.revoke(at, page)
				r.refusesWithin(t, 5*time.Second, via(other, page), 401, row.code)
				if row.token == http.StatusOK { // the account is connected: what a log-out does not end goes on
					r.do(t, "GET", databasesPath, via(other, token), "").is(t, 200)
					continue
				}
				r.refusesWithin(t, 5*time.Second, via(other, token), row.token, "connect_required")
				time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second))) // a token of the second of the disconnect may be refused
			}
		})
	}
}

// refusesWithin polls the list until it is refused, and fails the test when that takes longer, or when it is not refused for
// good.
func (r *replicas) refusesWithin(t *testing.T, most time.Duration, header http.Header, status int, code string) {
	t.Helper()
	begun := time.Now()
	for {
		asked := time.Now()
		got := r.do(t, "GET", databasesPath, header, "")
		if got.status != http.StatusOK {
			got.isProblem(t, status, code)
			break
		}
		if asked.Sub(begun) > most {
			t.Fatalf("still answered %s after it was revoked", asked.Sub(begun))
		}
		time.Sleep(20 * time.Millisecond)
	}
	for range 3 {
		r.do(t, "GET", databasesPath, header, "").isProblem(t, status, code)
	}
}

// A create belongs to its account and not to the replica that began it: any other knows that it is under way, replays it,
// refuses its key for another body, and finds out what became of it.
func TestACreateGoesOnAtAnyReplica(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, "BFF_CREATE_SETTLE=2s", "KILLPOINT_LEASE=30s")
	m := r.joined(t, "someone@example.com")
	onCreate := map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}
	here, there := m.via(0), m.via(1)

	t.Run("replayed", func(t *testing.T) {
		made := here.create(t, "done", createBody("done"))
		again := there.create(t, "done", createBody("done"))
		if made.is(t, 201).body != again.is(t, 201).body || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("got %s, want %s again", again.body, made.body)
		}
		there.create(t, "done", createBody("other")).isProblem(t, 422, "idempotency_key_reused")
	})
	t.Run("under way", func(t *testing.T) {
		m.fault(t, map[string]any{"match": onCreate, "do": map[string]any{"delay_ms": 1500}})
		answered := here.sent(t, "POST", databasesPath, here.keyed("slow"), createBody("slow"))
		m.waitForCreate(t)
		there.create(t, "slow", createBody("slow")).isProblem(t, 409, "create_in_progress")
		there.create(t, "another", createBody("slow")).isProblem(t, 409, "create_in_progress") // the name is under way too
		made := answered().database(t, 201)
		if got := there.create(t, "slow", createBody("slow")); got.database(t, 201).ID != made.ID || got.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("got %s, want a replay of %s", got.body, made.ID)
		}
	})
	t.Run("cut, and not carried out", func(t *testing.T) {
		m.fault(t, map[string]any{"match": onCreate, "do": map[string]any{"drop": "before_commit"}})
		here.create(t, "cut", createBody("cut")).isProblem(t, 504, "outcome_uncertain")
		got := there.create(t, "cut", createBody("cut"))
		got.isProblem(t, 504, "outcome_uncertain")
		time.Sleep(got.retryAfter(t, time.Second, 3*time.Second))
		there.create(t, "cut", createBody("cut")).is(t, 201)
		if got := here.create(t, "cut", createBody("cut")); got.is(t, 201).header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("got %s, want a replay", got.body)
		}
	})
	t.Run("cut, and carried out", func(t *testing.T) {
		before := m.calls(t, "POST", upstreamCreate)
		onList := map[string]any{"target": "upstash", "method": "GET", "path": upstreamList}
		m.fault(t, map[string]any{"match": onCreate, "do": map[string]any{"drop": "after_commit"}})
		m.fault(t, map[string]any{"match": onList, "do": map[string]any{"delay_ms": 1}}) // uses up the list before the create
		m.fault(t, map[string]any{"match": onList, "count": 3, "do": map[string]any{"status": 500}})
		here.create(t, "lost", createBody("lost")).isProblem(t, 504, "outcome_uncertain")
		m.noFaults(t)
		there.create(t, "lost", createBody("lost")).is(t, 201)
		if got := m.calls(t, "POST", upstreamCreate) - before; got != 1 {
			t.Errorf("%d creates reached upstream, want one", got)
		}
	})
	for name, count := range m.upstreamNames(t) {
		if count != 1 {
			t.Errorf("got %d databases named %s, want one", count, name)
		}
	}
}

// sent sends a request and returns what waits for its answer.
func (p *product) sent(t *testing.T, method, path string, header http.Header, body string) func() answer {
	t.Helper()
	var (
		got   answer
		err   error
		ended = make(chan struct{})
	)
	go func() {
		defer close(ended)
		got, err = p.try(t.Context(), method, path, header, body)
	}()
	return func() answer {
		t.Helper()
		if <-ended; err != nil {
			t.Fatal(err)
		}
		return got
	}
}

// So does a mint: another replica waits for one under way and uses its key, and settles one whose outcome was lost.
func TestAMintGoesOnAtAnyReplica(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, "KILLPOINT_LEASE=30s")
	onMint := map[string]any{"target": "upstash", "path": "/apikey"}

	t.Run("under way", func(t *testing.T) {
		const email = "waited-for@example.com"
		r.fault(t, map[string]any{"match": onMint, "do": map[string]any{"delay_ms": 1000}})
		answered := r.sent(t, "PUT", "/api/v1/connection", via(0, bearer(r.tokenOf(t, email))), "")
		r.waitInFlight(t)
		second := r.do(t, "PUT", "/api/v1/connection", via(1, bearer(r.tokenOf(t, email))), "").connection(t, 200)
		if first := answered().connection(t, 201); first.KeyName != second.KeyName {
			t.Errorf("got the keys %s and %s, want one", first.KeyName, second.KeyName)
		}
		r.oneLiveKey(t, email, 1)
	})
	for drop, keys := range map[string]int{"before_commit": 1, "after_commit": 2} {
		t.Run("cut, "+drop, func(t *testing.T) {
			email := drop + "@example.com"
			r.fault(t, map[string]any{"match": onMint, "do": map[string]any{"drop": drop}})
			r.do(t, "PUT", "/api/v1/connection", via(0, bearer(r.tokenOf(t, email))), "").isProblem(t, 504, "outcome_uncertain")
			r.do(t, "PUT", "/api/v1/connection", via(1, bearer(r.tokenOf(t, email))), "").connection(t, 201)
			r.oneLiveKey(t, email, keys)
		})
	}
}
