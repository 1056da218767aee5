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

// errNotOurDatabase means that the file is not a bff database. It was not changed.
var errNotOurDatabase = errors.New("it is not a bff database; nothing was changed")

// checkOwnership checks, before anything of a file is changed, its mode included, that it may be our database: one that
// a bff server created, or an empty file. It returns fs.ErrNotExist when there is no file, and *UnavailableError with
// errNotOurDatabase when the file belongs to something else.
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
		// An empty file behind a link was created for some other purpose.
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

// hasOurTables decides by the names of the tables. A server that was killed early left no table, or only goose's own.
// Other programs may also have a table named connections or sessions, so all tables of the first migration and goose's
// own must exist.
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

// initialTables are the tables of the first migration. Every bff database has them.
func initialTables() []string {
	return []string{
		connectionRow{}.TableName(), intentRow{}.TableName(), usedTokenRow{}.TableName(), sessionRow{}.TableName(),
		auditRow{}.TableName(),
	}
}

const migrationsTable = "goose_db_version" // goose's own name for it

// readTableNames reads the names of a database's tables without changing the file. If there is no write-ahead log, it
// opens the file as immutable, because SQLite would create one.
func readTableNames(path string) (names []string, err error) {
	parameters := "?mode=ro&immutable=1"
	if _, err := os.Stat(path + "-wal"); err == nil {
		parameters = "?mode=ro&_busy_timeout=5000"
	}

	database, err := connectSQLite(fileURI(path)+parameters, 1)
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

// companionSuffixes are the suffixes of the files that SQLite and bff create next to a database.
func companionSuffixes() []string { return []string{"-wal", "-shm", ".lock"} }

// checkCompanionFiles rejects links next to a database: someone else created them, and their targets are not ours.
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

// protectCompanionFiles gives the companion files the mode of the database.
func protectCompanionFiles(path string) error {
	for _, suffix := range companionSuffixes() {
		if err := sharing.ProtectPath(path + suffix); err != nil {
			return fmt.Errorf("protect a file next to the database: %w", err)
		}
	}

	return nil
}
