package test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/faultproxy"
	"github.com/upstash-connect/bff/test/harness"
)

// Threat model: P16.
func TestCreateCutAfterUpstreamCommittedIsSettled(t *testing.T) {
	t.Parallel()
	var clock harness.Clock
	m := harness.StartWithMember(t, harness.WithSettle(time.Second), harness.WithClock(&clock))
	onCreate := map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate}
	onList := map[string]any{"target": "upstash", "method": "GET", "path": harness.UpstreamList}

	t.Run("and upstream can be asked: the database is found at once", func(t *testing.T) {
		m.Fault(t, map[string]any{"match": onCreate, "do": map[string]any{"drop": "after_commit"}})

		got := m.Create(t, "found", harness.CreateBody("found")).Database(t, 201)
		if again := m.Create(
			t, "found", harness.CreateBody("found"),
		); again.Database(t, 201).ID != got.ID ||
			again.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("again: got %s, want a replay", again.Body)
		}
	})
	t.Run("and upstream cannot be asked: uncertain, and found by the retry", func(t *testing.T) {
		m.Fault(t, map[string]any{"match": onCreate, "do": map[string]any{"drop": "after_commit"}})
		// uses up the list before the create
		m.Fault(t, map[string]any{"match": onList, "do": map[string]any{"delay_ms": 1}})
		m.Fault(t, map[string]any{"match": onList, "count": 3, "do": map[string]any{"status": 500}})
		got := m.Create(t, "lost", harness.CreateBody("lost"))
		got.IsProblem(t, 504, "outcome_uncertain")
		m.NoFaults(t)
		m.Create(t, "lost", harness.CreateBody("lost")).Is(t, 201)
	})
	t.Run("and nobody holds a key: another create of the name settles it first", func(t *testing.T) {
		m.Fault(t, map[string]any{"match": onCreate, "do": map[string]any{"drop": "before_commit"}})
		m.Create(t, "", harness.CreateBody("keyless")).IsProblem(t, 504, "outcome_uncertain")
		m.Create(t, "", harness.CreateBody("keyless")).IsProblem(t, 409, "create_in_progress")
		clock.Advance(time.Second)
		m.Create(t, "", harness.CreateBody("keyless")).Is(t, 201)
	})

	if got := m.UpstreamNames(t); fmt.Sprint(got) != "map[found:1 keyless:1 lost:1]" {
		t.Errorf("got databases %v, want one of each name", got)
	}

	if got := m.Calls(t, "POST", harness.UpstreamCreate); got != 4 {
		t.Errorf("%d creates reached upstream, want 4: no second of one that was carried out", got)
	}
}

// An older database with the same name, or one of another create, is never mistaken for the outcome.
func TestSettlementAdoptsNothingOfOthers(t *testing.T) {
	t.Parallel()
	var f harness.Front
	var clock harness.Clock
	m := harness.StartWithMember(
		t, harness.WithFront(t, &f), harness.WithSettle(time.Second), harness.WithClock(&clock),
	)
	m.CreateUpstream(t, "x", "us-east-1") // made by somebody else: upstream has it, the server has no record
	before := m.Create(t, "", harness.CreateBody("x")).Database(t, 201)
	other := m.Create(t, "other", harness.CreateBody("x")).Database(t, 201)
	m.Fault(
		t,
		map[string]any{
			"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
			"do":    map[string]any{"drop": "before_commit"},
		},
	)
	got := m.Create(t, "mine", harness.CreateBody("x"))
	got.IsProblem(t, 504, "outcome_uncertain")
	m.CreateUpstream(t, "x", "us-west-1") // and another meanwhile, in another region

	known := map[string]bool{before.ID: true, other.ID: true}
	for _, database := range m.List(t) {
		known[database.ID] = true
	}
	clock.Advance(got.RetryAfter(t, time.Second, time.Second))

	mine := m.Create(t, "mine", harness.CreateBody("x")).Database(t, 201)
	if known[mine.ID] || mine.PrimaryRegion != "us-east-1" {
		t.Errorf("got %+v, want its own database", mine)
	}

	if got := m.UpstreamNames(t)["x"]; got != 5 {
		t.Errorf("got %d databases, want five", got)
	}
}

