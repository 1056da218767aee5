package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "github.com/mattn/go-sqlite3" // the driver of SQLite

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/seal"
)

func encodeToken(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// Fill describes a database to be filled. All fields are required.
type Fill struct {
	URL      string // sqlite://PATH or postgres://...; new
	Keyset   *seal.Keyset
	Issuer   string
	Accounts iter.Seq[Account]
}

func (f Fill) postgres() bool { return strings.HasPrefix(f.URL, "postgres") }

// table is one that is filled row by row.
type table struct {
	name    string
	columns []string
	rows    iter.Seq2[[]any, error]
}

// Run makes the schema, seals a key for each account, and adds what accounts leave in a year: each has a session, two
// used tokens and four audit events; one in ten has a key left behind, one in four a create of today.
func (f Fill) Run(ctx context.Context) error {
	made, err := db.Open(ctx, db.Options{URL: f.URL})
	if err != nil {
		return err
	}

	if err := made.Close(); err != nil {
		return err
	}

	database, err := f.open()
	if err != nil {
		return err
	}
	defer func() { _ = database.Close() }()

	indexes, err := dropIndexes(ctx, database, f.postgres())
	if err != nil {
		return fmt.Errorf("drop the indexes: %w", err)
	}

	ids := map[int]string{} // of those with a session that we know
	if err := f.load(ctx, database, f.connections(ids)); err != nil {
		return fmt.Errorf("fill connections: %w", err)
	}

	for _, statement := range statements(f.postgres()) {
		if _, err := database.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}

	if err := f.load(ctx, database, sessions(ids)); err != nil {
		return fmt.Errorf("fill sessions: %w", err)
	}

	for _, i := range indexes {
		if _, err := database.ExecContext(ctx, i.create); err != nil {
			return fmt.Errorf("%s: %w", i.create, err)
		}
	}

	return finish(ctx, database, f.postgres())
}

func (f Fill) open() (*sql.DB, error) {
	driver, source := "pgx", f.URL
	if !f.postgres() {
		driver = "sqlite3"
		source = "file:" + strings.TrimPrefix(f.URL, "sqlite://") + "?_synchronous=OFF&_cache_size=-800000"
	}

	database, err := sql.Open(driver, source)
	if err == nil {
		database.SetMaxOpenConns(1)
	}

	return database, err
}

func (f Fill) connections(ids map[int]string) table {
	row := func(account Account) ([]any, error) {
		id := "con_" + rand.Text()
		if account.Session != "" {
			ids[account.N] = id
		}

		sealed, err := f.Keyset.Seal(
			[]byte(account.Key()), seal.Cell{Table: "connections", Row: id, Column: "sealed_key"},
		)
		at := time.Now().Add(-time.Duration(account.N%8_000_000) * time.Second).UnixMilli()

		return []any{
			id, f.Issuer, account.Subject(), account.Email(), "active",
			fmt.Sprintf("ACME_API_KEY_%d_%s", at, rand.Text()[:12]), sealed, at, at,
		}, err
	}

	return table{
		name: "connections",
		columns: []string{
			"id", "issuer", "subject", "email", "state", "key_name", "sealed_key", "connected_at", "created_at",
		},
		rows: func(yield func([]any, error) bool) {
			for account := range f.Accounts {
				if !yield(row(account)) {
					return
				}
			}
		},
	}
}

// sessions of which we know the cookies: they are fresh, so that none is written to while it is used.
func sessions(ids map[int]string) table {
	now := time.Now()
	idle, end := now.Add(2*time.Hour).UnixMilli(), now.Add(48*time.Hour).UnixMilli()

	return table{
		name:    "sessions",
		columns: []string{"token_hash", "connection_id", "created_at", "idle_until", "expires_at"},
		rows: func(yield func([]any, error) bool) {
			for n, id := range ids {
				hash := sha256.Sum256([]byte(Cookie(n)))
				row := []any{hash[:], id, now.UnixMilli(), idle, end}

				if !yield(row, nil) {
					return
				}
			}
		},
	}
}

func (f Fill) load(ctx context.Context, database *sql.DB, t table) error {
	if f.postgres() {
		return t.copy(ctx, database)
	}

	return t.insert(ctx, database)
}

func (t table) insert(ctx context.Context, database *sql.DB) error {
	tx, err := database.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after the commit: nothing

	//nolint:gosec // the names are ours
	insert, err := tx.PrepareContext(ctx, "INSERT INTO "+t.name+" ("+strings.Join(t.columns, ", ")+
		") VALUES (?"+strings.Repeat(", ?", len(t.columns)-1)+")")
	if err != nil {
		return err
	}

	for row, err := range t.rows {
		if err != nil {
			return err
		}

		if _, err := insert.ExecContext(ctx, row...); err != nil {
			return err
		}
	}

	return tx.Commit()
}

func (t table) copy(ctx context.Context, database *sql.DB) error {
	connection, err := database.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()

	next, stop := iter.Pull2(t.rows)
	defer stop()

	return connection.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{t.name}, t.columns,
			pgx.CopyFromFunc(func() ([]any, error) {
				row, err, more := next()
				if !more {
					return nil, nil // the end
				}

				return row, err
			}))

		return err
	})
}

// finish lets the database know its tables' sizes, and leaves no write-ahead log behind.
func finish(ctx context.Context, database *sql.DB, postgres bool) error {
	last := []string{"ANALYZE", "PRAGMA journal_mode = WAL", "PRAGMA wal_checkpoint(TRUNCATE)"}
	if postgres {
		last = []string{"VACUUM ANALYZE", "CHECKPOINT"}
	}

	for _, statement := range last {
		if _, err := database.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}

	return nil
}
