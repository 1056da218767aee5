//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/killpoint"
)

// rounds of each row of the matrix.
func rounds() int {
	if os.Getenv("SOAK") == "1" {
		return 50
	}
	return 3
}

// killRow is a moment and what a restart makes of it.
type killRow struct {
	name  string
	point killpoint.Point
	keys  int  // upstream in the end
	made  int  // status of the connect after the restart
	again bool // whether the name chosen first is the live key's in the end
}

// TestKillMatrix kills a real server, without warning, at every moment of a mint at which a crash costs most, and connects
// again: by the server that is started after it on the same file, or by another replica on the same Postgres. The upstream's
// count of keys and what the server names must agree.
func TestKillMatrix(t *testing.T) {
	rows := []killRow{
		{"killed before the intent commits", killpoint.LeaseTaken, 1, 201, false},
		{"intent committed, call not sent", killpoint.IntentCommitted, 1, 201, true},
		{"answer read, row not committed", killpoint.AnswerRead, 2, 201, false},
		{"row committed, reply not sent", killpoint.RowCommitted, 1, 200, true},
	}
	onBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *fleet) {
		t.Helper()
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				f := newFleet(t)
				server := f.serve(t)
				for round := range rounds() {
					f.beside(t)
					email := fmt.Sprintf("round-%d@example.com", round)
					f.arm(t, row.point, "kill")
					if got, err := f.try(t.Context(), "PUT", "/api/v1/connection", bearer(f.tokenOf(t, email)), ""); err == nil {
						t.Fatalf("the connect was answered: %d %s", got.status, got.body)
					}
					server.died(t)
					server = f.next(t)
					before := f.connection(t, email)
					after := f.connect(t, email).connection(t, row.made)
					if after.ID != before.ID {
						t.Errorf("got connection %s, want the same as before, %s", after.ID, before.ID)
					}
					f.oneLiveKey(t, email, row.keys)
					row.checkName(t, before, after)
				}
			})
		}
	})
}

// checkName looks at the name the dead server had written down: it is reported in the meantime, and in the end it is the
// live key's, or left behind.
func (r killRow) checkName(t *testing.T, before, after connectionView) {
	t.Helper()
	first := before.KeyName
	for name, state := range before.leftovers() {
		first = name
		if state != "uncertain" {
			t.Errorf("before the second connect: got %s in state %s, want uncertain", name, state)
		}
	}
	if (first == "") != (r.point == killpoint.LeaseTaken) {
		t.Errorf("the dead server left the name %q", first)
	}
	if got := after.KeyName == first; got != r.again {
		t.Errorf("the live key is %s, the name chosen first %q; same: got %t, want %t", after.KeyName, first, got, r.again)
	}
}

// waitForMints waits until upstream has decided about so many calls of an account.
func (p *product) waitForMints(t *testing.T, email string, calls int) []mintCall {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		decided := p.mintCalls(t, email)
		if len(decided) >= calls && !slices.ContainsFunc(decided, func(c mintCall) bool { return c.Outcome == "in_flight" }) {
			return decided
		}
	}
	t.Fatalf("upstream did not see %d calls of %s", calls, email)
	return nil
}

func TestKillMatrixSentConnectionLost(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name, drop string
		keys       int
		again      bool
	}{
		{"before upstream made the key", "before_commit", 1, true},
		{"after upstream made the key", "after_commit", 2, false},
	}
	f := newFleet(t)
	f.serve(t)
	for n, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for round := range rounds() {
				email := fmt.Sprintf("lost-%d-%d@example.com", n, round)
				f.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "path": "/apikey"}, "do": map[string]any{"drop": row.drop}})
				f.connect(t, email).isProblem(t, 504, "outcome_uncertain")
				before := f.connection(t, email)
				after := f.connect(t, email).connection(t, 201)
				f.oneLiveKey(t, email, row.keys)
				if before.ID != after.ID || len(before.LeftoverKeys) != 1 || before.LeftoverKeys[0].State != "uncertain" {
					t.Fatalf("between: got %+v, want one uncertain key of connection %s", before, after.ID)
				}
				if got := before.LeftoverKeys[0].Name == after.KeyName; got != row.again {
					t.Errorf("same name: got %t, want %t", got, row.again)
				}
			}
		})
	}
}

