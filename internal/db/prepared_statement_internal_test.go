package db

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/pgtest"
	"github.com/upstash-connect/bff/internal/session"
)

// seedSession creates an account with a session, and looks both up once, so that the statements are prepared.
func seedSession(t *testing.T, d *DB) (lookUp func() error) {
	t.Helper()
	ctx, account := t.Context(), aLogin().Account
	hash := sha256.Sum256([]byte("token"))

	connection, err := d.EnsureConnection(ctx, account, "con_1", time.Now())
	if err == nil {
		_, err = d.InsertSession(ctx, session.Session{
			TokenHash: hash, ConnectionID: connection.ID, IdleUntil: time.Now().Add(time.Hour),
			ExpiresAt: time.Now().Add(time.Hour),
		}, session.MaxActive)
	}
	lookUp = func() error {
		if _, err := d.FindConnection(ctx, account); err != nil {
			return err
		}
		_, err := d.FindSession(ctx, hash)

		return err
	}

	if err == nil {
		err = lookUp()
	}

	if err != nil {
		t.Fatal(err)
	}

	return lookUp
}

// A newer server changes the schema while our statements are prepared. Postgres rejects a plan whose result type
// changed; a retry prepares it again.
func TestPreparedStatementsSurviveAMigration(t *testing.T) {
	change := []string{
		"ALTER TABLE connections ADD COLUMN later TEXT NOT NULL DEFAULT 'x'",
		"ALTER TABLE sessions ADD COLUMN later TEXT NOT NULL DEFAULT 'x'",
	}
	run := func(t *testing.T, d *DB, statements []string) {
		t.Helper()
		lookUp := seedSession(t, d)

		for _, statement := range statements {
			if err := d.write.Exec(statement).Error; err != nil {
				t.Fatal(err)
			}

			if err := lookUp(); err != nil {
				t.Errorf("after %s: %v", statement, err)
			}
		}
	}
	t.Run("SQLite", func(t *testing.T) {
		d, _ := openSQLiteForTest(t)
		run(t, d, change)
	})
	t.Run("Postgres", func(t *testing.T) {
		d, _ := openPostgresForTest(t)
		run(t, d, append(change, "ALTER TABLE connections ALTER COLUMN issuer TYPE VARCHAR(300)"))
	})
}

// A pooler in transaction mode does not support prepared statements. The URL can disable them.
func TestPreparedStatementsCanBeSwitchedOff(t *testing.T) {
	for mode, prepares := range map[string]bool{"cache_statement": true, "exec": false, "simple_protocol": false} {
		t.Run(mode, func(t *testing.T) {
			address, err := url.Parse(pgtest.URL(t))
			if err != nil {
				t.Fatal(err)
			}
			address.RawQuery = url.Values{"default_query_exec_mode": {mode}}.Encode()

			d, err := Open(t.Context(), Options{URL: address.String()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Close() })
			d.reads.pool.SetMaxOpenConns(1) // so that the query below uses the same session

			if err := seedSession(t, d)(); err != nil {
				t.Fatal(err)
			}
			var prepared int

			err = d.reads.pool.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_prepared_statements "+
				"WHERE statement LIKE '%FROM sessions JOIN%'").Scan(&prepared)
			if err != nil || (prepared > 0) != prepares {
				t.Errorf("got %d prepared statements, %v, want some: %t", prepared, err, prepares)
			}
		})
	}
}

// A cancelled caller gets its own error, and the prepared statement stays usable for others.
func TestCancelledLookUpLeavesStatementsUsable(t *testing.T) {
	d, _ := openSQLiteForTest(t)
	lookUp := seedSession(t, d)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()

	_, err := d.FindConnection(cancelled, keys.Account{Issuer: "i", Subject: "s"})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}

	if err := lookUp(); err != nil {
		t.Error(err)
	}
}
