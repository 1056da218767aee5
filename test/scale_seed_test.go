package test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/seal"
)

// seedEmail is the e-mail of every seeded account. Their subjects identify them.
const seedEmail = "seeded@example.com"

func seedSubject(n int) string { return fmt.Sprintf("seed|%07d", n) }

// seedColumns are those of connections that seedRow fills.
var seedColumns = []string{
	"id",
	"issuer",
	"subject",
	"email",
	"state",
	"key_name",
	"sealed_key",
	"connected_at",
	"created_at",
}

// seedRow is one connected account. Its key opens, as every key in a real database does.
func seedRow(keyset *seal.Keyset, issuer string, n int) ([]any, error) {
	id := "con_" + rand.Text()
	sealed, err := keyset.Seal(
		[]byte("0123456789abcdef0123456789abcdef"), seal.Cell{Table: "connections", Row: id, Column: "sealed_key"},
	)
	at := time.Now().Add(-time.Duration(n%8_000_000) * time.Second).UnixMilli()

	return []any{
		id,
		issuer,
		seedSubject(n),
		seedEmail,
		"active",
		fmt.Sprintf("ACME_API_KEY_%d_%s", at, rand.Text()[:12]),
		sealed,
		at,
		at,
	}, err
}

// seed fills a new database with connected accounts and a year of their data: each has a session, two used tokens and
// four audit events; one in ten has a key left behind, one in four a create of today.
func seed(b *testing.B, address string, keyset *seal.Keyset, issuer string, subjects func(yield func(int) bool)) {
	b.Helper()
	start := time.Now()

	made, err := db.Open(b.Context(), db.Options{URL: address})
	if err != nil {
		b.Fatal(err)
	}

	if err := made.Close(); err != nil {
		b.Fatal(err)
	}
	postgres := strings.HasPrefix(address, "postgres")

	driver, source := "sqlite3", "file:"+strings.TrimPrefix(
		address,
		"sqlite://",
	)+"?_synchronous=OFF&_cache_size=-400000"
	if postgres {
		driver, source = "pgx", address
	}

	database, err := sql.Open(driver, source)
	if err != nil {
		b.Fatal(err)
	}

	defer func() { _ = database.Close() }()
	database.SetMaxOpenConns(1)

	rows := func(yield func([]any, error) bool) {
		for n := range subjects {
			if !yield(seedRow(keyset, issuer, n)) {
				return
			}
		}
	}
	if postgres {
		err = copyRows(b.Context(), database, rows)
	} else {
		err = insertRows(b.Context(), database, rows)
	}

	if err != nil {
		b.Fatal(err)
	}

	for _, statement := range seedStatements(postgres) {
		if _, err := database.ExecContext(b.Context(), statement); err != nil {
			b.Fatalf("%s: %v", statement, err)
		}
	}
	b.Logf("seeded in %s", time.Since(start).Round(time.Millisecond))
}

func insertRows(ctx context.Context, database *sql.DB, rows func(yield func([]any, error) bool)) error {
	tx, err := database.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after the commit: nothing

	insert, err := tx.PrepareContext(
		ctx,
		"INSERT INTO connections ("+strings.Join(
			seedColumns, ", ",
		)+") VALUES (?"+strings.Repeat(
			", ?", len(seedColumns)-1,
		)+")",
	)
	if err != nil {
		return err
	}

	for row, err := range rows {
		if err != nil {
			return err
		}

		if _, err := insert.ExecContext(ctx, row...); err != nil {
			return err
		}
	}

	return tx.Commit()
}

func copyRows(ctx context.Context, database *sql.DB, rows func(yield func([]any, error) bool)) error {
	connection, err := database.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()

	next, stop := iter.Pull2(rows)
	defer stop()

	return connection.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(
			ctx,
			pgx.Identifier{"connections"},
			seedColumns,
			pgx.CopyFromFunc(func() ([]any, error) {
				row, err, more := next()
				if !more {
					return nil, nil // the end
				}

				return row, err
			}),
		)

		return err
	})
}

// seedStatements fill the other tables from connections.
func seedStatements(postgres bool) []string {
	now := time.Now().UnixMilli()
	id, blob, draw := "lower(hex(randomblob(13)))", "randomblob(32)", "abs(random() %% %d)"

	ready := []string{"ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"}
	if postgres {
		id, blob, draw = "md5(random()::text)", "sha256(random()::text::bytea)", "floor(random() * %d)::bigint"
		ready = []string{"VACUUM ANALYZE"}
	}
	hours := func(most int) string { return fmt.Sprintf("%d + "+draw, now+3_600_000, most*3_600_000) }
	intent := func(state, suffix, where string) string {
		return "INSERT INTO mint_intents (id, connection_id, name, state, fence, created_at) SELECT 'int_' || " + id + ", id, key_name || '" + suffix + "', '" +
			state + "', 1, created_at FROM connections WHERE " + where
	}
	session := "INSERT INTO sessions (token_hash, connection_id, created_at, idle_until, expires_at) SELECT " + blob + ", id, created_at, " +
		hours(
			1,
		) + ", " + fmt.Sprint(
		now+8*3_600_000,
	) + " + " + fmt.Sprintf(
		draw, 40*3_600_000,
	) + " FROM connections"
	token := "INSERT INTO used_tokens (connection_id, digest, expires_at) SELECT id, " + blob + ", " + hours(
		24,
	) + " FROM connections"
	event := func(action string) string {
		return "INSERT INTO audit_events (at, action, connection_id, detail) SELECT created_at, '" + action + "', id, key_name FROM connections"
	}
	create := "INSERT INTO creates (id, connection_id, key_hash, fingerprint, name, primary_region, state, database_id, sealed_answer, lease_until, created_at, expires_at)" +
		" SELECT 'cre_' || " + id + ", id, " + blob + ", " + blob + ", 'orders', 'us-east-1', 'done', " + id + ", sealed_key, 0, " + fmt.Sprint(
		now,
	) + ", " + hours(
		23,
	) +
		" FROM connections WHERE " + fmt.Sprintf(
		draw,
		4,
	) + " = 0"

	return append([]string{
		intent("live", "", "true"), intent("left_behind", "_OLD", fmt.Sprintf(draw, 10)+" = 0"), session, token, token,
		event("minted"), event("connected"), event("connected"), event("connected"), create,
	}, ready...)
}
