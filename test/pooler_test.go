package test

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/pgtest"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/test/harness"
)

func at(address string) harness.Option {
	return harness.WithConfig(func(c *config.Config) { c.DatabaseURL = secret.New(address) })
}

// connectAtOnce connects different accounts concurrently and counts the responses by status.
func connectAtOnce(t *testing.T, p *harness.Product, accounts int) map[int]int {
	t.Helper()

	tokens := make([]string, accounts)
	for n := range tokens {
		tokens[n] = p.TokenOf(t, fmt.Sprintf("pooled-%d@example.com", n))
	}

	var (
		group    sync.WaitGroup
		mu       sync.Mutex
		statuses = map[int]int{}
	)
	for _, token := range tokens {
		group.Go(func() {
			got, err := p.Try(t.Context(), "PUT", "/api/v1/connection", harness.Bearer(token), "")
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

// A PgBouncer with its own defaults, in each of the two modes that people use: the schema is created through it, all
// accounts that connect concurrently succeed, and the audit log is complete.
func TestPoolersServeAccountsConcurrently(t *testing.T) {
	for _, mode := range []string{"transaction", "session"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()

			const accounts = 8
			direct := pgtest.URL(t)
			p := harness.StartProduct(t, at(pgtest.NewPooler(t, direct, mode).URL()))

			if got := connectAtOnce(t, p, accounts); got[201] != accounts {
				t.Errorf("got %v, want %d times 201", got, accounts)
			}
			p.Do(t, "GET", "/readyz", nil, "").Is(t, 200)

			written := map[keys.Action]int{}
			for _, event := range p.Events(t) {
				written[event.Action]++
			}

			if written[keys.ActionMinted] != accounts || written[keys.ActionConnected] != accounts {
				t.Errorf("got events %v, want %d minted and connected", written, accounts)
			}

			if !strings.Contains(p.Log.String(), "connection pooler detected") {
				t.Error("the log does not say that there is a pooler")
			}

			var left int
			if err := openBeside(t, direct).QueryRow(
				"SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database " +
					"AND datname = current_database() WHERE locktype = 'advisory'",
			).Scan(&left); err != nil || left != 0 {
				t.Errorf("got %d locks, %v, want none left in the pooler's sessions", left, err)
			}
		})
	}
}

func openBeside(t *testing.T, address string) *sql.DB {
	t.Helper()

	database, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close() })

	return database
}

// roleOf makes its own role without privileges in a database, and returns the database's URL as that role uses it.
func roleOf(t *testing.T, address string) string {
	t.Helper()

	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	name := "role_of_" + strings.ToLower(strings.TrimPrefix(parsed.Path, "/"))
	execute(t, address, "CREATE ROLE "+name+" LOGIN PASSWORD 'of-the-role'")
	execute(t, address, "GRANT ALL ON SCHEMA public TO "+name)
	parsed.User = url.UserPassword(name, "of-the-role")

	return parsed.String()
}

func execute(t *testing.T, address, statement string) {
	t.Helper()

	if _, err := openBeside(t, address).ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// ready waits until the server reports that it is ready, or not ready.
func ready(t *testing.T, p *harness.Product, want int) {
	t.Helper()
	var got harness.Response

	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		if got = p.Do(t, "GET", "/readyz", nil, ""); got.Status == want {
			return
		}
	}
	t.Errorf("/readyz returns %d, %s; want %d", got.Status, got.Body, want)
}

// failing is a server whose storage can be broken. It connects through a pooler, with its own role.
type failing struct {
	*harness.Product
	owner  string // the URL for anyone who may do everything
	name   string // of the database
	role   string
	pooler *pgtest.Pooler // nil: reached directly
}

