//go:build unix

package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/killpoint"
)

// TestI07KilledWhileCreating kills a real server, without warning, at every moment of a create, and asks again under
// the same key: the server that is started after it on the same file, or another replica on the same Postgres. One database,
// and the caller learns which.
func TestI07KilledWhileCreating(t *testing.T) {
	t.Parallel()
	onCreate := map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}
	rows := []struct {
		name     string
		point    killpoint.Point // empty: see delay
		delay    int             // ms that upstream takes, while the server is killed from outside
		unsure   bool            // whether the first answer after the restart is 504
		replayed bool
		creates  int // that reached upstream in the end
	}{
		{name: "claimed, nothing to be sent yet", point: killpoint.CreateClaimed, creates: 1},
		{name: "intent written, call not sent", point: killpoint.CreateIntended, unsure: true, creates: 1},
		{name: "request sent, upstream not done", delay: 1500, unsure: true, creates: 1},
		{name: "response read, row not committed", point: killpoint.CreateAnswered, creates: 1},
		{name: "row committed, reply not sent", point: killpoint.CreateRecorded, replayed: true, creates: 1},
		{name: "reply sent", replayed: true, creates: 1},
	}
	onBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *fleet) {
		t.Helper()
		f := newFleet(t)
		environ := []string{"BFF_CREATE_SETTLE=3s"}
		server := f.serve(t, environ...)
		m := f.joined(t, "someone@example.com")
		outer := t // the servers outlive the subtest that starts them
		for n, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				f.beside(outer, environ...)
				key := fmt.Sprintf("create-%d", n)
				before := f.calls(t, "POST", upstreamCreate)
				switch {
				case row.point != "":
					f.arm(t, row.point, "kill")
					if got, err := m.try(t.Context(), "POST", databasesPath, m.keyed(key), createBody(key)); err == nil {
						t.Fatalf("the create was answered: %d %s", got.status, got.body)
					}
				case row.delay > 0:
					f.fault(t, map[string]any{"match": onCreate, "do": map[string]any{"delay_ms": row.delay}})
					go func() { _, _ = m.try(t.Context(), "POST", databasesPath, m.keyed(key), createBody(key)) }()
					f.waitForCreate(t)
					fallthrough
				default:
					if row.delay == 0 {
						m.create(t, key, createBody(key)).is(t, 201)
					}
					if err := server.Process.Kill(); err != nil {
						t.Fatal(err)
					}
				}
				server.died(t)
				server = f.next(outer, environ...)
				got := m.create(t, key, createBody(key))
				if row.unsure {
					got.isProblem(t, 504, "outcome_uncertain")
					time.Sleep(got.retryAfter(t, time.Second, 4*time.Second))
					got = m.create(t, key, createBody(key))
				}
				made := got.database(t, 201)
				if replayed := got.header.Get("Idempotent-Replayed") == "true"; replayed != row.replayed {
					t.Errorf("replayed: got %t, want %t", replayed, row.replayed)
				}
				again := m.create(t, key, createBody(key))
				if again.database(t, 201).ID != made.ID || again.header.Get("Idempotent-Replayed") != "true" {
					t.Errorf("once more: got %s, want a replay of %s", again.body, made.ID)
				}
				if got := f.calls(t, "POST", upstreamCreate) - before; got != row.creates {
					t.Errorf("%d creates reached upstream, want %d", got, row.creates)
				}
				if got := m.upstreamNames(t)[key]; got != 1 {
					t.Errorf("got %d databases, want one", got)
				}
			})
		}
	})
}

// waitForCreate waits until upstream has a create in its hands.
func (p *product) waitForCreate(t *testing.T) {
	t.Helper()
	if !eventually(func() bool {
		return slices.ContainsFunc(p.journalOutcomes(t), func(c mintCall) bool { return c.Path == upstreamCreate && c.Outcome == "in_flight" })
	}) {
		t.Fatal("no create reached upstream")
	}
}

// SIGTERM lets a create finish: its caller gets the answer.
func TestSIGTERMFinishesTheCreate(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	server := f.serve(t)
	m := f.joined(t, "someone@example.com")
	f.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}, "do": map[string]any{"delay_ms": 700}})
	answered := make(chan answer, 1)
	go func() {
		got, err := m.try(t.Context(), "POST", databasesPath, m.keyed("one"), createBody("x"))
		if err != nil {
			t.Errorf("no answer: %v", err)
		}
		answered <- got
	}()
	f.waitForCreate(t)
	server.terminated(t)
	if got := <-answered; got.status != 201 {
		t.Errorf("got %d %s, want 201", got.status, got.body)
	}
	if got := m.upstreamNames(t)["x"]; got != 1 {
		t.Errorf("got %d databases, want one", got)
	}
}