// The server is killed while its call is under way. Upstream does the work all the same: either before the name is sent
// again, and the key is stranded and named, or after it, and the late call is refused as a duplicate.
func TestKillMatrixSentProcessLost(t *testing.T) {
	rows := []struct {
		name    string
		delay   int // ms until upstream does what it was asked
		late    bool
		keys    int
		outcome []string // of the calls, in the order in which they arrived
	}{
		{"the key is made before the name is sent again", 200, false, 2, []string{"key_created", "key_name_taken", "key_created"}},
		{"the key would be made after it", 4000, true, 1, []string{"key_name_taken", "key_created"}},
	}
	onBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *fleet) {
		t.Helper()
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				f := newFleet(t)
				server := f.serve(t)
				repeat := rounds()
				if row.late && repeat < 50 {
					repeat = 1 // each waits out the delay
				}
				for round := range repeat {
					f.beside(t)
					email := fmt.Sprintf("sent-%d@example.com", round)
					f.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "path": "/apikey"}, "do": map[string]any{"delay_ms": row.delay}})
					token := f.tokenOf(t, email)
					answered := make(chan error, 1)
					go func() {
						_, err := f.try(t.Context(), "PUT", "/api/v1/connection", bearer(token), "")
						answered <- err
					}()
					f.waitInFlight(t)
					if err := server.Process.Kill(); err != nil {
						t.Fatal(err)
					}
					server.died(t)
					if err := <-answered; err == nil {
						t.Fatal("the connect was answered")
					}
					if !row.late {
						f.waitForMints(t, email, 1)
					}
					server = f.next(t)
					before := f.connection(t, email)
					after := f.connect(t, email).connection(t, 201)
					var outcomes []string
					for _, call := range f.waitForMints(t, email, len(row.outcome)) {
						outcomes = append(outcomes, call.Outcome)
					}
					if !slices.Equal(outcomes, row.outcome) {
						t.Fatalf("got outcomes %v, want %v", outcomes, row.outcome)
					}
					f.oneLiveKey(t, email, row.keys)
					if len(before.LeftoverKeys) != 1 || before.ID != after.ID || (before.LeftoverKeys[0].Name == after.KeyName) != row.late {
						t.Errorf("between: got %+v; then %+v", before, after)
					}
				}
			})
		}
	})
}

// Two crashes, the second while the first is being settled.
func TestKillMatrixKilledWhileSettling(t *testing.T) {
	t.Parallel()
	onBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *fleet) {
		t.Helper()
		f := newFleet(t)
		server := f.serve(t)
		for round := range rounds() {
			email := fmt.Sprintf("twice-%d@example.com", round)
			for _, point := range []killpoint.Point{killpoint.IntentCommitted, killpoint.AnswerRead} {
				f.beside(t)
				f.arm(t, point, "kill")
				if got, err := f.try(t.Context(), "PUT", "/api/v1/connection", bearer(f.tokenOf(t, email)), ""); err == nil {
					t.Fatalf("the connect was answered: %d %s", got.status, got.body)
				}
				server.died(t)
				server = f.next(t)
			}
			f.connect(t, email).is(t, 201)
			f.oneLiveKey(t, email, 2)
		}
	})
}

// The holder of the lease is stopped past its end, another server connects the account, then the first goes on.
func TestKillMatrixPaused(t *testing.T) {
	rows := []struct {
		name  string
		point killpoint.Point
		keys  int
	}{
		{"before its call: refused as name taken, nothing stranded", killpoint.IntentCommitted, 1},
		{"after its call: refused by the fence, its key listed", killpoint.AnswerRead, 2},
	}
	onBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *fleet) {
		t.Helper()
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				f := newFleet(t)
				first := f.serve(t)
				f.serve(t, "KILLPOINT_SHARED=1")
				second := f.URL
				for round := range rounds() {
					email := fmt.Sprintf("paused-%d@example.com", round)
					f.arm(t, row.point, "stop")
					f.URL = first.url
					token := f.tokenOf(t, email)
					answered := make(chan answer, 1)
					go func(from string) {
						p := &product{URL: from, client: f.client}
						got, err := p.try(t.Context(), "PUT", "/api/v1/connection", bearer(token), "")
						if err != nil {
							t.Error(err)
						}
						answered <- got
					}(first.url)
					first.stopped(t)
					f.URL = second
					made := f.connect(t, email).connection(t, 201)
					first.resume(t)
					got := (<-answered).connection(t, 200)
					if got.ID != made.ID || got.KeyName != made.KeyName {
						t.Errorf("the paused server answers with %s of %s, the other with %s of %s", got.KeyName, got.ID, made.KeyName, made.ID)
					}
					f.oneLiveKey(t, email, row.keys)
				}
			})
		}
	})
}

// Promise R7: SIGTERM finishes a mint under way.
func TestR7SIGTERMFinishesTheMint(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	server := f.serve(t)
	const email = "stopping@example.com"
	f.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "path": "/apikey"}, "do": map[string]any{"delay_ms": 1500}})
	token := f.tokenOf(t, email)
	leaving, leave := context.WithCancel(t.Context())
	go func() { _, _ = f.try(leaving, "PUT", "/api/v1/connection", bearer(token), "") }()
	f.waitInFlight(t)
	leave() // the caller goes too: the mint waits for neither
	server.terminated(t)
	f.serve(t)
	f.oneLiveKey(t, email, 1)
}
