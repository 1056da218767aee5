package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/faultproxy"
)

func TestP16CreateIsCutAfterTheCommit(t *testing.T) {
	t.Parallel()
	m := startJoined(t, withSettle(time.Second))
	onCreate := map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}
	onList := map[string]any{"target": "upstash", "method": "GET", "path": upstreamList}

	t.Run("and upstream can be asked: the database is found at once", func(t *testing.T) {
		m.fault(t, map[string]any{"match": onCreate, "do": map[string]any{"drop": "after_commit"}})
		got := m.create(t, "found", createBody("found")).database(t, 201)
		if again := m.create(t, "found", createBody("found")); again.database(t, 201).ID != got.ID || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("again: got %s, want a replay", again.body)
		}
	})
	t.Run("and upstream cannot be asked: uncertain, and found by the retry", func(t *testing.T) {
		m.fault(t, map[string]any{"match": onCreate, "do": map[string]any{"drop": "after_commit"}})
		m.fault(t, map[string]any{"match": onList, "do": map[string]any{"delay_ms": 1}}) // uses up the list before the create
		m.fault(t, map[string]any{"match": onList, "count": 3, "do": map[string]any{"status": 500}})
		got := m.create(t, "lost", createBody("lost"))
		got.isProblem(t, 504, "outcome_uncertain")
		m.noFaults(t)
		m.create(t, "lost", createBody("lost")).is(t, 201)
	})
	t.Run("and nobody holds a key: another create of the name settles it first", func(t *testing.T) {
		m.fault(t, map[string]any{"match": onCreate, "do": map[string]any{"drop": "before_commit"}})
		m.create(t, "", createBody("keyless")).isProblem(t, 504, "outcome_uncertain")
		m.create(t, "", createBody("keyless")).isProblem(t, 409, "create_in_progress")
		time.Sleep(time.Second)
		m.create(t, "", createBody("keyless")).is(t, 201)
	})
	if got := m.upstreamNames(t); fmt.Sprint(got) != "map[found:1 keyless:1 lost:1]" {
		t.Errorf("got databases %v, want one of each name", got)
	}
	if got := m.calls(t, "POST", upstreamCreate); got != 4 {
		t.Errorf("%d creates reached upstream, want 4: no second of one that was carried out", got)
	}
}

// A database of the same name that existed before, or that another create made, is never taken for the outcome.
func TestSettlementAdoptsNothingOfOthers(t *testing.T) {
	t.Parallel()
	var f front
	m := startJoined(t, withFront(t, &f), withSettle(time.Second))
	m.beside(t, "x", "us-east-1") // made by somebody else before us: upstream has it, no record of ours does
	before := m.create(t, "", createBody("x")).database(t, 201)
	other := m.create(t, "other", createBody("x")).database(t, 201)
	m.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}, "do": map[string]any{"drop": "before_commit"}})
	got := m.create(t, "mine", createBody("x"))
	got.isProblem(t, 504, "outcome_uncertain")
	m.beside(t, "x", "us-west-1") // and another meanwhile, in another region
	known := map[string]bool{before.ID: true, other.ID: true}
	for _, database := range m.list(t) {
		known[database.ID] = true
	}
	time.Sleep(got.retryAfter(t, time.Second, time.Second))
	mine := m.create(t, "mine", createBody("x")).database(t, 201)
	if known[mine.ID] || mine.PrimaryRegion != "us-east-1" {
		t.Errorf("got %+v, want a database of its own", mine)
	}
	if got := m.upstreamNames(t)["x"]; got != 5 {
		t.Errorf("got %d databases, want five", got)
	}
}

// beside creates a database past us, as the account's owner does in the console.
func (m member) beside(t *testing.T, name, region string) {
	t.Helper()
	body := `{"database_name":"` + name + `","platform":"aws","primary_region":"` + region + `"}`
	request, err := http.NewRequest("POST", m.standIns.UpstashURL()+upstreamCreate, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(m.email, m.account(t, m.email).Keys[0].Secret)
	response, err := m.client.Do(request)
	if err != nil || response.StatusCode != 200 {
		t.Fatalf("create beside us: %v", err)
	}
	_ = response.Body.Close()
}

// While the list has an element that cannot be read, "not in the list" proves nothing: no second create is sent.
func TestSettlementConcludesNothingFromAListItCannotRead(t *testing.T) {
	t.Parallel()
	var f front
	m := startJoined(t, withFront(t, &f), withSettle(time.Second))
	m.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}, "do": map[string]any{"drop": "before_commit"}})
	m.create(t, "mine", createBody("x")).isProblem(t, 504, "outcome_uncertain")
	time.Sleep(1100 * time.Millisecond)
	for name, list := range map[string]string{"an odd element": `[{"database_id":7,"database_name":"x"}]`, "null": "null", "an object": `{}`, "cut": `[`} {
		f.says("GET", upstreamList, 200, nil, list)
		before := m.calls(t, "POST", upstreamCreate)
		m.create(t, "mine", createBody("x")).isProblem(t, 504, "outcome_uncertain")
		if got := m.calls(t, "POST", upstreamCreate); got != before {
			t.Errorf("%s: a second create was sent", name)
		}
	}
	f.answers(nil)
	m.create(t, "mine", createBody("x")).is(t, 201)
	if got := m.upstreamNames(t)["x"]; got != 1 {
		t.Errorf("got %d databases, want one", got)
	}
}