// While the list has an unreadable element, a missing database proves nothing: the server sends no second create.
func TestSettlementIgnoresUnreadableLists(t *testing.T) {
	t.Parallel()
	var f harness.Front
	var clock harness.Clock
	m := harness.StartWithMember(
		t, harness.WithFront(t, &f), harness.WithSettle(time.Second), harness.WithClock(&clock),
	)
	m.Fault(
		t,
		map[string]any{
			"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
			"do":    map[string]any{"drop": "before_commit"},
		},
	)
	m.Create(t, "mine", harness.CreateBody("x")).IsProblem(t, 504, "outcome_uncertain")
	clock.Advance(1100 * time.Millisecond)

	for name, list := range map[string]string{"an odd element": `[{"database_id":7,"database_name":"x"}]`, "null": "null", "an object": `{}`, "cut": `[`} {
		f.RespondsWith("GET", harness.UpstreamList, 200, nil, list)
		before := m.Calls(t, "POST", harness.UpstreamCreate)
		m.Create(t, "mine", harness.CreateBody("x")).IsProblem(t, 504, "outcome_uncertain")

		if got := m.Calls(t, "POST", harness.UpstreamCreate); got != before {
			t.Errorf("%s: a second create was sent", name)
		}
	}
	f.Intercept(nil)
	m.Create(t, "mine", harness.CreateBody("x")).Is(t, 201)

	if got := m.UpstreamNames(t)["x"]; got != 1 {
		t.Errorf("got %d databases, want one", got)
	}
}

func TestCallerDisconnectDoesNotCancelCreate(t *testing.T) {
	t.Parallel()
	m := harness.StartWithMember(t, harness.WithSettle(time.Second))
	m.Fault(
		t,
		map[string]any{
			"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
			"do":    map[string]any{"delay_ms": 500},
		},
	)

	ctx, leave := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer leave()

	if got, err := m.Try(ctx, "POST", harness.DatabasesPath, m.Keyed("one"), harness.CreateBody("x")); err == nil {
		t.Fatalf("the caller did not leave: %s", got.Body)
	}
	m.Create(t, "one", harness.CreateBody("x")).IsProblem(t, 409, "create_in_progress")

	if !harness.Eventually(func() bool {
		got := m.Create(t, "one", harness.CreateBody("x"))
		return got.Status == 201 && got.Header.Get("Idempotent-Replayed") == "true"
	}) {
		t.Error("the create did not come to its end")
	}

	if got := m.UpstreamNames(t)["x"]; got != 1 || m.Calls(t, "POST", harness.UpstreamCreate) != 1 {
		t.Errorf("got %d databases, want one", got)
	}
}

// callers in the storm: dozens, or with SOAK the full number.
func callers() int {
	if harness.Soak() {
		return 200
	}

	return 48
}

// cuts decides what happens to the first create of each name: it passes, or it is cut before, during or after
// upstream's commit. Later ones pass.
type cuts struct {
	mu    sync.Mutex
	seen  map[string]bool
	kinds map[string]int
}

