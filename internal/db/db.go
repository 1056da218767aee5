// Package db keeps connections, mints, sessions and the audit log in SQLite through GORM. Row structs stay in here: what
// leaves are the types of the packages whose stores it implements.
package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// ErrInUse means that another server has the database open.
var ErrInUse = errors.New("another server is using this database")

// Options configure Open.
type Options struct {
	URL       string // sqlite://PATH
	Exclusive bool   // take the server's lock: one server at a time per file
	ReadOnly  bool   // look at a database that exists; its schema stays as it is
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	write    *gorm.DB // one connection: writers queue in Go, not in SQLite's busy handler
	read     *gorm.DB
	lock     *flock.Flock
	truncate chan struct{} // asks Maintain to empty the write-ahead log
}

// Open opens the database, creates it if there is none (0600), and brings its schema up to date. ErrInUse when Exclusive
// and another server has it.
func Open(ctx context.Context, options Options) (*DB, error) {
	path, ok := strings.CutPrefix(options.URL, "sqlite://")
	if !ok || path == "" {
		return nil, errors.New("the database URL is not sqlite://PATH")
	}
	database := &DB{truncate: make(chan struct{}, 1)}
	if options.ReadOnly {
		if err := database.openReader(path); err != nil {
			return nil, err
		}
		return database, nil
	}
	if err := prepareFile(path); err != nil {
		return nil, err
	}
	if options.Exclusive {
		var err error
		if database.lock, err = lockFile(path); err != nil {
			return nil, err
		}
	}
	if err := database.open(ctx, path, options.Exclusive); err != nil {
		return nil, errors.Join(storage(err), database.Close())
	}
	return database, nil
}

// Knobs, each for a reason:
//   - WAL: readers do not wait for the writer (https://www.sqlite.org/wal.html)
//   - synchronous=FULL: in WAL mode NORMAL may lose the last commits at a power cut, and a commit here may be the only
//     record of a developer key
//   - secure_delete: a destroyed key leaves no bytes in freed pages
//   - txlock=immediate: a transaction that reads and then writes fails at once with BUSY_SNAPSHOT, whatever busy_timeout
//     says, unless it began as a writer (https://www.sqlite.org/isolation.html)
const pragmas = "?_journal_mode=WAL&_synchronous=FULL&_secure_delete=on&_foreign_keys=on&_busy_timeout=5000"

func (d *DB) open(ctx context.Context, path string, alone bool) error {
	var err error
	if d.write, err = connect(fileURI(path)+pragmas+"&_txlock=immediate", 1); err != nil {
		return err
	}
	if err := d.migrate(ctx); err != nil {
		return err
	}
	if alone {
		// No other server lives, so nobody holds a lease: after a crash nobody has to wait for a dead one's to end.
		if err := errors.Join(d.freeMints(ctx), d.freeCreates(ctx)); err != nil {
			return err
		}
	}
	d.read, err = connect(fileURI(path)+pragmas+"&_query_only=on", max(4, runtime.NumCPU()))
	return err
}

func (d *DB) openReader(path string) (err error) {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("there is no database to read: %w", err)
	}
	d.read, err = connect(fileURI(path)+"?mode=ro&_query_only=on&_busy_timeout=5000", 1)
	return err
}

// fileURI is a path as SQLite's URI (https://www.sqlite.org/uri.html).
func fileURI(path string) string {
	return "file:" + strings.NewReplacer("?", "%3f", "#", "%23", "%", "%25").Replace(path)
}

func connect(dsn string, connections int) (*gorm.DB, error) {
	database, err := gorm.Open(sqlite.Open(dsn), &gorm.Config{
		TranslateError:         true,
		SkipDefaultTransaction: true,
		Logger:                 logger.Discard, // its lines hold SQL with values
	})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	pool, err := database.DB()
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return database, nil
}

func (d *DB) migrate(ctx context.Context) error {
	pool, err := d.write.DB()
	if err != nil {
		return err
	}
	folder, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, pool, folder, goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

// Ready reports whether the database answers: from its file, not only from its library.
func (d *DB) Ready(ctx context.Context) error {
	var version int
	return storage(d.read.WithContext(ctx).Raw("PRAGMA schema_version").Scan(&version).Error)
}

// Close closes the database and gives the server's lock back.
func (d *DB) Close() error {
	var faults []error
	for _, database := range []*gorm.DB{d.read, d.write} {
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

func fromMillis(ms *int64) time.Time {
	if ms == nil || *ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(*ms).UTC()
}