func TestACallerThatLeavesCancelsNoCreate(t *testing.T) {
	t.Parallel()
	m := startJoined(t, withSettle(time.Second))
	m.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}, "do": map[string]any{"delay_ms": 500}})
	ctx, leave := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer leave()
	if got, err := m.try(ctx, "POST", databasesPath, m.keyed("one"), createBody("x")); err == nil {
		t.Fatalf("the caller did not leave: %s", got.body)
	}
	m.create(t, "one", createBody("x")).isProblem(t, 409, "create_in_progress")
	if !eventually(func() bool {
		got := m.create(t, "one", createBody("x"))
		return got.status == 201 && got.header.Get("Idempotent-Replayed") == "true"
	}) {
		t.Error("the create did not come to its end")
	}
	if got := m.upstreamNames(t)["x"]; got != 1 || m.calls(t, "POST", upstreamCreate) != 1 {
		t.Errorf("got %d databases, want one", got)
	}
}

// callers of the storm: some dozens, or as many as the promise names.
func callers() int {
	if os.Getenv("SOAK") == "1" {
		return 200
	}
	return 48
}

// cuts decides what happens to the first create of each name: it passes, or it is cut before, during or after upstream's
// commit. Later ones pass.
type cuts struct {
	mu    sync.Mutex
	seen  map[string]bool
	kinds map[string]int
}

func (c *cuts) plan(first []byte) faultproxy.Plan {
	if !bytes.HasPrefix(first, []byte("POST "+upstreamCreate)) {
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
		plan.ToServer = faultproxy.Way{Cut: rand.IntN(len(first)), Reset: reset}
		c.kinds[kind]++
	case "during":
		plan.ToServer = faultproxy.Way{Cut: len(first)}
		c.kinds[kind]++
	case "after":
		plan.ToClient = faultproxy.Way{Cut: rand.IntN(600), Reset: reset}
		c.kinds[kind]++
	default:
		c.kinds[kind]++
	}
	return plan
}

// The promise: a create yields zero or one database, and the caller learns which. Upstream is cut before, during and after
// its commit; each caller comes at a time of its own and tries once more after its Retry-After.
func TestR3CreatesYieldWhatTheirCallersAreTold(t *testing.T) {
	var between *faultproxy.Proxy
	const settle = 2 * time.Second
	p := startProduct(t, withSettle(settle), withFaultProxy(t, &between))
	accounts := []member{}
	for n := range 8 {
		accounts = append(accounts, p.joined(t, fmt.Sprintf("account-%d@example.com", n)))
	}
	c := &cuts{seen: map[string]bool{}, kinds: map[string]int{}}
	between.Choose(c.plan)
	// Upstream commits a while after it has read the request: a cut "during" comes before the commit.
	p.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}, "count": -1, "do": map[string]any{"delay_ms": 150}})

	var mu sync.Mutex
	done, first := map[string]string{}, map[int]int{} // id by name; statuses of first answers
	var working sync.WaitGroup
	for n := range callers() {
		m, name := accounts[n%len(accounts)], fmt.Sprintf("db-%d", n)
		working.Go(func() {
			time.Sleep(rand.N(2 * time.Second))
			got, err := m.try(t.Context(), "POST", databasesPath, m.keyed(name), createBody(name))
			if err != nil {
				t.Errorf("%s: no answer: %v", name, err)
				return
			}
			mu.Lock()
			first[got.status]++
			mu.Unlock()
			if got.status != 201 {
				wait := got.retryAfter(t, time.Second, settle+time.Second)
				if n%2 == 0 { // some cannot wait: that tells them nothing more, and does no harm
					_, _ = m.try(t.Context(), "POST", databasesPath, m.keyed(name), createBody(name))
				}
				time.Sleep(wait)
				if got, err = m.try(t.Context(), "POST", databasesPath, m.keyed(name), createBody(name)); err != nil {
					t.Errorf("%s: no answer to the retry: %v", name, err)
					return
				}
			}
			if got.status != 201 {
				t.Errorf("%s: after one retry the outcome is not known: %d %s", name, got.status, got.body)
				return
			}
			mu.Lock()
			done[name] = got.database(t, 201).ID
			mu.Unlock()
		})
	}
	working.Wait()
	time.Sleep(500 * time.Millisecond) // for any create that is still on its way upstream

	total, ids := 0, map[string]bool{}
	for _, m := range accounts {
		for _, database := range m.account(t, m.email).Databases {
			total++
			name, id := database["database_name"].(string), database["database_id"].(string)
			if done[name] != id {
				t.Errorf("upstream has %s as %s, its caller was told %q", name, id, done[name])
			}
			ids[id] = true
		}
	}
	t.Logf("creates cut: %v; first answers by status: %v; databases: %d; answered as done: %d", c.kinds, first, total, len(done))
	if total != len(done) || len(ids) != len(done) || len(done) != callers() {
		t.Errorf("%d databases, %d creates answered as done, %d callers: want the same", total, len(done), callers())
	}
	if c.kinds["before"] == 0 || c.kinds["during"] == 0 || c.kinds["after"] == 0 || first[504] == 0 {
		t.Errorf("the cuts were %v and the first answers %v: nothing was shown", c.kinds, first)
	}
}

