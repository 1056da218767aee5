package test

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/test/harness"
)

// Row R10 over HTTP: an account's calls from first login to second are the same on both databases.
//
// Threat model: R10.
func TestAPIBehavesTheSameOnBothDatabases(t *testing.T) {
	harness.OnBothDatabases(t, func(t *testing.T, options ...harness.Option) {
		t.Helper()
		p := harness.StartProduct(t, options...)
		const email = "both@example.com"
		page := p.FromPage(p.Login(t, p.TokenOf(t, email)))
		p.Do(t, "GET", "/readyz", nil, "").Is(t, 200)
		p.Do(t, "GET", "/api/v1/session", page, "").Is(t, 200)

		keyed := harness.Merged(page, map[string][]string{"Idempotency-Key": {"first"}})
		made := p.Do(t, "POST", harness.DatabasesPath, keyed, harness.CreateBody("both")).Is(t, 201)

		again := p.Do(t, "POST", harness.DatabasesPath, keyed, harness.CreateBody("both")).Is(t, 201)
		if again.Body != made.Body || again.Header.Get("Idempotent-Replayed") != "true" ||
			made.Header.Get("Idempotent-Replayed") != "" {
			t.Errorf("got %s, then %s; want the response replayed", made.Body, again.Body)
		}
		p.Do(t, "POST", harness.DatabasesPath, keyed, harness.CreateBody("other")).Is(t, 422)

		if got := len(p.Account(t, email).Databases); got != 1 {
			t.Errorf("upstream has %d databases, want 1", got)
		}

		p.Connect(t, email).Is(t, 200)

		if got := p.Mints(t); got != 1 {
			t.Errorf("got %d calls for a key, want 1: it is used again", got)
		}
		p.Do(t, "DELETE", "/api/v1/connection", page, "").Is(t, 200)
		p.Do(t, "GET", "/api/v1/session", page, "").Is(t, 401)

		if got := p.Connection(t, email); got.State != "disconnected" || len(got.LeftoverKeys) != 1 {
			t.Errorf("got %+v, want it disconnected and its key named", got)
		}
		later := map[string]any{"email": email, "claims": map[string]any{"iat": time.Now().Add(2 * time.Second).Unix()}}
		p.Do(t, "PUT", "/api/v1/connection", harness.Bearer(p.Token(t, later)), "").Is(t, 201)
		p.OneLiveKey(t, email, 2)

		var actions []string
		for _, event := range p.Events(t) {
			actions = append(actions, string(event.Action))
		}

		for _, want := range []string{"minted", "connected", "database_created", "disconnected"} {
			if !slices.Contains(actions, want) {
				t.Errorf("the audit log %v lacks %s", actions, want)
			}
		}
		want := map[string]int{"connections": 1, "mint_intents": 2, "sessions": 0, "creates": 1}
		rows := p.Rows(t)
		maps.DeleteFunc(rows, func(table string, _ int) bool { _, asked := want[table]; return !asked })

		if !maps.Equal(rows, want) {
			t.Errorf("got rows %v, want %v", rows, want)
		}
	})
}

// Two replicas on one Postgres are one server to its callers.
func TestReplicasActAsOne(t *testing.T) {
	p := harness.StartProduct(t, harness.WithPostgres(t))
	replicas := []*harness.Product{p, p.Replica(t)}
	const email, callers = "replicas@example.com", 30
	// atOnce calls the replicas in turn, concurrently, and counts the responses by status.
	atOnce := func(ask func(p *harness.Product, n int) (harness.Response, error)) map[int]int {
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
				statuses[got.Status]++
			})
		}
		group.Wait()

		return statuses
	}

	tokens := make([]string, callers)
	for n := range tokens {
		tokens[n] = p.TokenOf(t, email)
	}

	statuses := atOnce(func(p *harness.Product, n int) (harness.Response, error) {
		return p.Try(t.Context(), "PUT", "/api/v1/connection", harness.Bearer(tokens[n]), "")
	})
	if statuses[200]+statuses[201] != callers || statuses[201] > 1 || p.Mints(t) != 1 {
		t.Errorf("connecting at both: got %v and %d calls for a key, want one key for all", statuses, p.Mints(t))
	}
	p.OneLiveKey(t, email, 1)

	p.Fault(
		t,
		map[string]any{
			"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
			"do":    map[string]any{"delay_ms": 200},
		},
	)
	header := harness.Merged(harness.Bearer(tokens[0]), map[string][]string{"Idempotency-Key": {"once"}})

	statuses = atOnce(func(p *harness.Product, _ int) (harness.Response, error) {
		return p.Try(t.Context(), "POST", harness.DatabasesPath, header, harness.CreateBody("once"))
	})
	if statuses[201] == 0 || statuses[201]+statuses[409] != callers || len(p.Account(t, email).Databases) != 1 {
		t.Errorf("creating at both: got %v and %d databases, want one", statuses, len(p.Account(t, email).Databases))
	}

	for _, replica := range replicas {
		if got := replica.Do(
			t, "POST", harness.DatabasesPath, header, harness.CreateBody("once"),
		).Is(
			t, 201,
		); got.Header.Get(
			"Idempotent-Replayed",
		) != "true" {
			t.Error("a replica does not know of the create")
		}
	}

	if pools := p.App.Store().Pools(); len(pools) != 1 || pools["all"].OpenConnections == 0 ||
		pools["all"].MaxOpenConnections == 0 {
		t.Errorf("got pools %v, want the one, bounded and in use", pools)
	}
	page := p.FromPage(p.Login(t, p.TokenOf(t, email)))
	replicas[1].Do(t, "GET", "/api/v1/session", page, "").Is(t, 200)
	replicas[1].Do(t, "DELETE", "/api/v1/connection", page, "").Is(t, 200)
	p.Do(t, "GET", "/api/v1/session", page, "").Is(t, 401) // row R9: immediately, not only within 5 s
}
