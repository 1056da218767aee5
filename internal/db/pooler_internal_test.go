package db

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/pgtest"
)

// On a direct connection, statements are prepared and the session has our timeouts. Behind a pooler, in either mode,
// the session has no settings of ours, but each transaction has our timeouts.
func TestPoolersAreDetected(t *testing.T) {
	for mode, pooled := range map[string]bool{"": false, "session": true, "transaction": true} {
		t.Run("mode "+mode, func(t *testing.T) {
			direct := pgtest.URL(t)

			address := direct
			if mode != "" {
				address = pgtest.NewPooler(t, direct, mode).URL()
			}
			var log strings.Builder

			d, err := Open(t.Context(), Options{URL: address, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Close() })
			d.reads.pool.SetMaxOpenConns(1) // so that the query below uses the same session

			if err := seedSession(t, d)(); err != nil {
				t.Fatal(err)
			}

			found, logged := d.pooler.detected.Load(), strings.Contains(log.String(), "connection pooler detected")
			if found != pooled || logged != pooled {
				t.Errorf("got pooled %t, logged %t, want %t", found, logged, pooled)
			}

			var prepared int
			if err := d.reads.pool.QueryRowContext(
				t.Context(), "SELECT count(*) FROM pg_prepared_statements",
			).Scan(&prepared); err != nil || (prepared > 0) == pooled {
				t.Errorf("got %d prepared statements, %v, want some: %t", prepared, err, !pooled)
			}

			lockTimeout := func(tx *gorm.DB) (value string) {
				if err := tx.Raw("SELECT current_setting('lock_timeout')").Scan(&value).Error; err != nil {
					t.Error(err)
				}

				return value
			}
			if got := lockTimeout(d.read.WithContext(t.Context())); (got == "8s") == pooled {
				t.Errorf("got lock_timeout %s in the session, want ours: %t", got, !pooled)
			}

			err = d.inTransaction(t.Context(), func(tx *gorm.DB) error {
				if got := lockTimeout(tx); got != "8s" {
					t.Errorf("got lock_timeout %s in a transaction, want 8s", got)
				}

				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// Servers that start at once behind a pooler migrate one after another, also with a directly connected server.
func TestMigrationsAreSerializedBehindAPooler(t *testing.T) {
	direct := pgtest.URL(t)
	pooler := pgtest.NewPooler(t, direct, "transaction")

	errs := make(chan error)
	for n := range 6 {
		address := pooler.URL()
		if n == 0 {
			address = direct
		}

		go func() {
			database, err := Open(t.Context(), Options{URL: address})
			if err == nil {
				err = database.Close()
			}
			errs <- err
		}()
	}

	for range 6 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// A starting server waits while another one migrates.
func TestMigrationLockIsWaitedFor(t *testing.T) {
	d, _ := openPostgresForTest(t)

	lockTx, err := lockMigration(t.Context(), d.writes.pool)
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error)

	go func() {
		next, err := lockMigration(t.Context(), d.writes.pool)
		if err == nil {
			err = next.Rollback()
		}
		second <- err
	}()

	select {
	case err := <-second:
		t.Errorf("the lock was taken twice: %v", err)
	case <-time.After(2 * lockPollInterval):
	}

	if err := lockTx.Commit(); err != nil {
		t.Error(err)
	}

	if err := <-second; err != nil {
		t.Error(err)
	}
}

// Every error of a database or its driver is reported as unavailable; an error that our own code derives is not.
func TestEveryDatabaseErrorIsUnavailable(t *testing.T) {
	for _, code := range []string{"42P05", "26000", "42P01", "42501", "57014", "22021", "23514", "P0001", "3D000", "XX000"} {
		if err := asUnavailable(fmt.Errorf("find: %w", &pgconn.PgError{Code: code})); !isUnavailable(err) {
			t.Errorf("%s: got %v, want UnavailableError", code, err)
		}
	}

	d, _ := openSQLiteForTest(t)
	_, violation := d.writes.pool.ExecContext(t.Context(), "INSERT INTO connections (id) VALUES (NULL)")
	_, missing := d.writes.pool.ExecContext(t.Context(), "SELECT 1 FROM no_such_table")

	if violation == nil || missing == nil {
		t.Fatalf("got %v and %v, want errors of SQLite", violation, missing)
	}

	for _, cause := range []error{
		violation, missing, gorm.ErrDuplicatedKey, errors.New("sql: database is closed"), asDriverError(errors.New("cannot find type")),
	} {
		if err := asUnavailable(fmt.Errorf("find: %w", cause)); !isUnavailable(err) || !errors.Is(err, cause) {
			t.Errorf("%v: got %v, want UnavailableError of it", cause, err)
		}
	}

	for _, cause := range []error{nil, keys.ErrNotFound, keys.ErrLeaseHeld, gorm.ErrRecordNotFound, t.Context().Err()} {
		if err := asUnavailable(cause); isUnavailable(err) {
			t.Errorf("%v: got %v, want it unchanged", cause, err)
		}
	}
}

func isUnavailable(err error) bool {
	var unavailable *UnavailableError
	return errors.As(err, &unavailable)
}

// Failures affect readiness for a while, unless many more calls succeed. Errors that one caller alone can cause do not
// count.
func TestRecentFailuresAffectReadiness(t *testing.T) {
	at := time.Now()
	h := &health{now: func() time.Time { return at }}
	failure := func(code string) error { return &UnavailableError{Cause: &pgconn.PgError{Code: code}} }

	for _, code := range []string{"40001", "40P01", "55P03", "22021", "57P01"} {
		_ = h.observe(failure(code))
	}

	if err := h.readinessError(); err != nil {
		t.Errorf("after contention: got %v, want ready", err)
	}
	_ = h.observe(failure("42501"))

	if err := h.readinessError(); !isUnavailable(err) {
		t.Errorf("after a failure: got %v, want UnavailableError", err)
	}
	at = at.Add(failureWindow + time.Millisecond)

	if err := h.readinessError(); err != nil {
		t.Errorf("later: got %v, want ready", err)
	}
	_ = h.observe(failure("42501"))

	for range failureShare {
		_ = h.observe(nil)
	}

	if err := h.readinessError(); err != nil {
		t.Errorf("one of many: got %v, want ready", err)
	}
}
