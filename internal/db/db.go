// Package db keeps connections, mints, sessions, services, grants and the audit log in SQLite or Postgres through GORM.
// Row structs stay in here: what leaves are the types of the packages whose stores it implements.
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
	Exclusive bool   // take the server's lock: one server at a time per SQLite file. Postgres takes any number
	ReadOnly  bool   // look at a database that exists; its schema stays as it is

	Logger *slog.Logger // hears what is unusual about the place of the database; nil: nobody does
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	write        *gorm.DB // on SQLite one connection: writers queue in Go, not in SQLite's busy handler
	read         *gorm.DB // on Postgres the same pool as write
	reads        *statementCache
	writes       *statementCache
	group        *groupCommit // nil on Postgres, which lets those who commit at once share their flush by itself
	callTimeout  time.Duration
	file         bool    // SQLite
	pooler       *pooler // nil on SQLite
	readOnly     bool
	health       health
	accountSlots keyedSemaphore // of calls for one account, on Postgres
	lock         *flock.Flock
	holder       atomic.Pointer[string] // see SetLeaseHolder
	truncate     chan struct{}          // asks Maintain to empty the write-ahead log
}

// Open opens the database and brings its schema up to date. A SQLite file is made (0600) if there is none; ErrInUse
// when Exclusive and another server has it. No error of it holds the URL's password.
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
		database.writes = database.reads // one pool
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
		Logger:                 logger.Discard, // its lines hold SQL with values
	}
}

// Ready reports whether the database answers, and answers as requests ask: SQLite from its file, not only from its
// library; Postgres as one that takes writes, not as a standby. It is not ready either while of what was asked of it in
// the last seconds too much has failed, however it answers here.
func (d *DB) Ready(ctx context.Context) error {
	verdict := d.health.readinessError() // before what we ask ourselves counts as having gone well

	for _, ask := range []func(context.Context) error{d.checkWritable, d.checkRead} {
		if err := ask(ctx); err != nil {
			return err
		}
	}

	return verdict
}

// checkRead asks for the row of no account, the way requests do.
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
		return d.health.observe(asUnavailable(d.read.WithContext(ctx).Raw("PRAGMA schema_version").Scan(&version).Error))
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

// Close closes the database and gives the server's lock back.
func (d *DB) Close() error {
	var faults []error

	for _, hot := range []*statementCache{d.reads, d.writes} {
		if hot != nil {
			faults = append(faults, hot.close())
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
		faults = append(faults, err)
	}

	if d.lock != nil {
		faults = append(faults, d.lock.Close())
	}

	return errors.Join(faults...)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}

	return t.UnixMilli()
}

// optionalMillis is NULL for the zero time.
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
