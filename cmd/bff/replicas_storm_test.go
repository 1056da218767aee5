//go:build unix

package main

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
)

// storms of each kind.
func storms() int { return (rounds() + 2) / 3 }

// insist asks any replica until one answers with a success, as a caller does that wants to know: a cut, or a wait it is told
// of, are reasons to ask again. Anything else fails the test.
func (p *product) insist(t *testing.T, method, path string, header http.Header, body string) answer {
	t.Helper()
	for limit := time.Now().Add(90 * time.Second); time.Now().Before(limit); time.Sleep(20*time.Millisecond + rand.N(100*time.Millisecond)) {
		got, err := p.try(t.Context(), method, path, header, body)
		switch {
		case err != nil: // its replica died
		case got.status/100 == 2:
			return got
		case got.status != http.StatusConflict && got.status != http.StatusServiceUnavailable && got.status != http.StatusGatewayTimeout:
			t.Errorf("%s %s: got %d %s", method, path, got.status, got.body)
			return got
		}
	}
	t.Errorf("%s %s: no success in a minute and a half", method, path)
	return answer{}
}

// id is that of the connection, or of the database, that was answered.
func (a answer) id(t *testing.T) string {
	t.Helper()
	var thing struct {
		ID string `json:"id"`
	}
	a.json(t, &thing)
	return thing.ID
}

// during runs callers while replicas die at random.
func (r *replicas) during(t *testing.T, callers int, call func(n int)) {
	t.Helper()
	var working sync.WaitGroup
	done := make(chan struct{})
	for n := range callers {
		working.Go(func() { call(n) })
	}
	go func() { working.Wait(); close(done) }()
	r.unrest(t, done)
}

// keysAreNamed fails the test unless the account has one live key, and every other that is upstream is named as left behind.
func (p *product) keysAreNamed(t *testing.T, email string) {
	t.Helper()
	connection := p.insist(t, "GET", "/api/v1/connection", bearer(p.tokenOf(t, email)), "").connection(t, 200)
	left, live := connection.leftovers(), 0
	for _, key := range p.account(t, email).Keys {
		if key.Name == connection.KeyName {
			live++
		} else if left[key.Name] != "left_behind" {
			t.Errorf("upstream has the key %s, which is named as %q", key.Name, left[key.Name])
		}
		delete(left, key.Name)
	}
	for name, state := range left { // may be, for all that is known here; is not, as we see
		if state != "uncertain" {
			t.Errorf("%s is said to be left behind, and upstream has no such key", name)
		}
	}
	if connection.State != "active" || live != 1 {
		t.Errorf("got state %s and %d live keys, want active and one", connection.State, live)
	}
	p.do(t, "GET", databasesPath, bearer(p.tokenOf(t, email)), "").is(t, 200) // the key works
}

// Row T28, with two replicas, and again while either is killed at any time and comes back.
func TestT28FiftyLogInsAcrossReplicas(t *testing.T) {
	t.Parallel()
	const callers = 50
	logIns := func(r *replicas, email string) []http.Header {
		headers := make([]http.Header, callers)
		for n := range headers {
			headers[n] = bearer(r.tokenOf(t, email))
		}
		return headers
	}
	t.Run("both live", func(t *testing.T) {
		r := newReplicas(t, "KILLPOINT_LEASE=30s")
		const email = "storm@example.com"
		headers := logIns(r, email)
		var (
			mu       sync.Mutex
			statuses = map[string]int{}
			working  sync.WaitGroup
		)
		for n, header := range headers {
			working.Go(func() {
				got, err := r.try(t.Context(), doors[n%2].method, doors[n%2].path, header, "")
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				statuses[fmt.Sprint(got.method, " ", got.status)]++
			})
		}
		working.Wait()
		if made := statuses["PUT 201"]; made > 1 || made+statuses["PUT 200"]+statuses["POST 201"] != callers {
			t.Errorf("got %v, want a success for each, one made at most", statuses)
		}
		if got := r.mints(t); got != 1 {
			t.Errorf("got %d calls for a key, want 1", got)
		}
		r.oneLiveKey(t, email, 1)
	})
	t.Run("either dies", func(t *testing.T) {
		r := newReplicas(t, "KILLPOINT_LEASE=2s")
		for round := range storms() {
			email := fmt.Sprintf("dying-%d@example.com", round)
			headers := logIns(r, email)
			r.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "path": "/apikey"}, "count": -1, "do": map[string]any{"delay_ms": 300}})
			ids := make([]string, callers)
			r.during(t, callers, func(n int) {
				ids[n] = r.insist(t, "PUT", "/api/v1/connection", headers[n], "").id(t)
			})
			slices.Sort(ids)
			if ids = slices.Compact(ids); len(ids) != 1 {
				t.Errorf("got the connections %v, want one", ids)
			}
			r.settled(t)
			r.keysAreNamed(t, email)
		}
	})
}

