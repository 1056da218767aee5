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
	"path/filepath"
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
	Logger    *slog.Logger
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	write *gorm.DB // one connection: writers queue in Go, not in SQLite's busy handler
	read  *gorm.DB
	lock  *flock.Flock
}

// Open opens the database, creates it if there is none (0600), and brings its schema up to date. ErrInUse when Exclusive
// and another server has it.
func Open(ctx context.Context, options Options) (*DB, error) {
	path, ok := strings.CutPrefix(options.URL, "sqlite://")
	if !ok || path == "" {
		return nil, errors.New("the database URL is not sqlite://PATH")
	}
	database := &DB{}
	if err := prepareFile(path); err != nil {
		return nil, err
	}
	if options.Exclusive {
		database.lock = flock.New(path+".lock", flock.SetPermissions(0o600))
		held, err := database.lock.TryLock()
		if err != nil {
			return nil, fmt.Errorf("lock the database: %w", err)
		}
		if !held {
			return nil, fmt.Errorf("%w: %s", ErrInUse, path)
		}
	}
	err := database.open(ctx, path)
	if err == nil && options.Exclusive {
		err = database.freeCreates(ctx)
	}
	if err != nil {
		_ = database.Close()
		return nil, err
	}
	return database, nil
}

// prepareFile makes the file with its mode before SQLite does: SQLite follows the umask, and gives the -wal and -shm
// files the mode of the database.
func prepareFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the database's directory: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the database file: %w", err)
	}
	if err := errors.Join(file.Chmod(0o600), file.Close()); err != nil {
		return fmt.Errorf("protect the database file: %w", err)
	}
	return nil
}

// Knobs, each for a reason:
//   - WAL: readers do not wait for the writer (https://www.sqlite.org/wal.html)
//   - synchronous=FULL: in WAL mode NORMAL may lose the last commits at a power cut, and a commit here may be the only
//     record of a developer key
//   - secure_delete: a destroyed key leaves no bytes in freed pages
//   - txlock=immediate: a transaction that reads and then writes fails at once with BUSY_SNAPSHOT, whatever busy_timeout
//     says, unless it began as a writer (https://www.sqlite.org/isolation.html)
const pragmas = "?_journal_mode=WAL&_synchronous=FULL&_secure_delete=on&_foreign_keys=on&_busy_timeout=5000"

func (d *DB) open(ctx context.Context, path string) error {
	var err error
	escaped := strings.NewReplacer("?", "%3f", "#", "%23", "%", "%25").Replace(path)
	if d.write, err = connect("file:"+escaped+pragmas+"&_txlock=immediate", 1); err != nil {
		return err
	}
	if err := d.migrate(ctx); err != nil {
		return err
	}
	d.read, err = connect("file:"+escaped+pragmas+"&_query_only=on", max(4, runtime.NumCPU()))
	return err
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

// Ready reports whether the database answers.
func (d *DB) Ready(ctx context.Context) error {
	return d.read.WithContext(ctx).Exec("SELECT 1").Error
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
