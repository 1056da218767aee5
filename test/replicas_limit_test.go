//go:build unix

package test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/test/harness"
)

// within is the number of requests that a limit may accept since the start: its burst, and one more for each unit
// that has been refilled.
func within(count int, per time.Duration, start time.Time) int {
	return count + int(time.Since(start)/(per/time.Duration(count)))
}

// Row I10: creates and mints are counted in the database. Two replicas under concurrent load allow as many as
// one would.
//
// Threat model: I10.
func TestLimitsAreExactAcrossReplicas(t *testing.T) {
	t.Parallel()
	r := harness.NewReplicas(t, "BFF_LIMIT_CREATES=30/h", "BFF_LIMIT_MINTS=10/h", "KILLPOINT_LEASE=30s")
	t.Run("creates", func(t *testing.T) {
		m := r.AddMember(t, "creator@example.com")
		start := time.Now()

		var (
			mu      sync.Mutex
			made    int
			working sync.WaitGroup
		)
		for n := range 80 {
			working.Go(func() {
				name := fmt.Sprint("db-", n)
				got, err := m.Try(t.Context(), "POST", harness.DatabasesPath, m.Keyed(name), harness.CreateBody(name))
				mu.Lock()
				defer mu.Unlock()

				switch {
				case err != nil:
					t.Error(err)
				case got.Status == http.StatusCreated:
					made++
				case got.Status != http.StatusTooManyRequests:
					t.Errorf("got %d %s", got.Status, got.Body)
				}
			})
		}
		working.Wait()

		if most := within(
			30, time.Hour, start,
		); made < 30 || made > most ||
			m.Calls(t, "POST", harness.UpstreamCreate) != made {
			t.Errorf(
				"%d creates got through, and %d went upstream; want 30 to %d, and as many",
				made,
				m.Calls(t, "POST", harness.UpstreamCreate),
				most,
			)
		}

		for n := range r.Running {
			m.Via(n).Create(t, "", harness.CreateBody("one-more")).IsLimited(t, "creates", time.Second, 3*time.Minute)
		}
	})
	t.Run("mints", func(t *testing.T) {
		const email = "minter@example.com"
		start := time.Now()

		var working sync.WaitGroup
		for range 6 {
			working.Go(func() { // one connects, another disconnects between: each connect may have to mint
				for time.Since(start) < time.Minute {
					got, err := r.Try(t.Context(), "PUT", "/api/v1/connection", harness.Bearer(r.TokenOf(t, email)), "")
					if err != nil {
						t.Error(err)
						return
					}

					if got.Status == http.StatusTooManyRequests {
						return
					}
					_, _ = r.Try(t.Context(), "DELETE", "/api/v1/connection", harness.Bearer(r.TokenOf(t, email)), "")
				}
				t.Error("the limit was not reached")
			})
		}
		working.Wait()

		if got, most := len(r.MintCalls(t, email)), within(10, time.Hour, start); got < 10 || got > most {
			t.Errorf("%d mints went upstream, want 10 to %d", got, most)
		}
	})
}

// Row I10: each replica counts requests itself, so that counting needs no query. An account gets at most one limit
// from each replica, however its calls are distributed.
//
// Threat model: I10.
func TestRequestLimitIsPerReplica(t *testing.T) {
	t.Parallel()
	r := harness.NewReplicas(t, "BFF_LIMIT_REQUESTS=40/h")
	header := harness.Bearer(r.TokenOf(t, "caller@example.com"))
	start := time.Now()
	through := make([]int, len(r.Running))

	var working sync.WaitGroup
	for n := range r.Running {
		var mu sync.Mutex
		for range 80 {
			working.Go(func() {
				got, err := r.Try(t.Context(), "GET", "/api/v1/catalog", harness.Via(n, header), "")
				mu.Lock()
				defer mu.Unlock()

				switch {
				case err != nil:
					t.Error(err)
				case got.Status == http.StatusOK:
					through[n]++
				case got.Status != http.StatusTooManyRequests:
					t.Errorf("got %d %s", got.Status, got.Body)
				}
			})
		}
	}
	working.Wait()

	for n, got := range through {
		if most := within(40, time.Hour, start); got < 40 || got > most {
			t.Errorf("replica %d let %d through, want 40 to %d", n, got, most)
		}
	}
}
