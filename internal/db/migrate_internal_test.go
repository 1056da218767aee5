package db

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/pgtest"
)

// Replicas that start at once on an empty database migrate one after another. All serve, and each migration runs once.
func TestReplicasThatStartTogetherMigrateOnce(t *testing.T) {
	address := pgtest.URL(t)

	config, err := postgresConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	pool := openPool(config, newPooler(config, address, Options{}))
	t.Cleanup(func() { _ = pool.Close() })

	holder, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = holder.Close() }()

	if err := (advisoryLock{}).SessionLock(t.Context(), holder); err != nil {
		t.Fatal(err)
	}

	const replicas = 8
	opened := make([]*DB, replicas)
	errs := make([]error, replicas)

	var group sync.WaitGroup
	for n := range replicas {
		group.Go(func() { opened[n], errs[n] = Open(t.Context(), Options{URL: address, Exclusive: true}) })
	}
	count := func(query string) (n int) {
		t.Helper()

		if err := holder.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}

		return n
	}

	const locks = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database AND datname = current_database() WHERE locktype = 'advisory'"

	for limit := time.Now().Add(30 * time.Second); count(lockRequests) < replicas; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("not every replica waits for the lock")
		}
	}

	// goose creates its own table before it takes the lock.
	if got := count(
		"SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'goose_db_version'",
	); got != 0 {
		t.Errorf("%d tables were created by a replica without the lock", got)
	}

	if err := (advisoryLock{}).SessionUnlock(t.Context(), holder); err != nil {
		t.Fatal(err)
	}
	group.Wait()

	for n, err := range errs {
		if err != nil {
			t.Errorf("replica %d: %v", n, err)
			continue
		}

		account := keys.Account{Issuer: "https://issuer.example/", Subject: fmt.Sprint(n)}
		if _, err := opened[n].EnsureConnection(t.Context(), account, fmt.Sprint("con_", n), time.Now()); err != nil {
			t.Error(err)
		}

		if err := opened[n].Close(); err != nil {
			t.Error(err)
		}
	}
	runs := count("SELECT count(*) FROM goose_db_version WHERE version_id > 0")

	versions := count("SELECT count(DISTINCT version_id) FROM goose_db_version WHERE version_id > 0")
	if left := count(locks); runs == 0 || runs != versions || left != 0 {
		t.Errorf("got %d runs of %d migrations and %d locks left, want one run of each and none", runs, versions, left)
	}
}

// lockRequests counts the sessions whose last statement tried to take the migration lock.
const lockRequests = "SELECT count(*) FROM pg_stat_activity " +
	"WHERE datname = current_database() AND query LIKE 'SELECT pg_%advisory_lock(%'"

// An audit log may have millions of events. While a starting server builds an index on it, running servers write
// events, and other starting servers wait without blocking the build. An invalid index of a killed server is dropped.
func TestAuditIndexIsBuiltWithoutBlockingWriters(t *testing.T) {
	d, address := openPostgresForTest(t)
	event := keys.Event{At: time.Now(), Action: keys.ActionMinted, Detail: "same"}

	downTo(t, d, 12)
	execute(t, d, "INSERT INTO audit_events (at, action, connection_id, detail) VALUES (1, 'x', '', ''), (2, 'x', '', '')")

	const broken = "CREATE UNIQUE INDEX CONCURRENTLY audit_events_fold ON audit_events (action)"
	if err := d.write.Exec(broken).Error; err == nil {
		t.Fatal("no invalid index was left: this test would show nothing")
	}

	writer := d.write.Begin()
	defer writer.Rollback()

	if err := insertEvents(writer, []keys.Event{event}); err != nil { // the index build must wait for this transaction
		t.Fatal(err)
	}

	const replicas = 2
	errs := make(chan error, replicas)

	for range replicas {
		go func() {
			next, err := Open(t.Context(), Options{URL: address})
			if err == nil {
				err = next.Close()
			}
			errs <- err
		}()
	}
	await(t, d, 1, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "+
		"AND query LIKE '%INDEX%audit_events_fold%' AND wait_event_type = 'Lock'")
	await(t, d, replicas-1, lockRequests)

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()

	if err := d.Record(ctx, event); err != nil {
		t.Errorf("an event during the build: %v", err)
	}

	if err := writer.Commit().Error; err != nil {
		t.Fatal(err)
	}

	for range replicas {
		if err := <-errs; err != nil {
			t.Errorf("a server that starts: %v", err)
		}
	}
	await(t, d, 1, "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('audit_events_fold') "+
		"AND indisvalid AND NOT indisunique")
}

