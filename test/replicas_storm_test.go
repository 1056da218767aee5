//go:build unix

package test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/faultproxy"
	"github.com/upstash-connect/bff/internal/pgtest"
	"github.com/upstash-connect/bff/test/harness"
)

// storms of each kind.
func storms() int { return (rounds() + 2) / 3 }

// Row T28 with two replicas, and again while either is killed and restarted at any time.
//
// Threat model: T28.
func TestFiftyLoginsAcrossReplicasMakeOneKey(t *testing.T) {
	t.Parallel()
	const callers = 50
	logIns := func(r *harness.Replicas, email string) []http.Header {
		headers := make([]http.Header, callers)
		for n := range headers {
			headers[n] = harness.Bearer(r.TokenOf(t, email))
		}

		return headers
	}
	t.Run("both live", func(t *testing.T) {
		r := harness.NewReplicas(t, "KILLPOINT_LEASE=30s")
		const email = "storm@example.com"
		headers := logIns(r, email)

		var (
			mu       sync.Mutex
			statuses = map[string]int{}
			working  sync.WaitGroup
		)
		for n, header := range headers {
			working.Go(func() {
				endpoint := harness.TokenEndpoints[n%2]

				got, err := r.Try(t.Context(), endpoint.Method, endpoint.Path, header, "")
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				statuses[fmt.Sprint(got.Method, " ", got.Status)]++
			})
		}
		working.Wait()

		if made := statuses["PUT 201"]; made > 1 || made+statuses["PUT 200"]+statuses["POST 201"] != callers {
			t.Errorf("got %v, want a success for each, one made at most", statuses)
		}

		if got := r.Mints(t); got != 1 {
			t.Errorf("got %d calls for a key, want 1", got)
		}
		r.OneLiveKey(t, email, 1)
	})
	t.Run("either dies", func(t *testing.T) {
		r := harness.NewReplicas(t, "KILLPOINT_LEASE=2s")
		for round := range storms() {
			email := fmt.Sprintf("dying-%d@example.com", round)
			headers := logIns(r, email)
			r.Fault(
				t,
				map[string]any{
					"match": map[string]any{"target": "upstash", "path": "/apikey"},
					"count": -1,
					"do":    map[string]any{"delay_ms": 300},
				},
			)
			ids := make([]string, callers)
			r.During(t, callers, func(n int) {
				ids[n] = r.DoUntilSuccess(t, "PUT", "/api/v1/connection", headers[n], "").ID(t)
			})
			slices.Sort(ids)

			if ids = slices.Compact(ids); len(ids) != 1 {
				t.Errorf("got the connections %v, want one", ids)
			}
			r.Settled(t)
			r.KeysAreNamed(t, email)
		}
	})
}

// Row I03 with two replicas, and again while either is killed and restarted at any time.
//
// Threat model: I03.
func TestHundredParallelCreatesAcrossReplicasMakeOneDatabase(t *testing.T) {
	t.Parallel()
	r := harness.NewReplicas(t, "BFF_CREATE_SETTLE=2s", "KILLPOINT_LEASE=2s")
	m := r.AddMember(t, "someone@example.com")
	m.Fault(
		t,
		map[string]any{
			"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
			"count": -1,
			"do":    map[string]any{"delay_ms": 200},
		},
	)
	t.Run("both live", func(t *testing.T) {
		ids, busy := m.Storm(t, 100, "one", harness.CreateBody("x"))

		told := busy
		for _, count := range ids {
			told += count
		}

		if len(ids) != 1 || told != 100 || busy == 0 || m.Calls(t, "POST", harness.UpstreamCreate) != 1 {
			t.Errorf(
				"got ids %v, %d told to wait and %d creates upstream; want one id, some waiting, one create",
				ids,
				busy,
				m.Calls(t, "POST", harness.UpstreamCreate),
			)
		}
	})
	t.Run("either dies", func(t *testing.T) {
		for round := range storms() {
			name := fmt.Sprintf("dying-%d", round)
			ids := make([]string, 100)
			r.During(t, len(ids), func(n int) {
				body := harness.CreateBody(name)
				ids[n] = r.DoUntilSuccess(t, "POST", harness.DatabasesPath, m.Keyed(name), body).ID(t)
			})
			slices.Sort(ids)

			if ids = slices.Compact(ids); len(ids) != 1 {
				t.Errorf("got the databases %v, want one", ids)
			}
		}
		r.Settled(t)

		for name, count := range m.UpstreamNames(t) {
			if count != 1 {
				t.Errorf("got %d databases named %s, want one", count, name)
			}
		}
	})
}

// Promise R3 across replicas: upstream is cut at random, replicas are killed at random. Each create makes one database,
// and its caller learns which.
//
// Threat model: R3.
func TestCreatesSurviveDyingReplicas(t *testing.T) {
	t.Parallel()
	const settle = 2 * time.Second
	f := harness.NewFleetIn(t, t.TempDir(), pgtest.URL(t))
	between := faultproxy.Start(t, strings.TrimPrefix(f.StandIns.UpstashURL(), "http://"))
	r := f.Replicas(
		t,
		"BFF_UPSTASH_API_URL=http://"+between.Address,
		"BFF_CREATE_SETTLE="+settle.String(),
		"KILLPOINT_LEASE=2s",
	)

	accounts := []harness.Member{}
	for n := range 8 {
		accounts = append(accounts, r.AddMember(t, fmt.Sprintf("account-%d@example.com", n)))
	}
	c := &cuts{seen: map[string]bool{}, kinds: map[string]int{}}
	between.Choose(c.plan)
	r.Fault(
		t,
		map[string]any{
			"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
			"count": -1,
			"do":    map[string]any{"delay_ms": 150},
		},
	)

	ids := make([]string, callers())
	named := func(n int) (harness.Member, string) { return accounts[n%len(accounts)], fmt.Sprintf("db-%d", n) }
	r.During(t, len(ids), func(n int) {
		time.Sleep(rand.N(2 * time.Second))
		m, name := named(n)
		ids[n] = r.DoUntilSuccess(t, "POST", harness.DatabasesPath, m.Keyed(name), harness.CreateBody(name)).ID(t)
	})
	r.Settled(t)

	want, got := map[string]string{}, map[string]string{}
	for n, id := range ids {
		m, name := named(n)
		want[m.Email+" "+name] = id
	}

	total := 0
	for _, m := range accounts {
		for _, database := range m.Account(t, m.Email).Databases {
			total++
			got[fmt.Sprint(m.Email, " ", database["database_name"])] = fmt.Sprint(database["database_id"])
		}
	}
	t.Logf("creates cut: %v", c.kinds)

	if total != len(ids) || !maps.Equal(got, want) {
		t.Errorf("upstream has %d databases %v; the callers received %v", total, got, want)
	}

	if c.kinds["before"] == 0 || c.kinds["during"] == 0 || c.kinds["after"] == 0 {
		t.Errorf("the cuts were %v: nothing was shown", c.kinds)
	}
}
