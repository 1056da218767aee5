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

// statement is a hand-written SQL statement that requests run often. The database prepares it once per connection.
// Building it through GORM and preparing it each time cost more than running it.
//
// It lists its columns, so that a column that a newer server adds makes no difference to it.
type statement struct{ sqlite, postgres string }

// newStatement makes a statement from SQL in which ? stands for a value, NOW() for the database's own clock, LIST(url)
// for a service's URLs as a JSON list, and LOCK() for a lock on the rows that are read.
//
// On SQLite, the planner may use a bound value that is compared with a partial index's condition. Then binding another
// value makes SQLite prepare the statement again (sqlite3_bind_* expires it). The planner does not look through a unary
// plus, which changes no value (https://www.sqlite.org/lang_expr.html#operators).
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

// textFor returns the SQL for the database of a transaction.
func (s *statement) textFor(tx *gorm.DB) string {
	if tx.Name() == "postgres" {
		return s.postgres
	}

	return s.sqlite
}

// statementCache holds the prepared statements of a SQLite pool. On Postgres it holds none: pgx remembers for each
// connection what it has prepared. The URL's default_query_exec_mode sets whether pgx may prepare at all; a pooler in
// transaction mode does not support it.
type statementCache struct {
	pool *sql.DB
	file bool // SQLite

	mu         sync.RWMutex
	statements map[*statement]*sql.Stmt
	missing    []*statement

	observer func(statement string, values []any) // for tests; nil: none
}

func newStatementCache(database *gorm.DB, file bool) (*statementCache, error) {
	pool, err := database.DB()
	if err != nil {
		return nil, err
	}

	return &statementCache{pool: pool, file: file, statements: map[*statement]*sql.Stmt{}}, nil
}

// prepare prepares a statement that is not cached yet. That takes a connection of the pool, so the caller must not hold
// the only one.
func (c *statementCache) prepare(ctx context.Context, s *statement) (*sql.Stmt, error) {
	c.mu.RLock()
	found := c.statements[s]
	c.mu.RUnlock()

	if found != nil {
		return found, nil
	}

	// Without the mutex: the holder of the connection may be waiting for it.
	made, err := c.pool.PrepareContext(ctx, s.sqlite)
	if err != nil {
		return nil, asDriverError(err)
	}

	c.mu.Lock()
	defer c.mu.Unlock()

	if found := c.statements[s]; found != nil { // another caller was faster
		return found, made.Close()
	}
	c.statements[s] = made

	return made, nil
}

// close closes the prepared statements. With one left open, SQLite keeps the file open and does not checkpoint its log.
func (c *statementCache) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()

	var errs []error
	for _, statement := range c.statements {
		errs = append(errs, statement.Close())
	}
	clear(c.statements)

	return errors.Join(errs...)
}

// query runs a statement that reads.
//
// On SQLite, the end of the caller's context does not interrupt it. It finds few rows by an index, in microseconds, and
// watching the context would cost more than that.
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

// exec runs a statement that changes rows, in a transaction of this pool.
func (c *statementCache) exec(ctx context.Context, tx *sql.Tx, s *statement, values []any) (sql.Result, error) {
	c.observe(s, values)
	return c.execUnobserved(ctx, tx, s, values)
}

func (c *statementCache) execUnobserved(
	ctx context.Context, tx *sql.Tx, s *statement, values []any,
) (sql.Result, error) {
	if !c.file {
		return tx.ExecContext(ctx, s.postgres, values...)
	}

	statement := c.lookup(s)
	if statement == nil {
		return tx.ExecContext(ctx, s.sqlite, values...)
	}

	return tx.StmtContext(ctx, statement).ExecContext(ctx, values...)
}

// queryTx is exec for a statement that returns rows.
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

// lookup returns a cached statement; nil when it is not prepared. It cannot be prepared inside a transaction, because
// that takes another connection, and on SQLite the transaction has the only one. lookup records it for prepareMissing.
func (c *statementCache) lookup(s *statement) *sql.Stmt {
	c.mu.Lock()
	defer c.mu.Unlock()

	found := c.statements[s]
	if found == nil && !slices.Contains(c.missing, s) {
		c.missing = append(c.missing, s)
	}

	return found
}

// prepareMissing prepares the statements that earlier transactions missed.
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

// find runs a statement that reads, with the retries of runRead, and passes the rows to read, again after each retry.
// One statement sees one snapshot, so data that must be consistent is read with one.
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
	defer func() { _ = rows.Close() }() // Err returns the errors of the read

	if err := read(rows); err != nil {
		return err
	}

	return asDriverError(rows.Err())
}

// findOne is find for a statement that returns at most one row. found reports whether there was one.
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
