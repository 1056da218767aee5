package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

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

var errReadOnly = errors.New("it takes no writes")

// storage marks whatever a database, its library or the way to it says: for a caller all of that is storage that is not
// to be had now, and callers need not know the databases' codes. What our own code concludes from rows stays as it is,
// and so does the end of a caller that left. A value that a constraint refused is marked as well; who concludes
// something from it looks through the mark.
func asUnavailable(err error) error {
	var (
		marked     *UnavailableError
		connecting *pgconn.ConnectError
	)

	switch {
	case err == nil || errors.As(err, &marked) || errors.Is(err, gorm.ErrRecordNotFound):
		return err
	case errors.As(err, &connecting):
		return &UnavailableError{Cause: err}
	case errors.Is(err, context.Canceled):
		return err // the caller's own
	case errors.Is(err, context.DeadlineExceeded) || isQueryOutcome(err) || isDatabaseError(err):
		return &UnavailableError{Cause: err}
	}

	return err
}

// isDatabaseError reports whether an error comes from a database or a library of it.
func isDatabaseError(err error) bool {
	var (
		statement *driverError
		refused   *pgconn.PgError
	)
	_, ofSQLite := sqliteCode(err)

	return errors.As(err, &statement) || errors.As(err, &refused) || ofSQLite || isConnectionLost(err) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) || isSQLPackageError(err)
}

// ofSQL reports whether database/sql words an error so that its text alone tells where it comes from: a row that does
// not fit, a pool that is closed.
func isSQLPackageError(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if strings.HasPrefix(err.Error(), "sql: ") {
			return true
		}
	}

	return false
}

// Problem says nothing of what was done before the storage failed: a key may have been stored, and its session not.
func (e *UnavailableError) Problem() *problem.Error {
	described := problem.Storage(e.Error())
	if e.Unknown {
		described.Detail = "Our storage was lost while it took this, and whether it was taken is not known. Look before you try again."
	}

	return described
}
