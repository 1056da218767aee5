//go:build unix

package test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/test/harness"
)

// rounds of each row of the matrix.
func rounds() int {
	if harness.Soak() {
		return 50
	}

	return 2
}

// killRow is a moment and what a restart makes of it.
type killRow struct {
	name  string
	point killpoint.Point
	keys  int  // upstream at the end
	made  int  // status of the connect after the restart
	again bool // whether the name chosen first is the live key's at the end
}

// TestKillMatrix kills a real server at every moment of a mint at which a crash costs most, and connects again: to
// the server that starts next on the same file, or to another replica on the same Postgres. Upstream's count of keys
// must agree with the keys that the server names.
func TestKillMatrix(t *testing.T) {
	rows := []killRow{
		{"killed before the intent commits", killpoint.LeaseTaken, 1, 201, false},
		{"intent committed, call not sent", killpoint.IntentCommitted, 1, 201, true},
		{"answer read, row not committed", killpoint.AnswerRead, 2, 201, false},
		{"row committed, reply not sent", killpoint.RowCommitted, 1, 200, true},
	}
	harness.OnBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *harness.Fleet) {
		t.Helper()

		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				f := newFleet(t)

				server := f.Serve(t)
				for round := range rounds() {
					f.ServeStandby(t)
					email := fmt.Sprintf("round-%d@example.com", round)
					f.Arm(t, row.point, "kill")

					if got, err := f.Try(
						t.Context(), "PUT", "/api/v1/connection", harness.Bearer(f.TokenOf(t, email)), "",
					); err == nil {
						t.Fatalf("the connect got a response: %d %s", got.Status, got.Body)
					}
					server.Died(t)
					server = f.ServeNext(t)
					before := f.Connection(t, email)

					after := f.Connect(t, email).Connection(t, row.made)
					if after.ID != before.ID {
						t.Errorf("got connection %s, want the same as before, %s", after.ID, before.ID)
					}
					f.OneLiveKey(t, email, row.keys)
					row.checkName(t, before, after)
				}
			})
		}
	})
}

// checkName checks the name that the dead server stored: it is reported meanwhile, and finally it is the live key's
// name, or left behind.
func (r killRow) checkName(t *testing.T, before, after harness.ConnectionView) {
	t.Helper()

	first := before.KeyName
	for name, state := range before.Leftovers() {
		first = name
		if state != "uncertain" {
			t.Errorf("before the second connect: got %s in state %s, want uncertain", name, state)
		}
	}

	if (first == "") != (r.point == killpoint.LeaseTaken) {
		t.Errorf("the dead server left the name %q", first)
	}

	if got := after.KeyName == first; got != r.again {
		t.Errorf(
			"the live key is %s, the name chosen first %q; same: got %t, want %t", after.KeyName, first, got, r.again,
		)
	}
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
	f := harness.NewFleet(t)
	f.Serve(t)

	for n, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for round := range rounds() {
				email := fmt.Sprintf("lost-%d-%d@example.com", n, round)
				f.Fault(
					t,
					map[string]any{
						"match": map[string]any{"target": "upstash", "path": "/apikey"},
						"do":    map[string]any{"drop": row.drop},
					},
				)
				f.Connect(t, email).IsProblem(t, 504, "outcome_uncertain")
				before := f.Connection(t, email)
				after := f.Connect(t, email).Connection(t, 201)
				f.OneLiveKey(t, email, row.keys)

				if before.ID != after.ID || len(before.LeftoverKeys) != 1 ||
					before.LeftoverKeys[0].State != "uncertain" {
					t.Fatalf("between: got %+v, want one uncertain key of connection %s", before, after.ID)
				}

				if got := before.LeftoverKeys[0].Name == after.KeyName; got != row.again {
					t.Errorf("same name: got %t, want %t", got, row.again)
				}
			}
		})
	}
}

// The server is killed while its call is in progress. Upstream does the work all the same: either before the name is
// sent again, and the key is stranded and named, or after it, and the late call is rejected as a duplicate.
func TestKillMatrixSentProcessLost(t *testing.T) {
	rows := []struct {
		name    string
		delay   int // ms until upstream processes the call
		late    bool
		keys    int
		outcome []string // of the calls, in the order in which they arrived
	}{
		{
			"the key is made before the name is sent again",
			200,
			false,
			2,
			[]string{"key_created", "key_name_taken", "key_created"},
		},
		{"the key would be made after it", 4000, true, 1, []string{"key_name_taken", "key_created"}},
	}
	harness.OnBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *harness.Fleet) {
		t.Helper()

		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				f := newFleet(t)
				server := f.Serve(t)

				repeat := rounds()
				if row.late && repeat < 50 {
					repeat = 1 // each waits out the delay
				}

				for round := range repeat {
					f.ServeStandby(t)
					email := fmt.Sprintf("sent-%d@example.com", round)
					f.Fault(
						t,
						map[string]any{
							"match": map[string]any{"target": "upstash", "path": "/apikey"},
							"do":    map[string]any{"delay_ms": row.delay},
						},
					)
					token := f.TokenOf(t, email)

					answered := make(chan error, 1)
					go func() {
						_, err := f.Try(t.Context(), "PUT", "/api/v1/connection", harness.Bearer(token), "")
						answered <- err
					}()
					f.WaitInFlight(t)

					if err := server.Process.Kill(); err != nil {
						t.Fatal(err)
					}
					server.Died(t)

					if err := <-answered; err == nil {
						t.Fatal("the connect got a response")
					}

					if !row.late {
						f.WaitForMints(t, email, 1)
					}
					server = f.ServeNext(t)
					before := f.Connection(t, email)
					after := f.Connect(t, email).Connection(t, 201)

					var outcomes []string
					for _, call := range f.WaitForMints(t, email, len(row.outcome)) {
						outcomes = append(outcomes, call.Outcome)
					}

					if !slices.Equal(outcomes, row.outcome) {
						t.Fatalf("got outcomes %v, want %v", outcomes, row.outcome)
					}
					f.OneLiveKey(t, email, row.keys)

					if len(before.LeftoverKeys) != 1 || before.ID != after.ID ||
						(before.LeftoverKeys[0].Name == after.KeyName) != row.late {
						t.Errorf("between: got %+v; then %+v", before, after)
					}
				}
			})
		}
	})
}