// settled waits until upstream has nothing more in its hands.
func (p *product) settled(t *testing.T) {
	t.Helper()
	if !eventually(func() bool {
		return !slices.ContainsFunc(p.journalOutcomes(t), func(c mintCall) bool { return c.Outcome == "in_flight" })
	}) {
		t.Error("upstream is still busy")
	}
}

// Row I03, with two replicas, and again while either is killed at any time and comes back.
func TestI03HundredParallelCreatesAcrossReplicas(t *testing.T) {
	t.Parallel()
	r := newReplicas(t, "BFF_CREATE_SETTLE=2s", "KILLPOINT_LEASE=2s")
	m := r.joined(t, "someone@example.com")
	m.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}, "count": -1, "do": map[string]any{"delay_ms": 200}})
	t.Run("both live", func(t *testing.T) {
		ids, busy := m.storm(t, 100, "one", createBody("x"))
		told := busy
		for _, count := range ids {
			told += count
		}
		if len(ids) != 1 || told != 100 || busy == 0 || m.calls(t, "POST", upstreamCreate) != 1 {
			t.Errorf("got ids %v, %d told to wait and %d creates upstream; want one id, some waiting, one create", ids, busy, m.calls(t, "POST", upstreamCreate))
		}
	})
	t.Run("either dies", func(t *testing.T) {
		for round := range storms() {
			name := fmt.Sprintf("dying-%d", round)
			ids := make([]string, 100)
			r.during(t, len(ids), func(n int) {
				ids[n] = r.insist(t, "POST", databasesPath, m.keyed(name), createBody(name)).id(t)
			})
			slices.Sort(ids)
			if ids = slices.Compact(ids); len(ids) != 1 {
				t.Errorf("got the databases %v, want one", ids)
			}
		}
		r.settled(t)
		for name, count := range m.upstreamNames(t) {
			if count != 1 {
				t.Errorf("got %d databases named %s, want one", count, name)
			}
		}
	})
}

// Promise R3 across replicas: upstream is cut at random, replicas are killed at random. Each create makes one database, and
// its caller learns which.
func TestR3CreatesAcrossReplicasThatDie(t *testing.T) {
	t.Parallel()
	const settle = 2 * time.Second
	f := newFleetIn(t, t.TempDir(), pgtest.URL(t))
	between := faultproxy.Start(t, strings.TrimPrefix(f.standIns.UpstashURL(), "http://"))
	r := f.replicas(t, "BFF_UPSTASH_API_URL=http://"+between.Address, "BFF_CREATE_SETTLE="+settle.String(), "KILLPOINT_LEASE=2s")
	accounts := []member{}
	for n := range 8 {
		accounts = append(accounts, r.joined(t, fmt.Sprintf("account-%d@example.com", n)))
	}
	c := &cuts{seen: map[string]bool{}, kinds: map[string]int{}}
	between.Choose(c.plan)
	r.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}, "count": -1, "do": map[string]any{"delay_ms": 150}})

	ids := make([]string, callers())
	named := func(n int) (member, string) { return accounts[n%len(accounts)], fmt.Sprintf("db-%d", n) }
	r.during(t, len(ids), func(n int) {
		time.Sleep(rand.N(2 * time.Second))
		m, name := named(n)
		ids[n] = r.insist(t, "POST", databasesPath, m.keyed(name), createBody(name)).id(t)
	})
	r.settled(t)
	want, got := map[string]string{}, map[string]string{}
	for n, id := range ids {
		m, name := named(n)
		want[m.email+" "+name] = id
	}
	total := 0
	for _, m := range accounts {
		for _, database := range m.account(t, m.email).Databases {
			total++
			got[fmt.Sprint(m.email, " ", database["database_name"])] = fmt.Sprint(database["database_id"])
		}
	}
	t.Logf("creates cut: %v", c.kinds)
	if total != len(ids) || !maps.Equal(got, want) {
		t.Errorf("upstream has %d databases %v; the callers were told of %v", total, got, want)
	}
	if c.kinds["before"] == 0 || c.kinds["during"] == 0 || c.kinds["after"] == 0 {
		t.Errorf("the cuts were %v: nothing was shown", c.kinds)
	}
}
