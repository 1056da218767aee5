package db

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/upstash-connect/bff/internal/sharing"
)

// errNotOurDatabase means that a file is somebody else's. Nothing of it has been changed.
var errNotOurDatabase = errors.New("it is no database of ours, and was left as it is")

// examine finds out, before anything of a file is changed, its mode included, that it may be our database: one that a
// server of ours made, or an empty file that waits for it. fs.ErrNotExist when there is none, *UnavailableError with
// errNotOurDatabase for what is not ours.
func checkOwnership(path string) error {
	if err := checkCompanionFiles(path); err != nil {
		return err
	}

	info, err := os.Stat(path)
	if err != nil {
		return err
	}

	if !info.Mode().IsRegular() {
		return notOurDatabase(path)
	}

	if info.Size() == 0 {
		// What a link points at was made for something else.
		if link, err := os.Lstat(path); err != nil || !link.Mode().IsRegular() {
			return errors.Join(notOurDatabase(path), err)
		}

		return nil
	}

	if is, err := isSQLite(path); err != nil || !is {
		return errors.Join(notOurDatabase(path), err)
	}

	tables, err := readTableNames(path)
	if err != nil {
		return asUnavailable(err)
	}

	if !hasOurTables(tables) {
		return notOurDatabase(path)
	}

	return nil
}

func notOurDatabase(path string) error {
	return &UnavailableError{Cause: fmt.Errorf("%s: %w", path, errNotOurDatabase)}
}

// hasOurTables goes by the names of the tables. A server that was killed before it made any left none, or the
// migrations' own. Another program may well have a table connections, or sessions, too: so all that the first migration
// makes have to be there, and the migrations' own.
func hasOurTables(tables []string) bool {
	tables = slices.DeleteFunc(tables, func(name string) bool { return strings.HasPrefix(name, "sqlite_") })
	migrated := slices.Contains(tables, migrationsTable)

	if len(tables) == 0 || len(tables) == 1 && migrated {
		return true
	}

	for _, name := range initialTables() {
		if !slices.Contains(tables, name) {
			return false
		}
	}

	return migrated
}

// initialTables are those of the first migration: the oldest database of ours has them, and the newest.
func initialTables() []string {
	return []string{
		connectionRow{}.TableName(), intentRow{}.TableName(), usedTokenRow{}.TableName(), sessionRow{}.TableName(),
		auditRow{}.TableName(),
	}
}

const migrationsTable = "goose_db_version" // goose's own name for it

// tablesOf reads the names of a database's tables and changes nothing. One that has no log beside it is read as if it
// could not change, or SQLite would make one.
func readTableNames(path string) (names []string, err error) {
	how := "?mode=ro&immutable=1"
	if _, err := os.Stat(path + "-wal"); err == nil {
		how = "?mode=ro&_busy_timeout=5000"
	}

	database, err := connectSQLite(fileURI(path)+how, 1)
	if err != nil {
		return nil, err
	}
	defer func() {
		if pool, poolErr := database.DB(); poolErr == nil {
			err = errors.Join(err, pool.Close())
		}
	}()

	err = database.Raw("SELECT name FROM sqlite_master WHERE type = 'table'").Scan(&names).Error

	return names, err
}

// besides are the files that SQLite and we keep beside a database.
func companionSuffixes() []string { return []string{"-wal", "-shm", ".lock"} }

// checkCompanionFiles refuses links beside a database: somebody else put them there, and what they point at is not ours.
func checkCompanionFiles(path string) error {
	for _, suffix := range companionSuffixes() {
		info, err := os.Lstat(path + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}

		if err != nil {
			return err
		}

		if !info.Mode().IsRegular() {
			return notOurDatabase(path + suffix)
		}
	}

	return nil
}

// protectCompanionFiles sees to it that nobody reads what is beside our database who may not read that.
func protectCompanionFiles(path string) error {
	for _, suffix := range companionSuffixes() {
		if err := sharing.ProtectPath(path + suffix); err != nil {
			return fmt.Errorf("protect a file beside the database: %w", err)
		}
	}

	return nil
}