func startFailing(t *testing.T, cluster *pgtest.Cluster, pooled bool) *failing {
	t.Helper()
	owner := cluster.Database(t)
	address := roleOf(t, owner) + "?statement_timeout=500"

	var pooler *pgtest.Pooler
	if pooled {
		pooler = pgtest.NewPooler(t, address, "transaction")
		address = pooler.URL()
	}
	parsed, _ := url.Parse(address)

	return &failing{
		Product: harness.StartProduct(t, at(address)), owner: owner, pooler: pooler,
		name: strings.TrimPrefix(parsed.Path, "/"), role: parsed.User.Username(),
	}
}

// Whatever happens to the storage, a caller gets storage_unavailable, never an internal error; and
// the server, which cannot serve, reports that it is not ready.
func TestStorageFailureIsReportedAndReadinessFollows(t *testing.T) {
	cluster := pgtest.New(t)

	ways := map[string]struct {
		fail, mend func(t *testing.T, f *failing)
	}{
		"the pooler is gone": {
			func(t *testing.T, f *failing) { t.Helper(); f.pooler.Stop() },
			func(t *testing.T, f *failing) {
				t.Helper()

				if err := f.pooler.Start(); err != nil {
					t.Fatal(err)
				}
			},
		},
		"the database has another name": {func(t *testing.T, f *failing) {
			t.Helper()
			elsewhere := cluster.URL()
			execute(t, elsewhere, fmt.Sprintf(`ALTER DATABASE "%s" ALLOW_CONNECTIONS false`, f.name))
			execute(t, elsewhere, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '"+f.name+"'")
			execute(t, elsewhere, fmt.Sprintf(`ALTER DATABASE "%s" RENAME TO "%s_away"`, f.name, f.name))
		}, nil},
		"a privilege was taken": {func(t *testing.T, f *failing) {
			t.Helper()
			execute(t, f.owner, fmt.Sprintf("REVOKE INSERT ON connections FROM %s", f.role))
		}, func(t *testing.T, f *failing) {
			t.Helper()
			execute(t, f.owner, fmt.Sprintf("GRANT INSERT ON connections TO %s", f.role))
		}},
		"a statement takes too long": {func(t *testing.T, f *failing) {
			t.Helper()
			execute(t, f.owner, "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "+
				"'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'")
			execute(t, f.owner, "CREATE TRIGGER slow BEFORE INSERT ON connections FOR EACH ROW EXECUTE FUNCTION slow()")
		}, nil},
		"the audit log takes nothing": {func(t *testing.T, f *failing) {
			t.Helper()
			execute(t, f.owner, "ALTER TABLE audit_events ADD CONSTRAINT none CHECK (id < 0) NOT VALID")
		}, nil},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			// A pooler would let the server wait for an unavailable database until the server's timeout.
			f := startFailing(t, cluster, name != "the database has another name")
			known := harness.Bearer(f.TokenOf(t, "known@example.com"))
			f.Do(t, "PUT", "/api/v1/connection", known, "").Is(t, 201)
			ready(t, f.Product, 200)
			way.fail(t, f)

			header := harness.Bearer(f.TokenOf(t, "new@example.com"))
			if name == "the audit log takes nothing" {
				header = known // a new key would be retained until it is stored
			}
			f.Do(t, "PUT", "/api/v1/connection", header, "").IsProblem(t, 503, "storage_unavailable")
			ready(t, f.Product, 503)

			if way.mend == nil {
				return
			}
			way.mend(t, f)
			ready(t, f.Product, 200)
			f.Do(t, "PUT", "/api/v1/connection", header, "").Is(t, 201)
		})
	}
}

// Prepared statements behind a pooler without support for them are a storage error.
func TestPreparedStatementConflictIsAStorageError(t *testing.T) {
	pooler := pgtest.NewPooler(t, pgtest.URL(t), "transaction")
	first := harness.StartProduct(t, at(pooler.URL()))
	first.Stop()

	p := harness.StartProduct(t, at(pooler.URL()+"?default_query_exec_mode=cache_statement"))
	for status, times := range connectAtOnce(t, p, 8) {
		if status != 201 && status != 503 {
			t.Errorf("got %d, %d times, want 503 at worst", status, times)
		}
	}
}
