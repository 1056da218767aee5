package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/writers"
)

// The parameters, and why each is set:
//   - WAL: readers do not wait for the writer (https://www.sqlite.org/wal.html)
//   - synchronous=FULL: in WAL mode, NORMAL may lose the last commits at a power failure, and a commit here may be the
//     only record of a developer key
//   - secure_delete: a destroyed key leaves no bytes in freed pages
//   - txlock=immediate: a transaction that reads and then writes fails immediately with BUSY_SNAPSHOT, regardless of
//     busy_timeout, unless it began as a writer (https://www.sqlite.org/isolation.html)
const pragmas = "?_journal_mode=WAL&_synchronous=FULL&_foreign_keys=on&_busy_timeout=5000" + secureDelete

// walAutocheckpointPages is how many pages of 4 KiB the write-ahead log may have before a commit moves them into the
// database. With the default of 1000, a busy writer pauses for a checkpoint many times a second, and moves the same
// index pages each time. Maintain moves them every half minute anyway. A connection that the pool reopens has the
// default again, which only costs speed.
const walAutocheckpointPages = 8000

func (d *DB) openSQLite(ctx context.Context, path string, options Options) (err error) {
	d.file = true
	if options.ReadOnly {
		return d.openReadOnly(path, "&_query_only=on")
	}

	if err := prepareFile(path); err != nil {
		return err
	}

	if warning := writers.Warning(filepath.Dir(path)); warning != "" && options.Logger != nil {
		options.Logger.WarnContext(ctx, warning)
	}

	if options.Exclusive {
		if d.lock, err = lockFile(path); err != nil {
			return err
		}
	}

	if d.write, err = connectSQLite(fileURI(path)+pragmas+"&_txlock=immediate", 1); err != nil {
		return err
	}

	if err := d.migrateSQLite(ctx); err != nil {
		return err
	}

	if err := d.write.Exec(fmt.Sprintf("PRAGMA wal_autocheckpoint=%d", walAutocheckpointPages)).Error; err != nil {
		return err
	}

	if err := d.enableGroupCommit(); err != nil {
		return err
	}

	if options.Exclusive {
		// No other server runs, so no lease is held. After a crash, nobody has to wait for the leases of the crashed
		// server.
		if err := errors.Join(d.releaseMintLeases(ctx), d.releaseCreateLeases(ctx)); err != nil {
			return err
		}
	}
	d.read, err = connectSQLite(fileURI(path)+pragmas+"&_query_only=on", max(4, runtime.NumCPU()))

	return err
}

func (d *DB) openReadOnly(path, more string) (err error) {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("there is no database to read: %w (BFF_DATABASE_URL selects the database)", err)
	}
	d.read, err = connectSQLite(fileURI(path)+"?mode=ro&_busy_timeout=5000"+more, 1)

	return err
}

// fileURI returns a path as SQLite's URI (https://www.sqlite.org/uri.html).
func fileURI(path string) string {
	return "file:" + strings.NewReplacer("?", "%3f", "#", "%23", "%", "%25").Replace(path)
}

func connectSQLite(dsn string, connections int) (*gorm.DB, error) {
	database, err := gorm.Open(dialect{sqliteDialector(dsn)}, gormConfig())
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

func (d *DB) migrateSQLite(ctx context.Context) error {
	pool, err := d.write.DB()
	if err != nil {
		return err
	}

	return migrate(ctx, goose.DialectSQLite3, pool)
}
