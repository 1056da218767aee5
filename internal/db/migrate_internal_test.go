package db

import (
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/pgtest"
)

// Replicas that start at once on an empty database take turns: all serve, and each migration ran once.
func TestReplicasThatStartAtOnceMigrateOnce(t *testing.T) {
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
	faults := make([]error, replicas)

	var group sync.WaitGroup
	for n := range replicas {
		group.Go(func() { opened[n], faults[n] = Open(t.Context(), Options{URL: address, Exclusive: true}) })
	}
	count := func(query string) (n int) {
		t.Helper()

		if err := holder.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}

		return n
	}

	const locks = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database AND datname = current_database() WHERE locktype = 'advisory'"
	for limit := time.Now().Add(30 * time.Second); count(locks+" AND NOT granted") < replicas; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("not every replica waits for its turn")
		}
	}

	// goose makes its own before it asks
	if got := count(
		"SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'goose_db_version'",
	); got != 0 {
		t.Errorf("%d tables were made by a replica whose turn it was not", got)
	}

	if err := (advisoryLock{}).SessionUnlock(t.Context(), holder); err != nil {
		t.Fatal(err)
	}
	group.Wait()

	for n, err := range faults {
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

// The migrations go down and up again: an upgrade can be taken back.
func TestMigrationsGoDownAndUpAgain(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		database, _ := openAlone(t)
		testMigrationsGoDownAndUp(t, database, goose.DialectSQLite3, "sqlite")
	})
	t.Run("Postgres", func(t *testing.T) {
		database, _ := openPostgresAlone(t)
		testMigrationsGoDownAndUp(t, database, goose.DialectPostgres, "postgres")
	})
}

func testMigrationsGoDownAndUp(t *testing.T, d *DB, dialect goose.Dialect, name string) {
	t.Helper()
	useAll(t, d, "someone") // there are rows

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

	for _, version := range []int64{6, 0} {
		if _, err := provider.DownTo(t.Context(), version); err != nil {
			t.Fatalf("down to %d: %v", version, err)
		}

		if _, err := provider.Up(t.Context()); err != nil {
			t.Fatalf("up from %d: %v", version, err)
		}
	}

	if name == "sqlite" {
		if err := d.check(t.Context()); err != nil {
			t.Error(err)
		}
	}
	useAll(t, d, "someone")
}
