package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/atomicfile"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/sharing"
)

// ErrNotSQLite means that the database is not a SQLite file. Back up Postgres with its own tools.
var ErrNotSQLite = errors.New("the database is not a SQLite file")

// BackupReport describes the contents of a backup.
type BackupReport struct {
	Bytes       int64
	Connections int64
	Events      int64 // of the audit log
	SuspectReport
}

// Backup copies a SQLite database to a new file at path (mode 0600). A server may be using the database. Backup creates
// a missing directory (mode 0700). The copy is a consistent snapshot without freed pages, prepared by MarkSuspect and
// checked. It is complete or absent, because it gets its name last. With replace, it replaces an earlier backup, or
// another SQLite database that is not in use. Backup also removes what killed backups left next to path.
//
// Backup returns ErrNotSQLite for Postgres, and fs.ErrExist when path exists and replace is false.
func Backup(ctx context.Context, address, path string, replace bool, at time.Time) (report BackupReport, err error) {
	kind, source := classifyURL(address)
	if kind != sqliteURL {
		return report, ErrNotSQLite
	}

	if err := checkBackupTarget(source, path, replace); err != nil {
		return report, err
	}
	original := &DB{file: true}
	// Open the file read-only. PRAGMA query_only would also forbid writing the copy.
	if err := original.openReadOnly(source, ""); err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, original.Close()) }()

	if err := sharing.MkdirAll(filepath.Dir(path)); err != nil {
		return report, fmt.Errorf("create the backup's directory: %w", err)
	}

	if err := removeStalePartials(path, time.Now()); err != nil {
		return report, fmt.Errorf("remove the files of a killed backup: %w", err)
	}
	// SQLite keeps the mode of an existing empty file. It would create a file with the mode of the umask.
	partial, err := atomicfile.New(path, partialMark)
	if err != nil {
		return report, fmt.Errorf("create the backup: %w", err)
	}
	defer func() {
		for _, suffix := range []string{"", "-journal"} {
			_ = os.Remove(partial.Name() + suffix) // no longer there after a success
		}
	}()

	if err := errors.Join(sharing.Protect(partial.File), partial.Close()); err != nil {
		return report, fmt.Errorf("protect the backup: %w", err)
	}

	if err := original.read.WithContext(ctx).Exec("VACUUM INTO ?", fileURI(partial.Name())).Error; err != nil {
		return report, fmt.Errorf("copy the database: %w", asUnavailable(err))
	}

	if report, err = finishCopy(ctx, partial.Name(), at); err != nil {
		return report, err
	}

	return report, renameIntoPlace(partial.Name(), path, replace)
}

// finishCopy prepares and checks a copy, and counts its rows.
func finishCopy(ctx context.Context, path string, at time.Time) (report BackupReport, err error) {
	pool, err := connectSQLite(
		fileURI(path)+"?_journal_mode=DELETE&_synchronous=FULL&_foreign_keys=on"+secureDelete, 1,
	)
	if err != nil {
		return report, err
	}

	copied := &DB{write: pool, read: pool, file: true}
	if err := copied.enableGroupCommit(); err != nil {
		return report, errors.Join(err, copied.Close())
	}
	defer func() { err = errors.Join(err, copied.Close()) }()

	if report.SuspectReport, err = copied.MarkSuspect(ctx, keys.ActionBackedUp, at); err != nil {
		return report, err
	}

	if err := copied.check(ctx); err != nil {
		return report, err
	}
	read := pool.WithContext(ctx)

	err = errors.Join(
		read.Model(&connectionRow{}).Count(&report.Connections).Error,
		read.Model(&auditRow{}).Count(&report.Events).Error,
	)
	if err != nil {
		return report, asUnavailable(err)
	}

	info, err := os.Stat(path)
	if err != nil {
		return report, err
	}
	report.Bytes = info.Size()

	return report, nil
}

// check looks for corruption (https://www.sqlite.org/pragma.html#pragma_quick_check).
func (d *DB) check(ctx context.Context) error {
	var found []string
	if err := d.read.WithContext(ctx).Raw("PRAGMA quick_check").Scan(&found).Error; err != nil {
		return asUnavailable(err)
	}

	if len(found) != 1 || found[0] != "ok" {
		return fmt.Errorf("the database is corrupt, so no backup was made: %.200q", found)
	}

	return d.withoutOrphans(d.read.WithContext(ctx))
}

func (d *DB) withoutOrphans(read *gorm.DB) error {
	var orphans []struct{ Table, Parent string }
	if err := read.Raw("PRAGMA foreign_key_check").Scan(&orphans).Error; err != nil {
		return asUnavailable(err)
	}

	if len(orphans) > 0 {
		return fmt.Errorf("the database is corrupt: %d rows refer to missing rows", len(orphans))
	}

	return nil
}
