package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// migrate migrates the schema. It does not change a schema that is newer than this program.
func migrate(ctx context.Context, dialect goose.Dialect, pool *sql.DB, options ...goose.ProviderOption) error {
	name := "sqlite"
	if dialect == goose.DialectPostgres {
		name = "postgres"
	}

	folder, err := fs.Sub(migrations, "migrations/"+name)
	if err != nil {
		return err
	}

	provider, err := goose.NewProvider(
		dialect,
		pool,
		folder,
		append(options, goose.WithSlog(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}

	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}

	return nil
}

// migrationLock is the key of the advisory lock that serializes the migrations of servers that start at the same time.
const migrationLock = 0x6266_66_6d6967 // "bff mig"

// lockPollInterval is how often a starting server tries to take the migration lock. It polls, because a server that
// waited inside Postgres would hold a snapshot there. CREATE INDEX CONCURRENTLY of the server that holds the lock waits
// for all snapshots, so both would wait forever. Behind a pooler, waiting would also occupy a session, of which there
// may be few.
const lockPollInterval = 200 * time.Millisecond

// advisoryLock is a session-level lock, held while its connection
// (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS). The migrations run in the same
// session.
type advisoryLock struct{}

func (advisoryLock) SessionLock(ctx context.Context, connection *sql.Conn) error {
	err := awaitLock(ctx, func(ctx context.Context) (held bool, err error) {
		err = connection.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", int64(migrationLock)).Scan(&held)
		return held, err
	})
	if err != nil {
		return err
	}

	return dropInvalidIndex(ctx, connection)
}

// awaitLock tries to take the lock until it succeeds, for migrationLockTimeout at most.
func awaitLock(ctx context.Context, tryLock func(context.Context) (held bool, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, migrationLockTimeout)
	defer cancel()

	for {
		held, err := tryLock(ctx)
		if err != nil || held {
			return err
		}

		select {
		case <-ctx.Done():
			return fmt.Errorf("another server is migrating the database: %w", ctx.Err())
		case <-time.After(lockPollInterval):
		}
	}
}

const (
	findInvalidIndex    = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('audit_events_fold') AND NOT indisvalid"
	dropInvalidIndexSQL = "DROP INDEX CONCURRENTLY IF EXISTS audit_events_fold"
)

// dropInvalidIndex drops an index that a killed server did not finish building with CREATE INDEX CONCURRENTLY. Every
// writer maintains such an index, no query uses it, and its name blocks a new one.
func dropInvalidIndex(ctx context.Context, database interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
},
) error {
	var found int

	err := database.QueryRowContext(ctx, findInvalidIndex).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}

	if err == nil {
		_, err = database.ExecContext(ctx, dropInvalidIndexSQL)
	}

	return err
}

func (advisoryLock) SessionUnlock(ctx context.Context, connection *sql.Conn) error {
	var held bool

	err := connection.QueryRowContext(ctx, "SELECT pg_advisory_unlock($1)", int64(migrationLock)).Scan(&held)
	if err == nil && !held {
		err = errors.New("the migration lock was lost")
	}

	return err
}
