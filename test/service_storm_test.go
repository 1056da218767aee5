//go:build unix

package test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/upstash-connect/bff/internal/pgtest"
	"github.com/upstash-connect/bff/test/harness"
)

// A grant's bound applies to all its creates together, on every server: two hundred concurrent creates, on two
// servers, either of which dies at any time. Each caller repeats its own request until it knows the outcome.
func TestParallelCreatesStayWithinTheGrantsLimit(t *testing.T) {
	t.Parallel()
	const callers, most = 200, 5
	f := harness.NewFleetIn(t, t.TempDir(), pgtest.URL(t))
	s, environ := f.Service(t)
	r := f.Replicas(t, append(environ, "BFF_CREATE_SETTLE=2s", "KILLPOINT_LEASE=2s")...)
	r.Fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
		"count": -1,
		"do":    map[string]any{"delay_ms": 500},
	})

	outer := t // the servers outlive the subtest that starts them again

	var cut atomic.Int64
	for name, row := range map[string]struct{ bound, wish string }{
		"databases": {`"max_databases":5`, `"primary_region":"us-east-1"`},
		"budget":    {`"max_budget":100`, `"primary_region":"us-east-1","plan":"payg","budget":20`},
	} {
		t.Run(name, func(t *testing.T) {
			for round := range storms() {
				user := fmt.Sprintf("%s-%d", name, round)
				grant := s.Granted(t, user, user+"@example.com", row.bound)

				answers := make([]harness.Response, callers)
				ask := func(n int) (answer harness.Response, cut int) {
					key := fmt.Sprintf("%s-db-%d", user, n)
					body := fmt.Sprintf(`{"name":%q,%s}`, key, row.wish)

					return s.DoUntilFinal(t, "POST", harness.DatabasesPath, harness.Keyed(s.With(grant.ID), key), body)
				}
				r.DuringCreates(outer, callers, func(n int) {
					answer, times := ask(n)
					answers[n] = answer
					cut.Add(int64(times))
				})
				r.Settled(t)

				var told []string
				for n, answer := range answers {
					if answer.Status != 201 {
						answer.IsProblem(t, 422, "grant_limit")
						continue
					}
					told = append(told, answer.Database(t, 201).ID)

					if again, _ := ask(n); again.Database(t, 201).ID != told[len(told)-1] {
						t.Errorf("repeated: got %s, want %s", again.Body, told[len(told)-1])
					}
				}

				var exist []string
				for _, database := range s.Account(t, user+"@example.com").Databases {
					exist = append(exist, fmt.Sprint(database["database_id"]))
				}
				s.Call(t, "GET", "/api/v1/grants/"+grant.ID, "").Is(t, 200).JSON(t, &grant)

				slices.Sort(told)
				slices.Sort(exist)
				slices.Sort(grant.DatabaseIDs)

				if len(slices.Compact(slices.Clone(told))) != most || !slices.Equal(told, exist) ||
					!slices.Equal(told, grant.DatabaseIDs) {
					t.Errorf("callers know of %v, upstream has %v, the grant covers %v; want the same %d",
						told, exist, grant.DatabaseIDs, most)
				}
			}
		})
	}

	if t.Logf("%d requests were cut", cut.Load()); cut.Load() == 0 {
		t.Error("no request was cut: nothing was shown")
	}
}
