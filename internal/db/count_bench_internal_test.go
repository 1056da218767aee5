package db

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/session"
)

// BenchmarkCount measures what a metrics scrape reads. It must not grow with the number of accounts.
func BenchmarkCount(b *testing.B) {
	for _, accounts := range []int{1000, 300_000} {
		b.Run(fmt.Sprint(accounts), func(b *testing.B) {
			onBoth(b, func(b *testing.B, d *DB) {
				b.Helper()
				seedAccounts(b, d, accounts)
				each(b, func(ctx context.Context) error {
					counts, err := d.Count(ctx)
					if counts.Sessions != int64(accounts) {
						b.Fatal(counts)
					}

					return err
				})
			})
		})
	}
}

func seedAccounts(b *testing.B, d *DB, accounts int) {
	b.Helper()

	for _, statement := range []string{
		"INSERT INTO connections (id, issuer, subject, state, created_at) " +
			"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?) " +
			"SELECT 'con_' || n, 'i', 's' || n, 'active', 0 FROM n",
		"INSERT INTO sessions (token_hash, connection_id, created_at, idle_until, expires_at) " +
			"SELECT CAST(id AS " + map[bool]string{true: "BLOB", false: "BYTEA"}[d.file] + "), id, 0, ?, 9000000000000 " +
			"FROM connections",
	} {
		value := int64(accounts)
		if statement[12] == 's' {
			value = 9_000_000_000_000
		}

		if err := d.write.Exec(statement, value).Error; err != nil {
			b.Fatal(err)
		}
	}

	if d.file {
		return
	}

	if err := d.write.Exec("VACUUM ANALYZE").Error; err != nil { // as autovacuum does after this many inserts
		b.Fatal(err)
	}
}

// BenchmarkInsertSession includes the cost of the counting triggers for writers.
func BenchmarkInsertSession(b *testing.B) {
	onBoth(b, func(b *testing.B, d *DB) {
		b.Helper()
		seedConnection(b, d)
		n := 0
		each(b, func(ctx context.Context) error {
			n++

			_, err := d.InsertSession(ctx, session.Session{
				TokenHash: sha256.Sum256(fmt.Append(nil, n)), ConnectionID: "con_bench", CreatedAt: time.Now(),
				IdleUntil: time.Now().Add(time.Hour), ExpiresAt: time.Now().Add(time.Hour),
			}, session.MaxActive)

			return err
		})
	})
}
