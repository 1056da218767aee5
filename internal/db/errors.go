package db

import (
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"

	"github.com/upstash-connect/bff/internal/problem"
)

// UnavailableError means that the database cannot take the call now: full, read-only, locked, unreadable or out of
// reach. Its text is for the log.
type UnavailableError struct {
	Cause   error
	Unknown bool // the connection was lost where the change may have been made all the same: only reading tells
}

func (e *UnavailableError) Error() string {
	if e.Unknown {
		return fmt.Sprintf("the database is unavailable, and whether the change was made is unknown: %v", e.Cause)
	}

	return fmt.Sprintf("the database is unavailable: %v", e.Cause)
}
func (e *UnavailableError) Unwrap() error { return e.Cause }

// storage marks the faults of the file, the disk and the server, so that callers need not know the databases' codes.
func storage(err error) error {
	var marked *UnavailableError
	if errors.As(err, &marked) {
		return err
	}

	var fault sqlite3.Error
	if !errors.As(err, &fault) {
		return postgresFault(err)
	}

	switch fault.Code {
	case sqlite3.ErrFull, sqlite3.ErrReadonly, sqlite3.ErrIoErr, sqlite3.ErrBusy, sqlite3.ErrLocked,
		sqlite3.ErrCantOpen, sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrPerm, sqlite3.ErrProtocol:
		return &UnavailableError{Cause: err}
	}

	return err
}

// Problem says nothing of what was done before the storage failed: a key may have been stored, and its session not.
func (e *UnavailableError) Problem() *problem.Error {
	described := problem.Storage(e.Error())
	if e.Unknown {
		described.Detail = "Our storage was lost while it took this, and whether it was taken is not known. Look before you try again."
	}

	return described
}