// Two crashes: the second happens while the first is being settled.
func TestKillMatrixKilledWhileSettling(t *testing.T) {
	t.Parallel()
	harness.OnBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *harness.Fleet) {
		t.Helper()
		f := newFleet(t)

		server := f.Serve(t)
		for round := range rounds() {
			email := fmt.Sprintf("twice-%d@example.com", round)
			for _, point := range []killpoint.Point{killpoint.IntentCommitted, killpoint.AnswerRead} {
				f.ServeStandby(t)
				f.Arm(t, point, "kill")

				if got, err := f.Try(
					t.Context(), "PUT", "/api/v1/connection", harness.Bearer(f.TokenOf(t, email)), "",
				); err == nil {
					t.Fatalf("the connect got a response: %d %s", got.Status, got.Body)
				}
				server.Died(t)
				server = f.ServeNext(t)
			}
			f.Connect(t, email).Is(t, 201)
			f.OneLiveKey(t, email, 2)
		}
	})
}

// The lease holder is stopped until its lease ends, another server connects the account, then the first continues.
func TestKillMatrixPaused(t *testing.T) {
	rows := []struct {
		name  string
		point killpoint.Point
		keys  int
	}{
		{"before its call: refused as name taken, nothing stranded", killpoint.IntentCommitted, 1},
		{"after its call: refused by the fence, its key listed", killpoint.AnswerRead, 2},
	}
	harness.OnBothFleets(t, func(t *testing.T, newFleet func(t *testing.T) *harness.Fleet) {
		t.Helper()

		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				f := newFleet(t)
				first := f.Serve(t)
				f.Serve(t, "KILLPOINT_SHARED=1")

				second := f.URL
				for round := range rounds() {
					email := fmt.Sprintf("paused-%d@example.com", round)
					f.Arm(t, row.point, "stop")
					f.URL = first.URL
					token := f.TokenOf(t, email)

					answered := make(chan harness.Response, 1)
					go func(from string) {
						p := &harness.Product{URL: from, Client: f.Client}

						got, err := p.Try(t.Context(), "PUT", "/api/v1/connection", harness.Bearer(token), "")
						if err != nil {
							t.Error(err)
						}
						answered <- got
					}(first.URL)
					first.Stopped(t)
					f.URL = second
					// On a busy machine the paused server's lease may outlast the time that a connect waits for it.
					other := f.TokenOf(t, email)
					made := f.RetryUntil(t, time.Now().Add(30*time.Second), func() (harness.Response, error) {
						return f.Try(t.Context(), "PUT", "/api/v1/connection", harness.Bearer(other), "")
					}).Connection(t, 201)
					first.Resume(t)

					got := (<-answered).Connection(t, 200)
					if got.ID != made.ID || got.KeyName != made.KeyName {
						t.Errorf(
							"the paused server answers with %s of %s, the other with %s of %s",
							got.KeyName,
							got.ID,
							made.KeyName,
							made.ID,
						)
					}
					f.OneLiveKey(t, email, row.keys)
				}
			})
		}
	})
}

// Promise R7: SIGTERM lets a mint in progress finish.
//
// Threat model: R7.
func TestSIGTERMFinishesTheMint(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	server := f.Serve(t)
	const email = "stopping@example.com"
	f.Fault(
		t,
		map[string]any{
			"match": map[string]any{"target": "upstash", "path": "/apikey"},
			"do":    map[string]any{"delay_ms": 1500},
		},
	)
	token := f.TokenOf(t, email)

	leaving, leave := context.WithCancel(t.Context())
	go func() { _, _ = f.Try(leaving, "PUT", "/api/v1/connection", harness.Bearer(token), "") }()
	f.WaitInFlight(t)
	leave() // the caller goes too: the mint waits for neither
	server.Terminated(t)
	f.Serve(t)
	f.OneLiveKey(t, email, 1)
}
