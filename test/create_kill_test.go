//go:build unix

package test

import (
	"fmt"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/test/harness"
)

// TestServerKilledDuringACreateLosesNothing kills a real server at every moment of a create, then repeats the
// create with the same key: at the next server on the same file, or at another replica on the same Postgres. There is
// one database, and the caller gets it.
//
// Threat model: I07.
func TestServerKilledDuringACreateLosesNothing(t *testing.T) {
	t.Parallel()
	onCreate := map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate}
	rows := []struct {
		name     string
		point    killpoint.Point // empty: see delay
		delay    int             // upstream's delay in ms, while the server is killed from outside
		unsure   bool            // whether the first response after the restart is 504
		replayed bool
		creates  int // that reached upstream at the end
	}{
		{name: "claimed, nothing to be sent yet", point: killpoint.CreateClaimed, creates: 1},
		{name: "intent written, call not sent", point: killpoint.CreateIntended, unsure: true, creates: 1},
		{name: "request sent, upstream not done", delay: 1500, unsure: true, creates: 1},
		{name: "response read, row not committed", point: killpoint.CreateAnswered, creates: 1},
		{name: "row committed, reply not sent", point: killpoint.CreateRecorded, replayed: true, creates: 1},
		{name: "reply sent", replayed: true, creates: 1},
	}
	harness.OnBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *harness.Fleet) {
		t.Helper()
		f := newFleet(t)
		environ := []string{"BFF_CREATE_SETTLE=3s"}
		server := f.Serve(t, environ...)
		m := f.AddMember(t, "someone@example.com")

		outer := t // the servers outlive the subtest that starts them
		for n, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				f.ServeStandby(outer, environ...)
				key := fmt.Sprintf("create-%d", n)

				before := f.Calls(t, "POST", harness.UpstreamCreate)
				switch {
				case row.point != "":
					f.Arm(t, row.point, "kill")

					if got, err := m.Try(
						t.Context(), "POST", harness.DatabasesPath, m.Keyed(key), harness.CreateBody(key),
					); err == nil {
						t.Fatalf("the create got a response: %d %s", got.Status, got.Body)
					}
				case row.delay > 0:
					f.Fault(t, map[string]any{"match": onCreate, "do": map[string]any{"delay_ms": row.delay}})
					go func() {
						_, _ = m.Try(t.Context(), "POST", harness.DatabasesPath, m.Keyed(key), harness.CreateBody(key))
					}()
					f.WaitForCreate(t)
					fallthrough
				default:
					if row.delay == 0 {
						m.Create(t, key, harness.CreateBody(key)).Is(t, 201)
					}

					if err := server.Process.Kill(); err != nil {
						t.Fatal(err)
					}
				}
				server.Died(t)
				server = f.ServeNext(outer, environ...)

				got := m.Create(t, key, harness.CreateBody(key))
				if row.unsure {
					got.IsProblem(t, 504, "outcome_uncertain")
					time.Sleep(got.RetryAfter(t, time.Second, 4*time.Second))
					got = m.Create(t, key, harness.CreateBody(key))
				}

				made := got.Database(t, 201)
				if replayed := got.Header.Get("Idempotent-Replayed") == "true"; replayed != row.replayed {
					t.Errorf("replayed: got %t, want %t", replayed, row.replayed)
				}

				again := m.Create(t, key, harness.CreateBody(key))
				if again.Database(t, 201).ID != made.ID || again.Header.Get("Idempotent-Replayed") != "true" {
					t.Errorf("once more: got %s, want a replay of %s", again.Body, made.ID)
				}

				if got := f.Calls(t, "POST", harness.UpstreamCreate) - before; got != row.creates {
					t.Errorf("%d creates reached upstream, want %d", got, row.creates)
				}

				if got := m.UpstreamNames(t)[key]; got != 1 {
					t.Errorf("got %d databases, want one", got)
				}
			})
		}
	})
}

// SIGTERM lets a create finish: the caller gets the response.
func TestSIGTERMFinishesTheCreate(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	server := f.Serve(t)
	m := f.AddMember(t, "someone@example.com")
	f.Fault(
		t,
		map[string]any{
			"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
			"do":    map[string]any{"delay_ms": 700},
		},
	)

	answered := make(chan harness.Response, 1)
	go func() {
		got, err := m.Try(t.Context(), "POST", harness.DatabasesPath, m.Keyed("one"), harness.CreateBody("x"))
		if err != nil {
			t.Errorf("no response: %v", err)
		}
		answered <- got
	}()
	f.WaitForCreate(t)
	server.Terminated(t)

	if got := <-answered; got.Status != 201 {
		t.Errorf("got %d %s, want 201", got.Status, got.Body)
	}

	if got := m.UpstreamNames(t)["x"]; got != 1 {
		t.Errorf("got %d databases, want one", got)
	}
}
