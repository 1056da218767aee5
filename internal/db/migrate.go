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

// migrate brings the schema up to date. A schema newer than this program is left alone.
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

// migrationLock is the number under which servers that start at the same time take turns.
const migrationLock = 0x6266_66_6d6967 // "bff mig"

// lockPollInterval is how often a server that starts asks for its turn to migrate. One that waited inside the server would
// hold a snapshot there, and an index that another builds beside the writers (CREATE INDEX CONCURRENTLY) waits for all
// of those: for ever, since it has the lock. Behind a pooler it would keep a session, of which there may be few.
const lockPollInterval = 200 * time.Millisecond

// advisoryLock is of a session, and lasts as long as its connection
// (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS). The migrations run in the same one.
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

// awaitLock asks for a turn until it is given, for migrationLockTimeout at most.
func awaitLock(ctx context.Context, ask func(context.Context) (held bool, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, migrationLockTimeout)
	defer cancel()

	for {
		held, err := ask(ctx)
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

// dropUnfinished drops an index that a server began to build beside the writers, and did not live to finish. It is kept
// up by each of them and of use to nobody, and under its name no other can be built.
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
		err = errors.New("the lock of the migration was lost")
	}

	return err
}