func (c *cuts) plan(first []byte) faultproxy.Plan {
	if !bytes.HasPrefix(first, []byte("POST "+harness.UpstreamCreate)) {
		return faultproxy.Through()
	}
	_, after, _ := bytes.Cut(first, []byte(`"database_name":"`))
	name, _, _ := bytes.Cut(after, []byte(`"`))
	c.mu.Lock()
	defer c.mu.Unlock()

	if len(name) == 0 || c.seen[string(name)] {
		return faultproxy.Through()
	}
	c.seen[string(name)] = true

	plan, reset := faultproxy.Through(), rand.IntN(2) == 0
	switch kind := []string{"none", "before", "during", "after"}[rand.IntN(4)]; kind {
	case "before":
		plan.ToServer = faultproxy.Direction{Cut: rand.IntN(len(first)), Reset: reset}
		c.kinds[kind]++
	case "during":
		plan.ToServer = faultproxy.Direction{Cut: len(first)}
		c.kinds[kind]++
	case "after":
		plan.ToClient = faultproxy.Direction{Cut: rand.IntN(600), Reset: reset}
		c.kinds[kind]++
	default:
		c.kinds[kind]++
	}

	return plan
}

// Promise R3: a create makes zero or one database, and the caller learns which. The connection breaks before, during
// and after upstream's commit. Each caller retries once after its Retry-After.
//
// Threat model: R3.
func TestCreateResultsMatchTheDatabases(t *testing.T) {
	var between *faultproxy.Proxy
	const settle = 2 * time.Second
	p := harness.StartProduct(t, harness.WithSettle(settle), harness.WithFaultProxy(t, &between))

	accounts := []harness.Member{}
	for n := range 8 {
		accounts = append(accounts, p.AddMember(t, fmt.Sprintf("account-%d@example.com", n)))
	}
	c := &cuts{seen: map[string]bool{}, kinds: map[string]int{}}
	between.Choose(c.plan)
	// Upstream commits some time after it has read the request: a cut "during" happens before the commit.
	p.Fault(
		t,
		map[string]any{
			"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
			"count": -1,
			"do":    map[string]any{"delay_ms": 150},
		},
	)

	var mu sync.Mutex
	done, first := map[string]string{}, map[int]int{} // id by name; statuses of first responses

	var working sync.WaitGroup
	for n := range callers() {
		m, name := accounts[n%len(accounts)], fmt.Sprintf("db-%d", n)
		working.Go(func() {
			time.Sleep(rand.N(2 * time.Second))

			got, err := m.Try(t.Context(), "POST", harness.DatabasesPath, m.Keyed(name), harness.CreateBody(name))
			if err != nil {
				t.Errorf("%s: no response: %v", name, err)
				return
			}
			mu.Lock()
			first[got.Status]++
			mu.Unlock()

			if got.Status != 201 {
				wait := got.RetryAfter(t, time.Second, settle+time.Second)
				if n%2 == 0 { // some callers cannot wait, which changes nothing for the others
					_, _ = m.Try(t.Context(), "POST", harness.DatabasesPath, m.Keyed(name), harness.CreateBody(name))
				}
				time.Sleep(wait)

				if got, err = m.Try(
					t.Context(), "POST", harness.DatabasesPath, m.Keyed(name), harness.CreateBody(name),
				); err != nil {
					t.Errorf("%s: no response to the retry: %v", name, err)
					return
				}
			}

			if got.Status != 201 {
				t.Errorf("%s: after one retry the outcome is not known: %d %s", name, got.Status, got.Body)
				return
			}
			mu.Lock()
			done[name] = got.Database(t, 201).ID
			mu.Unlock()
		})
	}
	working.Wait()
	time.Sleep(500 * time.Millisecond) // for any create that is still on its way upstream

	total, ids := 0, map[string]bool{}
	for _, m := range accounts {
		for _, database := range m.Account(t, m.Email).Databases {
			total++

			name, id := database["database_name"].(string), database["database_id"].(string)
			if done[name] != id {
				t.Errorf("upstream has %s as %s, its caller received %q", name, id, done[name])
			}
			ids[id] = true
		}
	}
	t.Logf(
		"creates cut: %v; first answers by status: %v; databases: %d; answered as done: %d",
		c.kinds,
		first,
		total,
		len(done),
	)

	if total != len(done) || len(ids) != len(done) || len(done) != callers() {
		t.Errorf("%d databases, %d creates reported as done, %d callers: want the same", total, len(done), callers())
	}

	if c.kinds["before"] == 0 || c.kinds["during"] == 0 || c.kinds["after"] == 0 || first[504] == 0 {
		t.Errorf("the cuts were %v and the first responses %v: the test proves nothing", c.kinds, first)
	}
}

