package db

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gorm.io/gorm"
)

// hot is a statement that requests run over and over. It is written once, by hand, and the database compiles it once
// for each connection: composing it through GORM and compiling it again cost more than running it.
//
// It names its columns, one by one: to a server that runs beside a newer one, an added column makes no difference.
type statement struct{ sqlite, postgres string }

// hotly makes a hot statement of SQL in which ? stands for a value, NOW() for the database's own clock, LIST(url) for
// a service's addresses as a JSON list, and LOCK() for a lock on the rows that are read.
//
// On SQLite, a bound value that meets an index's condition in the planner has the statement compiled again each time
// another one is bound (sqlite3_bind_* expires it). It does not look through a unary plus, which changes no value
// (https://www.sqlite.org/lang_expr.html#operators).
func newStatement(text string) *statement {
	var postgres strings.Builder
	for n, part := range strings.Split(text, "?") {
		if n > 0 {
			postgres.WriteString("$" + strconv.Itoa(n))
		}
		postgres.WriteString(part)
	}

	replace := func(text, now, lock string, postgres bool) string {
		return strings.NewReplacer(
			"NOW()", now, "LOCK()", lock, "LIST(url)", jsonAggregate("url", "url", postgres),
		).Replace(text)
	}

	return &statement{
		sqlite:   replace(strings.ReplaceAll(text, "?", "+?"), sqliteNow, "", false),
		postgres: replace(postgres.String(), postgresNow, "FOR UPDATE", true),
	}
}

// in is the statement for the database of a transaction.
func (s *statement) textFor(tx *gorm.DB) string {
	if tx.Name() == "postgres" {
		return s.postgres
	}

	return s.sqlite
}

// compiled keeps a pool's hot statements. On Postgres there is nothing to keep: pgx remembers for each connection what
// it has prepared, and the URL's default_query_exec_mode says whether it may prepare at all, which a pooler that hands
// out a connection for each transaction does not allow.
type statementCache struct {
	pool *sql.DB
	file bool // SQLite

	mu         sync.RWMutex
	statements map[*statement]*sql.Stmt
	missing    []*statement

	observer func(statement string, values []any) // a test's; nil: nobody looks
}

func newStatementCache(database *gorm.DB, file bool) (*statementCache, error) {
	pool, err := database.DB()
	if err != nil {
		return nil, err
	}

	return &statementCache{pool: pool, file: file, statements: map[*statement]*sql.Stmt{}}, nil
}

// statement compiles what was not compiled before. It needs a connection of the pool for that: no caller may hold the
// only one.
func (c *statementCache) prepare(ctx context.Context, s *statement) (*sql.Stmt, error) {
	c.mu.RLock()
	found := c.statements[s]
	c.mu.RUnlock()

	if found != nil {
		return found, nil
	}

	made, err := c.pool.PrepareContext(ctx, s.sqlite) // without the lock: who holds the connection may wait for that
	if err != nil {
		return nil, asDriverError(err)
	}

	c.mu.Lock()
	defer c.mu.Unlock()

	if found := c.statements[s]; found != nil { // another was faster
		return found, made.Close()
	}
	c.statements[s] = made

	return made, nil
}

// close gives up what was compiled: SQLite keeps a file open, and its log unread, for a statement that is left.
func (c *statementCache) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()

	var faults []error
	for _, statement := range c.statements {
		faults = append(faults, statement.Close())
	}
	clear(c.statements)

	return errors.Join(faults...)
}

// query runs a statement that reads.
//
// On SQLite the caller's end does not interrupt it: it finds few rows by an index, in microseconds, and watching a
// context costs more than that.
func (c *statementCache) query(ctx context.Context, s *statement, values []any) (*sql.Rows, error) {
	c.observe(s, values)

	if !c.file {
		rows, err := c.pool.QueryContext(ctx, s.postgres, values...)
		return rows, asDriverError(err)
	}

	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)

	statement, err := c.prepare(ctx, s)
	if err != nil {
		return nil, err
	}

	rows, err := statement.QueryContext(ctx, values...)

	return rows, asDriverError(err)
}

// exec runs a statement that changes rows in a transaction of this pool.
func (c *statementCache) exec(ctx context.Context, tx *sql.Tx, s *statement, values []any) (sql.Result, error) {
	c.observe(s, values)
	return c.execUnobserved(ctx, tx, s, values)
}

func (c *statementCache) execUnobserved(ctx context.Context, tx *sql.Tx, s *statement, values []any) (sql.Result, error) {
	if !c.file {
		return tx.ExecContext(ctx, s.postgres, values...)
	}

	statement := c.lookup(s)
	if statement == nil {
		return tx.ExecContext(ctx, s.sqlite, values...)
	}

	return tx.StmtContext(ctx, statement).ExecContext(ctx, values...)
}

// ask is exec for a statement that returns rows.
func (c *statementCache) queryTx(ctx context.Context, tx *sql.Tx, s *statement, values []any) (*sql.Rows, error) {
	c.observe(s, values)

	if !c.file {
		return tx.QueryContext(ctx, s.postgres, values...)
	}

	statement := c.lookup(s)
	if statement == nil {
		return tx.QueryContext(ctx, s.sqlite, values...)
	}

	return tx.StmtContext(ctx, statement).QueryContext(ctx, values...)
}

// prepared is a statement that was compiled before; nil when it was not. Inside a transaction it cannot be: that takes
// a connection of the pool, and on SQLite the transaction has the only one. It is put down for warm.
func (c *statementCache) lookup(s *statement) *sql.Stmt {
	c.mu.Lock()
	defer c.mu.Unlock()

	found := c.statements[s]
	if found == nil && !slices.Contains(c.missing, s) {
		c.missing = append(c.missing, s)
	}

	return found
}

// warm compiles what the transactions before lacked.
func (c *statementCache) prepareMissing(ctx context.Context) error {
	c.mu.Lock()
	wanted := c.missing
	c.missing = nil
	c.mu.Unlock()

	for _, s := range wanted {
		if _, err := c.prepare(ctx, s); err != nil {
			return err
		}
	}

	return nil
}

func (c *statementCache) observe(s *statement, values []any) {
	if c.observer == nil {
		return
	}

	text := s.postgres
	if c.file {
		text = s.sqlite
	}
	c.observer(text, values)
}

// find runs a statement that reads, with look's callTimeout, and has read take what it finds: anew each time. A statement
// is one snapshot, so all that belongs together is read with one.
func (d *DB) find(ctx context.Context, s *statement, read func(rows *sql.Rows) error, values ...any) error {
	return d.retry(ctx, isRetryableRead, func(ctx context.Context) error {
		rows, err := d.reads.query(ctx, s, values)
		if err != nil {
			return err
		}

		return readAll(rows, read)
	})
}

func readAll(rows *sql.Rows, read func(rows *sql.Rows) error) error {
	defer func() { _ = rows.Close() }() // what went wrong while it read is in Err

	if err := read(rows); err != nil {
		return err
	}

	return asDriverError(rows.Err())
}

// findOne is find for a statement that finds one row at most: found says whether it did.
func (d *DB) findOne(
	ctx context.Context, s *statement, scan func(row *sql.Rows) error, values ...any,
) (found bool, err error) {
	err = d.find(ctx, s, func(rows *sql.Rows) error {
		if found = rows.Next(); !found {
			return nil
		}

		return scan(rows)
	}, values...)

	return found, err
}
