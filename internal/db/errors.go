package db

import (
	"errors"
	"fmt"

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

	code, found := sqliteCode(err)
	if !found {
		return postgresFault(err)
	}

	switch code & primaryCode {
	case codePerm, codeBusy, codeLocked, codeReadonly, codeIOErr, codeCorrupt, codeFull, codeCantOpen, codeProtocol,
		codeNotADB:
		return &UnavailableError{Cause: err}
	}

	return err
}

// SQLite's result codes, of which the extended ones keep the primary one in their low byte
// (https://www.sqlite.org/rescode.html).
const (
	primaryCode = 0xff

	codePerm     = 3
	codeBusy     = 5
	codeLocked   = 6
	codeReadonly = 8
	codeIOErr    = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeProtocol = 15
	codeNotADB   = 26
)

// Problem says nothing of what was done before the storage failed: a key may have been stored, and its session not.
func (e *UnavailableError) Problem() *problem.Error {
	described := problem.Storage(e.Error())
	if e.Unknown {
		described.Detail = "Our storage was lost while it took this, and whether it was taken is not known. Look before you try again."
	}

	return described
}
