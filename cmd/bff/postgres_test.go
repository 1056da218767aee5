package main

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"
)

// Row R10 at the door: an account's way from its first log-in to its second, the same on both databases.
func TestR10TheDoorIsTheSameOnBothDatabases(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, options ...option) {
		t.Helper()
		p := startProduct(t, options...)
		const email = "both@example.com"
		page := p.fromPage(p.login(t, p.tokenOf(t, email)))
		p.do(t, "GET", "/readyz", nil, "").is(t, 200)
		p.do(t, "GET", "/api/v1/session", page, "").is(t, 200)

		keyed := merged(page, map[string][]string{"Idempotency-Key": {"first"}})
		made := p.do(t, "POST", databasesPath, keyed, createBody("both")).is(t, 201)
		again := p.do(t, "POST", databasesPath, keyed, createBody("both")).is(t, 201)
		if again.body != made.body || again.header.Get("Idempotent-Replayed") != "true" || made.header.Get("Idempotent-Replayed") != "" {
			t.Errorf("got %s, then %s; want the answer replayed", made.body, again.body)
		}
		p.do(t, "POST", databasesPath, keyed, createBody("other")).is(t, 422)
		if got := len(p.account(t, email).Databases); got != 1 {
			t.Errorf("upstream has %d databases, want 1", got)
		}

		p.connect(t, email).is(t, 200)
		if got := p.mints(t); got != 1 {
			t.Errorf("got %d calls for a key, want 1: it is used again", got)
		}
		p.do(t, "DELETE", "/api/v1/connection", page, "").is(t, 200)
		p.do(t, "GET", "/api/v1/session", page, "").is(t, 401)
		if got := p.connection(t, email); got.State != "disconnected" || len(got.LeftoverKeys) != 1 {
			t.Errorf("got %+v, want it disconnected and its key named", got)
		}
		later := map[string]any{"email": email, "claims": map[string]any{"iat": time.Now().Add(2 * time.Second).Unix()}}
		p.do(t, "PUT", "/api/v1/connection", bearer(p.token(t, later)), "").is(t, 201)
		p.oneLiveKey(t, email, 2)

		var actions []string
		for _, event := range p.events(t) {
			actions = append(actions, string(event.Action))
		}
		for _, want := range []string{"minted", "connected", "database_created", "disconnected"} {
			if !slices.Contains(actions, want) {
				t.Errorf("the audit log %v lacks %s", actions, want)
			}
		}
		want := map[string]int{"connections": 1, "mint_intents": 2, "sessions": 0, "creates": 1}
		rows := p.rows(t)
		maps.DeleteFunc(rows, func(table string, _ int) bool { _, asked := want[table]; return !asked })
		if !maps.Equal(rows, want) {
			t.Errorf("got rows %v, want %v", rows, want)
		}
	})
}

// Two replicas on one Postgres are one server to its callers.
func TestReplicasActAsOne(t *testing.T) {
	p := startProduct(t, withPostgres(t))
	replicas := []*product{p, p.replica(t)}
	const email, callers = "replicas@example.com", 30
	// atOnce asks the replicas in turn, all at the same time, and counts the answers by status.
	atOnce := func(ask func(p *product, n int) (answer, error)) map[int]int {
		var (
			group    sync.WaitGroup
			mu       sync.Mutex
			statuses = map[int]int{}
		)
		for n := range callers {
			group.Go(func() {
				got, err := ask(replicas[n%len(replicas)], n)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				statuses[got.status]++
			})
		}
		group.Wait()
		return statuses
	}

	tokens := make([]string, callers)
	for n := range tokens {
		tokens[n] = p.tokenOf(t, email)
	}
	statuses := atOnce(func(p *product, n int) (answer, error) {
		return p.try(t.Context(), "PUT", "/api/v1/connection", bearer(tokens[n]), "")
	})
	if statuses[200]+statuses[201] != callers || statuses[201] > 1 || p.mints(t) != 1 {
		t.Errorf("connecting at both: got %v and %d calls for a key, want one key for all", statuses, p.mints(t))
	}
	p.oneLiveKey(t, email, 1)

	p.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}, "do": map[string]any{"delay_ms": 200}})
	header := merged(bearer(tokens[0]), map[string][]string{"Idempotency-Key": {"once"}})
	statuses = atOnce(func(p *product, _ int) (answer, error) {
		return p.try(t.Context(), "POST", databasesPath, header, createBody("once"))
	})
	if statuses[201] == 0 || statuses[201]+statuses[409] != callers || len(p.account(t, email).Databases) != 1 {
		t.Errorf("creating at both: got %v and %d databases, want one", statuses, len(p.account(t, email).Databases))
	}
	for _, replica := range replicas {
		if got := replica.do(t, "POST", databasesPath, header, createBody("once")).is(t, 201); got.header.Get("Idempotent-Replayed") != "true" {
			t.Error("a replica does not know of the create")
		}
	}

	if pools := p.app.Store().Pools(); len(pools) != 1 || pools["all"].OpenConnections == 0 || pools["all"].MaxOpenConnections == 0 {
		t.Errorf("got pools %v, want the one, bounded and in use", pools)
	}
	page := p.fromPage(p.login(t, p.tokenOf(t, email)))
	replicas[1].do(t, "GET", "/api/v1/session", page, "").is(t, 200)
	replicas[1].do(t, "DELETE", "/api/v1/connection", page, "").is(t, 200)
	p.do(t, "GET", "/api/v1/session", page, "").is(t, 401) // row R9: at once, not only within 5 s
}