// await waits until a counting query returns at least want.
func await(t *testing.T, d *DB, want int, query string) {
	t.Helper()

	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		var got int
		if err := d.read.Raw(query).Scan(&got).Error; err != nil {
			t.Fatal(err)
		}

		if got >= want {
			return
		}

		if time.Now().After(limit) {
			t.Fatalf("got %d, want %d: %s", got, want, query)
		}
	}
}

func downTo(t *testing.T, d *DB, version int64) {
	t.Helper()

	if _, err := migrator(t, d).DownTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
}

// migrator returns the provider that migrates the database.
func migrator(t *testing.T, d *DB) *goose.Provider {
	t.Helper()

	dialect, name := goose.DialectPostgres, "postgres"
	if d.file {
		dialect, name = goose.DialectSQLite3, "sqlite"
	}

	pool, err := d.write.DB()
	if err != nil {
		t.Fatal(err)
	}

	folder, err := fs.Sub(migrations, "migrations/"+name)
	if err != nil {
		t.Fatal(err)
	}

	provider, err := goose.NewProvider(dialect, pool, folder)
	if err != nil {
		t.Fatal(err)
	}

	return provider
}

// A session of a version that did not store the time of the login survives the upgrade, and its login is never recent.
// An older server that is still running can start sessions after the upgrade.
func TestSessionsOfOlderVersionsHaveNoLogin(t *testing.T) {
	open := map[string]func(*testing.T) (*DB, string){"SQLite": openSQLiteForTest, "Postgres": openPostgresForTest}
	for name, open := range open {
		t.Run(name, func(t *testing.T) {
			d, _ := open(t)
			at := time.Now()
			account := keys.Account{Issuer: "https://issuer.example/", Subject: "someone"}

			if _, err := d.EnsureConnection(t.Context(), account, "con_1", at); err != nil {
				t.Fatal(err)
			}
			insert := func(hash [sha256.Size]byte) {
				end := millis(at.Add(time.Hour))
				execute(t, d, "INSERT INTO sessions (connection_id, token_hash, created_at, idle_until, expires_at) "+
					"VALUES ('con_1', ?, ?, ?, ?)", hash[:], millis(at), end, end)
			}
			before, after := sha256.Sum256([]byte("before")), sha256.Sum256([]byte("after"))

			downTo(t, d, 13)
			insert(before)

			if _, err := migrator(t, d).Up(t.Context()); err != nil {
				t.Fatal(err)
			}
			insert(after)

			for _, hash := range [][sha256.Size]byte{before, after} {
				found, err := d.FindSession(t.Context(), hash)
				if err != nil || !found.AuthenticatedAt.IsZero() || found.CreatedAt.UnixMilli() != millis(at) {
					t.Errorf("got %+v, %v, want the session without the time of a login", found, err)
				}
			}
		})
	}
}

// The migrations run down and up again, so an upgrade can be reverted.
func TestMigrationsGoDownAndUpAgain(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		database, _ := openSQLiteForTest(t)
		testMigrationsGoDownAndUp(t, database)
	})
	t.Run("Postgres", func(t *testing.T) {
		database, _ := openPostgresForTest(t)
		testMigrationsGoDownAndUp(t, database)
	})
}

func testMigrationsGoDownAndUp(t *testing.T, d *DB) {
	t.Helper()
	exerciseAll(t, d, "someone") // there are rows

	provider := migrator(t, d)

	for _, version := range []int64{6, 0} {
		if _, err := provider.DownTo(t.Context(), version); err != nil {
			t.Fatalf("down to %d: %v", version, err)
		}

		if _, err := provider.Up(t.Context()); err != nil {
			t.Fatalf("up from %d: %v", version, err)
		}
	}

	if d.file {
		if err := d.check(t.Context()); err != nil {
			t.Error(err)
		}
	}
	exerciseAll(t, d, "someone")
}
