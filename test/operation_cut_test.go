package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/faultproxy"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/test/harness"
)

// writeCuts decides what happens to the first write of each account: it passes, or it is cut before, during or after
// upstream's commit. Later ones pass.
type writeCuts struct {
	mu    sync.Mutex
	seen  map[string]bool // by the Authorization header
	kinds map[string]int
}

func (c *writeCuts) plan(first []byte) faultproxy.Plan {
	_, after, _ := bytes.Cut(first, []byte("Authorization: "))
	account, _, whole := bytes.Cut(after, []byte("\r\n"))
	c.mu.Lock()
	defer c.mu.Unlock()

	if bytes.HasPrefix(first, []byte("GET ")) || !whole || c.seen[string(account)] {
		return faultproxy.Through()
	}
	c.seen[string(account)] = true

	plan, reset := faultproxy.Through(), rand.IntN(2) == 0
	kind := []string{"none", "before", "during", "after", "before", "during", "after"}[rand.IntN(7)]
	c.kinds[kind]++

	switch kind {
	case "before":
		plan.ToServer = faultproxy.Direction{Cut: rand.IntN(len(first)), Reset: reset}
	case "during":
		plan.ToServer = faultproxy.Direction{Cut: len(first)}
	case "after":
		plan.ToClient = faultproxy.Direction{Cut: rand.IntN(300), Reset: reset}
	}

	return plan
}

// cutCall is one write whose connection may be cut, on an account of its own.
type cutCall struct {
	harness.Member
	of     *operation.Operation
	made   harness.Resources
	call   harness.Invocation
	before string // the resource's secrets
	first  int    // status of the first response
}

const (
	cutSettle = 2 * time.Second
	cutName   = "asked"
)

// writing lists the operations of the catalogue that write.
func writing(t *testing.T) (all []*operation.Operation) {
	t.Helper()

	for _, called := range generic(t) {
		if called.Effect.Writes() {
			all = append(all, called)
		}
	}

	return all
}

// cutRounds is how many calls of each operation are made: few, or with SOAK many.
func cutRounds() int {
	if harness.Soak() {
		return 24
	}

	return 4
}

// Promise R3 for every create, change and destroy of the catalogue: the connection breaks before, during and after
// upstream's commit. Each caller retries once after its Retry-After, and then knows the outcome, which is true.
//
// Threat model: O08.
func TestOperationResultsMatchUpstream(t *testing.T) {
	var (
		between *faultproxy.Proxy
		clock   harness.Clock
	)

	p := harness.StartProduct(t,
		harness.WithOperations(), harness.WithStandInClock(&clock), harness.WithSettle(cutSettle),
		harness.WithFaultProxy(t, &between), harness.WithConfig(func(c *config.Config) { c.AllowedPlans = nil }))
	calls := []*cutCall{}

	for _, called := range writing(t) {
		for round := range cutRounds() {
			m := p.AddMember(t, fmt.Sprintf("%s-%d@example.com", called.Name, round))
			calls = append(calls, &cutCall{Member: m, of: called, made: m.PopulateFirst(t)})
		}
	}
	clock.Advance(5 * time.Second)

	for _, one := range calls {
		one.made = one.PopulateRest(t, one.made)
		one.call = harness.Sample(one.of, one.made)
		one.call.Body = strings.ReplaceAll(one.call.Body, harness.Mine, cutName)
		one.before = fmt.Sprint(one.resource(t)["token"], one.resource(t)["password"])
	}
	c := &writeCuts{seen: map[string]bool{}, kinds: map[string]int{}}
	between.CloseAll()
	between.Choose(c.plan)
	// Upstream commits some time after it has read the request: a cut "during" happens before the commit.
	for _, method := range []string{"POST", "PATCH", "DELETE"} {
		p.Fault(t, map[string]any{
			"match": map[string]any{"target": "upstash", "method": method}, "count": -1, "do": map[string]any{"delay_ms": 150},
		})
	}

	var working sync.WaitGroup
	for _, one := range calls {
		working.Go(func() { one.run(t) })
	}
	working.Wait()
	time.Sleep(500 * time.Millisecond) // for any call that is still on its way upstream

	statuses := map[int]int{}

	for _, one := range calls {
		one.isTrue(t)
		statuses[one.first]++
	}
	t.Logf("writes cut: %v; first responses by status: %v", c.kinds, statuses)

	if c.kinds["before"] == 0 || c.kinds["during"] == 0 || c.kinds["after"] == 0 || statuses[504] == 0 {
		t.Errorf("the cuts were %v and the first responses %v: the test proves nothing", c.kinds, statuses)
	}
}

// run makes the call, and once more if the first response is no success.
func (o *cutCall) run(t *testing.T) {
	t.Helper()

	time.Sleep(rand.N(2 * time.Second))

	for try := range 2 {
		got, err := o.Try(t.Context(), o.call.Method, o.call.Path, o.call.With(o.Header, "key"), o.call.Body)
		switch {
		case err != nil:
			t.Errorf("%s: no response: %v", o.of.Name, err)
			return
		case got.Status/100 == 2:
			if try == 0 {
				o.first = got.Status
			}
			o.saysWhatIs(t, got)

			return
		case try > 0:
			t.Errorf("%s: after one retry the outcome is not known: %d %s", o.of.Name, got.Status, got.Body)
			return
		}
		o.first = got.Status

		wait, err := time.ParseDuration(got.Header.Get("Retry-After") + "s")
		if err != nil || wait < time.Second || wait > cutSettle+time.Second {
			t.Errorf("%s: got Retry-After %q, %s", o.of.Name, got.Header.Get("Retry-After"), got.Body)
		}
		time.Sleep(wait)
	}
}

