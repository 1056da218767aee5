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

// execMode is the URL's parameter that says how statements are sent.
const execMode = "default_query_exec_mode"

// pooler finds out whether one stands between us and the server, such as PgBouncer, and keeps to what it allows.
//
// Behind a pooler, a connection of ours is not a session of the server's: the next statement may run in another, and
// somebody else has ours. So nothing is left in it, neither a prepared statement nor a setting nor a lock: statements
// are sent without a name, bounds are set for each transaction, and what waits for another is a transaction. That is
// right in each of PgBouncer's pool modes. Reached directly, statements are prepared once for each connection.
//
// A pooler shows itself by the process number in the server's first words (BackendKeyData,
// https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS): it has to give out one
// of its own making, to know a request to cancel by it, and so it is not that of the session that answers. Each
// connection is looked at, since a name may lead to another address tomorrow.
type pooler struct {
	timeouts       timeouts
	readOnly       bool // for sessions that are ours: the server refuses what changes anything
	modeConfigured bool // the URL says how statements are sent
	logger         *slog.Logger

	detected atomic.Bool
}

// newPooler takes from the URL's configuration what is not to be sent at the start.
func newPooler(config *pgx.ConnConfig, address string, options Options) *pooler {
	p := &pooler{
		timeouts: timeoutsOf(config), readOnly: options.ReadOnly, modeConfigured: hasExecMode(address), logger: options.Logger,
	}
	if p.logger == nil {
		p.logger = slog.New(slog.DiscardHandler)
	}

	// Who asks for statements without a name has a pooler, also one that cannot be told from a server.
	p.detected.Store(p.modeConfigured && config.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement)

	return p
}

// hooks make the connections of a pool with these bounds.
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
				_ = connection.Close(ctx) // else nobody would: the pool does not know of it yet
			}

			return err
		}),
	}
}

// meet sets the bounds of a session that is ours, and finds out whether it is, with one journey. driver.ErrBadConn for
// the first connection that a pooler gave: it was made to prepare statements, and the pool makes another.
func (p *pooler) setUpSession(ctx context.Context, connection *pgx.Conn, set timeouts) error {
	number := connection.PgConn().PID()

	results, err := connection.PgConn().Exec(ctx, p.setupQuery(number, set)).ReadAll()
	if err == nil && (len(results) != 1 || len(results[0].Rows) != 1) {
		err = errors.New("the server did not say who it is")
	}

	if err != nil {
		return err
	}

	if string(results[0].Rows[0][0]) == strconv.FormatUint(uint64(number), 10) {
		return nil
	}

	if !p.detected.Swap(true) {
		p.logger.InfoContext(ctx, "a pooler stands before the database: nothing of ours is kept in its sessions")
	}

	if !p.modeConfigured && connection.Config().DefaultQueryExecMode == pgx.QueryExecModeCacheStatement {
		return driver.ErrBadConn
	}

	return nil
}

// greeting sets nothing that lasts in a session which is not ours.
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

// migrateThroughPooler brings the schema up to date through a pooler. The lock belongs to a transaction, which keeps its
// session until it ends; the migrations run in another. A pooler that has one session alone cannot do that.
func migrateThroughPooler(ctx context.Context, pool *sql.DB, up func() error) (err error) {
	turn, err := lockMigration(ctx, pool)
	if err != nil {
		return err
	}

	defer func() {
		if lost := turn.Commit(); lost != nil {
			err = errors.Join(err, fmt.Errorf("the lock of the migration was lost: %w", lost))
		}
	}()

	return up()
}

// lockMigration returns the transaction that holds the lock. It is READ COMMITTED whatever the role's own setting
// is: it keeps no snapshot between its statements, for which an index that is built meanwhile would wait.
func lockMigration(ctx context.Context, pool *sql.DB) (turn *sql.Tx, err error) {
	err = awaitLock(ctx, func(asking context.Context) (held bool, err error) {
		// The transaction lives on when the wait is over: its context is not that of the wait.
		if turn, err = pool.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}); err != nil {
			return false, err
		}

		err = turn.QueryRowContext(asking, "SELECT pg_try_advisory_xact_lock($1)", int64(migrationLock)).Scan(&held)
		if err == nil && held {
			// It comes last: until the next statement, the portal of the one before keeps its snapshot.
			_, err = turn.ExecContext(asking, "SET LOCAL idle_in_transaction_session_timeout = 0")
		}

		if err == nil && held {
			return true, nil
		}

		return false, errors.Join(err, turn.Rollback())
	})
	if err != nil {
		return nil, err
	}

	return turn, nil
}
