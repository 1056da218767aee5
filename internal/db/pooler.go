package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// execMode is the URL parameter that sets how statements are sent.
const execMode = "default_query_exec_mode"

// pooler detects a connection pooler, such as PgBouncer, between us and the server, and avoids what a pooler does not
// support.
//
// Behind a pooler, our connection is not a server session: the next statement may run in another session, and another
// client may get ours. So we leave nothing in a session: no prepared statement, no setting and no lock. Statements are
// unnamed, timeouts are set in each transaction, and locks belong to transactions. That works in every pool mode of
// PgBouncer. On a direct connection, statements are prepared once per connection.
//
// The backend process id in the server's first messages reveals a pooler (BackendKeyData,
// https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS). A pooler has to make up
// an id, by which it recognizes cancel requests, so the id is not that of the session that responds. Every new
// connection is checked, because the host name may resolve to another address later.
type pooler struct {
	timeouts       timeouts
	readOnly       bool // for direct sessions: the server then rejects writes
	modeConfigured bool // the URL sets how statements are sent
	logger         *slog.Logger

	detected atomic.Bool
}

// newPooler removes from the URL's configuration what must not be a start-up parameter.
func newPooler(config *pgx.ConnConfig, address string, options Options) *pooler {
	p := &pooler{
		timeouts: timeoutsOf(config), readOnly: options.ReadOnly, modeConfigured: hasExecMode(address),
		logger: options.Logger,
	}
	if p.logger == nil {
		p.logger = slog.New(slog.DiscardHandler)
	}

	// A URL that asks for unnamed statements implies a pooler, including one that cannot be detected.
	p.detected.Store(p.modeConfigured && config.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement)

	return p
}

// hooks returns the options that set up a pool's connections with these timeouts.
func (p *pooler) hooks(set timeouts) []stdlib.OptionOpenDB {
	return []stdlib.OptionOpenDB{
		stdlib.OptionBeforeConnect(func(_ context.Context, config *pgx.ConnConfig) error {
			if p.detected.Load() && !p.modeConfigured {
				config.DefaultQueryExecMode = pgx.QueryExecModeExec
			}

			return nil
		}),
		stdlib.OptionAfterConnect(func(ctx context.Context, connection *pgx.Conn) error {
			err := p.setUpSession(ctx, connection, set)
			if err != nil {
				_ = connection.Close(ctx) // the pool does not know the connection yet, so it would never close it
			}

			return err
		}),
	}
}

// setUpSession sets the timeouts of a direct session and detects a pooler, in one round trip. It returns
// driver.ErrBadConn for the first connection through a pooler: that one was opened to prepare statements, so the pool
// must open another.
func (p *pooler) setUpSession(ctx context.Context, connection *pgx.Conn, set timeouts) error {
	number := connection.PgConn().PID()

	results, err := connection.PgConn().Exec(ctx, p.setupQuery(number, set)).ReadAll()
	if err == nil && (len(results) != 1 || len(results[0].Rows) != 1) {
		err = errors.New("the server did not return its process id")
	}

	if err != nil {
		return err
	}

	if string(results[0].Rows[0][0]) == strconv.FormatUint(uint64(number), 10) {
		return nil
	}

	if !p.detected.Swap(true) {
		p.logger.InfoContext(ctx, "connection pooler detected; no state is kept in its sessions")
	}

	if !p.modeConfigured && connection.Config().DefaultQueryExecMode == pgx.QueryExecModeCacheStatement {
		return driver.ErrBadConn
	}

	return nil
}

// setupQuery sets nothing that would last in a pooler's session.
func (p *pooler) setupQuery(number uint32, set timeouts) string {
	const session = "pg_backend_pid()"

	wanted := maps.Clone(set)
	if p.readOnly {
		wanted["default_transaction_read_only"] = "on"
	}

	shared := fmt.Sprintf("%s <> %d", session, number)
	if p.detected.Load() {
		shared = "true"
	}

	parts := []string{session}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		parts = append(parts, fmt.Sprintf("set_config('%s', %s, %s)", name, literal(wanted[name]), shared))
	}

	return "SELECT " + strings.Join(parts, ", ")
}

// migrateThroughPooler migrates the schema through a pooler. The lock belongs to a transaction, which keeps its session
// until it ends; the migrations run in another session. A pooler with a single session cannot do that.
func migrateThroughPooler(ctx context.Context, pool *sql.DB, up func() error) (err error) {
	lockTx, err := lockMigration(ctx, pool)
	if err != nil {
		return err
	}

	defer func() {
		if lost := lockTx.Commit(); lost != nil {
			err = errors.Join(err, fmt.Errorf("the migration lock was lost: %w", lost))
		}
	}()

	return up()
}

// lockMigration returns the transaction that holds the lock. It is READ COMMITTED regardless of the role's default:
// that level keeps no snapshot between statements, for which a concurrent index build would wait.
func lockMigration(ctx context.Context, pool *sql.DB) (lockTx *sql.Tx, err error) {
	err = awaitLock(ctx, func(waitCtx context.Context) (held bool, err error) {
		// The transaction outlives the wait, so it does not use the wait's context.
		if lockTx, err = pool.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}); err != nil {
			return false, err
		}

		err = lockTx.QueryRowContext(waitCtx, "SELECT pg_try_advisory_xact_lock($1)", int64(migrationLock)).Scan(&held)
		if err == nil && held {
			// This comes last: until the next statement, the portal of the previous one keeps its snapshot.
			_, err = lockTx.ExecContext(waitCtx, "SET LOCAL idle_in_transaction_session_timeout = 0")
		}

		if err == nil && held {
			return true, nil
		}

		return false, errors.Join(err, lockTx.Rollback())
	})
	if err != nil {
		return nil, err
	}

	return lockTx, nil
}