func TestPolicyMaxDatabasesHoldsForParallelCreates(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, options ...option) {
		t.Helper()
		m := startJoined(t, append(options, withSettle(time.Second), withConfig(func(c *config.Config) { c.MaxDatabases = 3 }))...)
		var mu sync.Mutex
		made, limited := 0, 0
		var working sync.WaitGroup
		for n := range 20 {
			working.Go(func() {
				name := fmt.Sprintf("db-%d", n)
				for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(50 * time.Millisecond) {
					got, err := m.try(t.Context(), "POST", databasesPath, m.keyed(name), createBody(name))
					if err != nil {
						t.Errorf("no answer: %v", err)
						return
					}
					mu.Lock()
					switch {
					case got.status == 201:
						made++
					case strings.Contains(got.body, "database_limit"):
						limited++
					default:
						mu.Unlock()
						continue
					}
					mu.Unlock()
					return
				}
				t.Errorf("%s: neither made nor refused", name)
			})
		}
		working.Wait()
		if got := len(m.upstreamNames(t)); got != 3 || made != 3 || limited != 17 {
			t.Errorf("got %d databases, %d made, %d refused; want 3, 3 and 17", got, made, limited)
		}
	})
}

func TestPolicyMaxDatabasesCountsWhatIsUncertain(t *testing.T) {
	t.Parallel()
	m := startJoined(t, withSettle(time.Second), withConfig(func(c *config.Config) { c.MaxDatabases = 1 }))
	m.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}, "do": map[string]any{"drop": "before_commit"}})
	m.create(t, "one", createBody("one")).isProblem(t, 504, "outcome_uncertain")
	m.create(t, "two", createBody("two")).isProblem(t, 409, "database_limit")
	time.Sleep(1100 * time.Millisecond)
	m.create(t, "two", createBody("two")).is(t, 201) // the first can no longer appear
	m.create(t, "one", createBody("one")).isProblem(t, 409, "database_limit")
	if got := m.upstreamNames(t); fmt.Sprint(got) != "map[two:1]" {
		t.Errorf("got databases %v, want two alone", got)
	}
}

func TestI13TwoHundredParallelWriters(t *testing.T) {
	p := startProduct(t)
	var working sync.WaitGroup
	for n := range 20 {
		m := p.joined(t, fmt.Sprintf("account-%d@example.com", n))
		for k := range 10 {
			name := fmt.Sprintf("db-%d", k)
			working.Go(func() {
				got, err := m.try(t.Context(), "POST", databasesPath, m.keyed(name), createBody(name))
				if err != nil || got.status != 201 {
					t.Errorf("%s %s: got %d %s %v, want 201", m.email, name, got.status, got.body, err)
				}
			})
		}
	}
	working.Wait()
	if got := p.rows(t)["creates"]; got != 200 {
		t.Errorf("got %d records, want 200", got)
	}
	for _, word := range []string{"database is locked", "SQLITE_BUSY", `"level":"ERROR"`} {
		if strings.Contains(p.log.String(), word) {
			t.Errorf("the log has %q", word)
		}
	}
}
