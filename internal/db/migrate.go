package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

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

// advisoryLock waits in the server for its turn, so that the next begins at once. It lasts as long as the connection
// (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS).
type advisoryLock struct{}

func (advisoryLock) SessionLock(ctx context.Context, connection *sql.Conn) error {
	_, err := connection.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock))
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
