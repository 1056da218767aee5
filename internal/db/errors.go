package db

import (
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
)

// UnavailableError means that the database cannot take the call now: full, read-only, locked or unreadable. Its text is
// for the log.
type UnavailableError struct{ Cause error }

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("the database is unavailable: %v", e.Cause)
}
func (e *UnavailableError) Unwrap() error { return e.Cause }

// storage marks the faults of the file and the disk, so that callers need not know SQLite's codes.
func storage(err error) error {
	var fault sqlite3.Error
	if !errors.As(err, &fault) {
		return err
	}
	switch fault.Code {
	case sqlite3.ErrFull, sqlite3.ErrReadonly, sqlite3.ErrIoErr, sqlite3.ErrBusy, sqlite3.ErrLocked,
		sqlite3.ErrCantOpen, sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrPerm, sqlite3.ErrProtocol:
		return &UnavailableError{Cause: err}
	}
	return err
}

// StorageUnavailable marks the error for packages that map it without knowing this one.
func (*UnavailableError) StorageUnavailable() bool { return true }
