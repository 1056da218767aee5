// Package db stores connections, mints, sessions, services, grants and the audit log in SQLite or Postgres through
// GORM. Row structs stay inside the package: it returns the types of the packages whose stores it implements.
package db

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/upstash-connect/bff/internal/keys"
)

// ErrInUse means that another server has the database open.
var ErrInUse = errors.New("another server is using this database")

// Options configure Open.
type Options struct {
	URL       string // sqlite://PATH or postgres://USER:PASSWORD@HOST:PORT/NAME
	Exclusive bool   // take the server lock: one server per SQLite file. Postgres allows any number
	ReadOnly  bool   // only read an existing database; do not migrate it

	Logger *slog.Logger // logs what is unusual about the database's location; nil: no logging
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	write        *gorm.DB // on SQLite one connection: writers queue in Go, not in SQLite's busy handler
	read         *gorm.DB // on Postgres the same pool as write
	reads        *statementCache
	writes       *statementCache
	group        *groupCommit // nil on Postgres, which groups concurrent commits itself
	callTimeout  time.Duration
	file         bool    // SQLite
	pooler       *pooler // nil on SQLite
	readOnly     bool
	health       health
	accountSlots keyedSemaphore // of calls that lock one account's row, on Postgres
	lock         *flock.Flock
	holder       atomic.Pointer[string] // see SetLeaseHolder
	truncate     chan struct{}          // requests that Maintain empty the write-ahead log
}

// Open opens the database and migrates its schema. It creates a missing SQLite file (mode 0600). It returns ErrInUse
// when Exclusive is set and another server has the file. Its errors never contain the URL's password.
func Open(ctx context.Context, options Options) (*DB, error) {
	database := &DB{truncate: make(chan struct{}, 1)}

	var err error
	switch kind, path := classifyURL(options.URL); kind {
	case sqliteURL:
		err = database.openSQLite(ctx, path, options)
	case postgresURL:
		err = database.openPostgres(ctx, options)
	default:
		return nil, errURL
	}

	if err == nil {
		database.reads, err = newStatementCache(database.read, database.file)
	}

	if err == nil && database.writes == nil && database.write != nil {
		database.writes = database.reads // they share one pool
	}

	if err != nil {
		return nil, errors.Join(asUnavailable(err), database.Close())
	}

	return database, nil
}

func gormConfig() *gorm.Config {
	return &gorm.Config{
		TranslateError:         true,
		SkipDefaultTransaction: true,
		Logger:                 logger.Discard, // its log lines contain SQL with values
	}
}

// Ready reports whether the database can serve requests. SQLite must read from its file, not only from its library.
// Postgres must accept writes, so a standby is not ready. The database is also not ready while too many of the last
// seconds' calls have failed, even when these checks pass.
func (d *DB) Ready(ctx context.Context) error {
	recent := d.health.readinessError() // before the checks below count as successful calls

	for _, check := range []func(context.Context) error{d.checkWritable, d.checkRead} {
		if err := check(ctx); err != nil {
			return err
		}
	}

	return recent
}

// checkRead looks up an account that does not exist, the way requests do.
func (d *DB) checkRead(ctx context.Context) error {
	_, err := d.FindConnection(ctx, keys.Account{})
	if errors.Is(err, keys.ErrNotFound) {
		return nil
	}

	return err
}

func (d *DB) checkWritable(ctx context.Context) error {
	if d.file {
		var version int
		err := d.read.WithContext(ctx).Raw("PRAGMA schema_version").Scan(&version).Error

		return d.health.observe(asUnavailable(err))
	}

	return d.runRead(ctx, func(read *gorm.DB) error {
		var readOnly bool

		err := read.Raw(
			"SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean",
		).Scan(
			&readOnly,
		).Error
		if err == nil && readOnly {
			err = &UnavailableError{Cause: errReadOnly}
		}

		return err
	})
}

// Close closes the database and releases the server lock.
func (d *DB) Close() error {
	var errs []error

	for _, cache := range []*statementCache{d.reads, d.writes} {
		if cache != nil {
			errs = append(errs, cache.close())
		}
	}

	pools := []*gorm.DB{d.read}
	if d.write != d.read {
		pools = append(pools, d.write)
	}

	for _, database := range pools {
		if database == nil {
			continue
		}

		pool, err := database.DB()
		if err == nil {
			err = pool.Close()
		}
		errs = append(errs, err)
	}

	if d.lock != nil {
		errs = append(errs, d.lock.Close())
	}

	return errors.Join(errs...)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}

	return t.UnixMilli()
}

// optionalMillis returns NULL for the zero time.
func optionalMillis(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := millis(t)

	return &ms
}

func fromMillis(ms *int64) time.Time {
	if ms == nil || *ms == 0 {
		return time.Time{}
	}

	return time.UnixMilli(*ms).UTC()
}
