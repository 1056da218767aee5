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

// UnavailableError means that the database cannot serve the call now: it is full, read-only, locked, unreadable or
// unreachable. Its text is for the log.
type UnavailableError struct {
	Cause   error
	Unknown bool // the connection was lost when the change may already have been made; only a read can tell
}

func (e *UnavailableError) Error() string {
	if e.Unknown {
		return fmt.Sprintf("the database is unavailable; whether the change was made is unknown: %v", e.Cause)
	}

	return fmt.Sprintf("the database is unavailable: %v", e.Cause)
}
func (e *UnavailableError) Unwrap() error { return e.Cause }

var errReadOnly = errors.New("it is read-only")

// asUnavailable wraps every error of a database, its driver or the connection to it, so that callers need not know the
// databases' error codes. It does not wrap errors that our own code derived from rows, nor the cancellation of the
// caller's context. It does wrap constraint violations; callers that handle those unwrap the error.
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
		return err // the caller cancelled
	case errors.Is(err, context.DeadlineExceeded) || isQueryOutcome(err) || isDatabaseError(err):
		return &UnavailableError{Cause: err}
	}

	return err
}

// isDatabaseError reports whether an error comes from a database or its driver.
func isDatabaseError(err error) bool {
	var (
		driver *driverError
		pgErr  *pgconn.PgError
	)
	_, ofSQLite := sqliteCode(err)

	return errors.As(err, &driver) || errors.As(err, &pgErr) || ofSQLite || isConnectionLost(err) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) || isSQLPackageError(err)
}

// isSQLPackageError reports whether database/sql made an error whose text alone shows its origin, such as a scan that
// failed or a closed pool.
func isSQLPackageError(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if strings.HasPrefix(err.Error(), "sql: ") {
			return true
		}
	}

	return false
}

// Problem does not say what happened before the storage failed: for example, a key may be stored and its session not.
func (e *UnavailableError) Problem() *problem.Error {
	details := problem.Storage(e.Error())
	if e.Unknown {
		details.Detail = "The server lost its storage during this change. " +
			"Check whether the change was made before you try again."
	}

	return details
}