// resource reads the call's resource as it is upstream; nil if upstream has no such resource.
func (o *cutCall) resource(t *testing.T) map[string]any {
	t.Helper()

	id := map[string]string{"databases": o.made.Database, "vector_indexes": o.made.Vector, "search_indexes": o.made.Search, "qstash": o.made.QStash}
	section := sectionOf(o.of.On.Product)

	for _, found := range o.section(t, section) {
		if found["id"] == id[section] || found["database_id"] == id[section] {
			return found
		}
	}

	return nil
}

func sectionOf(product operation.Product) string {
	return map[operation.Product]string{
		operation.Redis: "databases", operation.Vector: "vector_indexes", operation.Search: "search_indexes",
		operation.QStash: "qstash",
	}[product]
}

// section reads one section of the account at the stand-in.
func (o *cutCall) section(t *testing.T, name string) (found []map[string]any) {
	t.Helper()

	var account map[string]json.RawMessage
	o.Control(t, "GET", "/accounts/"+o.Email, nil, &account)

	if err := json.Unmarshal(account[name], &found); err != nil {
		t.Fatal(err)
	}

	return found
}

// saysWhatIs checks a success against the state upstream.
func (o *cutCall) saysWhatIs(t *testing.T, got harness.Response) {
	t.Helper()

	switch o.of.Effect {
	case operation.Destroy:
		if o.resource(t) != nil {
			t.Errorf("%s: reported as done, but the resource exists", o.of.Name)
		}

		return
	case operation.Create:
		var made map[string]any
		got.JSON(t, &made)

		for _, found := range append(o.section(t, sectionOf(o.of.On.Product)), o.backups(t)...) {
			if found["name"] == cutName && (found["id"] == made["id"] && found["id"] != nil ||
				found["backup_id"] == made["backup_id"] && found["backup_id"] != nil) {
				return
			}
		}
		t.Errorf("%s: reported %s, which upstream does not have", o.of.Name, got.Body)

		return
	case operation.Change, operation.Read, operation.Reveal:
	}
	o.changed(t)
}

// changed checks that the state upstream is the one that was asked for.
func (o *cutCall) changed(t *testing.T) {
	t.Helper()

	var sent map[string]any
	if o.call.Body != "" {
		_ = json.Unmarshal([]byte(o.call.Body), &sent)
	}
	now := o.resource(t)

	for name, value := range sent {
		field := name
		if name == "name" && o.of.On.Product == operation.Redis {
			field = "database_name"
		}

		if name == "plan_name" { // which Upstash reports in words of its own
			if now["type"] == "payg" {
				t.Errorf("%s: reported as done, but the plan is the one before", o.of.Name)
			}

			continue
		}

		if fmt.Sprint(now[field]) != fmt.Sprint(value) {
			t.Errorf("%s: reported as done, but %s is %v, want %v", o.of.Name, field, now[field], value)
		}
	}

	if strings.HasSuffix(o.of.Name, "reset-password") || strings.HasSuffix(o.of.Name, "rotate-token") {
		if o.before == fmt.Sprint(now["token"], now["password"]) {
			t.Errorf("%s: reported as done, but the secrets are the same", o.of.Name)
		}
	}
}

// backups lists the database's backups.
func (o *cutCall) backups(t *testing.T) []map[string]any {
	t.Helper()

	if o.of.On.Of == nil {
		return nil
	}

	var list struct{ Backups []map[string]any }
	o.Do(t, "GET", harness.DatabasesPath+"/"+o.made.Database+"/backups", o.Header, "").Is(t, 200).JSON(t, &list)

	return list.Backups
}

// isTrue checks at the end that a create made one resource, and that a call reached upstream as often as it may.
func (o *cutCall) isTrue(t *testing.T) {
	t.Helper()

	if o.of.Effect == operation.Create {
		count := 0
		for _, found := range append(o.section(t, sectionOf(o.of.On.Product)), o.backups(t)...) {
			if found["name"] == cutName {
				count++
			}
		}

		if count != 1 {
			t.Errorf("%s: upstream has %d, want one", o.of.Name, count)
		}
	}

	sent := 0
	path := strings.NewReplacer("{id}", o.made.Of(o.of), "{backup_id}", o.made.Backup).Replace(o.of.Upstream.Path)

	for _, entry := range o.Journal(t) {
		if entry.Method == o.of.Upstream.Method && entry.Path == path && entry.Method != http.MethodGet {
			sent++
		}
	}

	if strings.Contains(path, o.made.Of(o.of)) && o.made.Of(o.of) != "" && o.of.Effect != operation.Create &&
		(sent < 1 || sent > 2) {
		t.Errorf("%s: %d calls reached upstream, want one or two", o.of.Name, sent)
	}
}
