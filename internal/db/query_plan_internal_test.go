package db

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
)

// With a million accounts, no query of a server may scan a complete table. The query plan must use an index. A query
// with LIMIT may scan an index from one end, and a counting query may scan a complete index.
func TestEveryQueryUsesAnIndex(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		d, _ := openSQLiteForTest(t)
		var seen statements
		seen.watch(t, d)
		exerciseAll(t, d, "someone")

		// A starting server does this.
		if err := errors.Join(d.releaseMintLeases(t.Context()), d.releaseCreateLeases(t.Context())); err != nil {
			t.Fatal(err)
		}
		seen.explain(t, d, "EXPLAIN QUERY PLAN ", func(statement, step string) bool {
			table, found := strings.CutPrefix(step, "SCAN ")
			byIndex := strings.Contains(table, " USING ") &&
				(strings.Contains(statement, "LIMIT") || strings.Contains(statement, "count("))

			return found && growsWithAccounts(table) && !byIndex
		})
	})
	t.Run("Postgres", func(t *testing.T) {
		d, _ := openPostgresForTest(t)
		var seen statements
		seen.watch(t, d)
		exerciseAll(t, d, "someone")
		seen.explain(t, d, "EXPLAIN (FORMAT TEXT) ", func(_, step string) bool {
			_, table, found := strings.Cut(step, "Seq Scan on ")
			return found && growsWithAccounts(table)
		})
	})
}

// growsWithAccounts reports whether a table of a plan's step grows with the number of accounts.
func growsWithAccounts(step string) bool {
	table, _, _ := strings.Cut(step, " ")
	switch table {
	case "connections", "mint_intents", "used_tokens", "sessions", "creates", "audit_events", "limits",
		"grants", "grant_databases", "connect_sessions", "service_tokens", "outbox":
		return true
	}

	return false
}

// explain plans every recorded statement, and fails the test when a step of a plan is wrong. Postgres prefers to scan
// small tables, unless enable_seqscan makes that expensive.
func (s *statements) explain(t *testing.T, d *DB, explain string, wrong func(statement, step string) bool) {
	t.Helper()

	pool, err := d.write.DB()
	if err != nil {
		t.Fatal(err)
	}

	connection, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = connection.Close() }()

	if !d.file {
		if _, err := connection.ExecContext(t.Context(), "SET enable_seqscan = off"); err != nil {
			t.Fatal(err)
		}
	}

	explained := 0
	for n, statement := range s.sql {
		if statement == "" || strings.HasPrefix(statement, "PRAGMA") {
			continue
		}

		plan, err := planOf(t.Context(), connection, explain+statement, s.values[n])
		if err != nil {
			t.Errorf("%s: %v", statement, err)
		}

		for _, step := range plan {
			if wrong(statement, step) {
				t.Errorf("%s\nscans a complete table: %s", statement, step)
			}
		}
		explained++
	}

	if explained < 40 {
		t.Errorf("only %d statements were explained", explained)
	}
}

// planOf reads the last column of a plan: SQLite's step, and Postgres's only column.
func planOf(ctx context.Context, connection *sql.Conn, statement string, values []any) (steps []string, err error) {
	rows, err := connection.QueryContext(ctx, statement, values...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()

	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}

	into := make([]any, len(columns))
	for n := range into {
		into[n] = new(any)
	}
	var step string

	into[len(into)-1] = &step
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}

	return steps, rows.Err()
}