func TestPolicyMaxDatabasesHoldsForParallelCreates(t *testing.T) {
	harness.OnBothDatabases(t, func(t *testing.T, options ...harness.Option) {
		t.Helper()
		m := harness.StartWithMember(
			t,
			append(
				options,
				harness.WithSettle(time.Second),
				harness.WithConfig(func(c *config.Config) { c.MaxDatabases = 3 }),
			)...)
		var mu sync.Mutex
		made, limited := 0, 0

		var working sync.WaitGroup
		for n := range 20 {
			working.Go(func() {
				name := fmt.Sprintf("db-%d", n)
				for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(50 * time.Millisecond) {
					got, err := m.Try(
						t.Context(), "POST", harness.DatabasesPath, m.Keyed(name), harness.CreateBody(name),
					)
					if err != nil {
						t.Errorf("no response: %v", err)
						return
					}
					mu.Lock()
					switch {
					case got.Status == 201:
						made++
					case strings.Contains(got.Body, "database_limit"):
						limited++
					default:
						mu.Unlock()
						continue
					}
					mu.Unlock()

					return
				}
				t.Errorf("%s: neither created nor rejected", name)
			})
		}
		working.Wait()

		if got := len(m.UpstreamNames(t)); got != 3 || made != 3 || limited != 17 {
			t.Errorf("got %d databases, %d created, %d rejected; want 3, 3 and 17", got, made, limited)
		}
	})
}

func TestPolicyMaxDatabasesCountsUncertainCreates(t *testing.T) {
	t.Parallel()
	var clock harness.Clock
	m := harness.StartWithMember(
		t,
		harness.WithSettle(time.Second),
		harness.WithClock(&clock),
		harness.WithConfig(func(c *config.Config) { c.MaxDatabases = 1 }),
	)
	m.Fault(
		t,
		map[string]any{
			"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
			"do":    map[string]any{"drop": "before_commit"},
		},
	)
	m.Create(t, "one", harness.CreateBody("one")).IsProblem(t, 504, "outcome_uncertain")
	m.Create(t, "two", harness.CreateBody("two")).IsProblem(t, 409, "database_limit")
	clock.Advance(1100 * time.Millisecond)
	m.Create(t, "two", harness.CreateBody("two")).Is(t, 201) // the first can no longer appear
	m.Create(t, "one", harness.CreateBody("one")).IsProblem(t, 409, "database_limit")

	if got := m.UpstreamNames(t); fmt.Sprint(got) != "map[two:1]" {
		t.Errorf("got databases %v, want two alone", got)
	}
}

// Threat model: I13.
func TestTwoHundredParallelWriters(t *testing.T) {
	p := harness.StartProduct(t)

	var working sync.WaitGroup
	for n := range 20 {
		m := p.AddMember(t, fmt.Sprintf("account-%d@example.com", n))
		for k := range 10 {
			name := fmt.Sprintf("db-%d", k)
			working.Go(func() {
				got, err := m.Try(t.Context(), "POST", harness.DatabasesPath, m.Keyed(name), harness.CreateBody(name))
				if err != nil || got.Status != 201 {
					t.Errorf("%s %s: got %d %s %v, want 201", m.Email, name, got.Status, got.Body, err)
				}
			})
		}
	}
	working.Wait()

	if got := p.Rows(t)["creates"]; got != 200 {
		t.Errorf("got %d records, want 200", got)
	}

	for _, word := range []string{"database is locked", "SQLITE_BUSY", `"level":"ERROR"`} {
		if strings.Contains(p.Log.String(), word) {
			t.Errorf("the log has %q", word)
		}
	}
}
