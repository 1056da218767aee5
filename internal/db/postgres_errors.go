package db

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Codes and classes are in https://www.postgresql.org/docs/current/errcodes-appendix.html.

// isRetryable reports whether the server rolled back a transaction that may succeed on a retry: after a deadlock, after
// a serialization failure, or because a migration changed the result of a prepared statement.
func isRetryable(err error) bool {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return false
	}

	return pgErr.Code == "40001" || pgErr.Code == "40P01" || pgErr.Code == "0A000"
}

// markUnknownCommit marks a connection loss after which the commit may have happened. committing says that the
// transaction had reached its commit. It does not rely on pgx's SafeToRetry: when the response to a COMMIT is lost, pgx
// reports "conn closed", the same as for a connection that was closed before.
func markUnknownCommit(err error, committing bool) error {
	if !committing || !isOpenConnectionLost(err) {
		return err
	}

	return &UnavailableError{Cause: err, Unknown: true}
}

// isConnectionLost reports whether the connection was cut, timed out, or ended by the server.
func isConnectionLost(err error) bool {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return strings.HasPrefix(pgErr.Code, "57P") || strings.HasPrefix(pgErr.Code, "08")
	}
	var network net.Error

	return errors.As(err, &network) || pgconn.Timeout(err) || pgconn.SafeToRetry(err) ||
		errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, driver.ErrBadConn)
}

// isOpenConnectionLost reports whether an established connection was lost. A new one may be available immediately.
func isOpenConnectionLost(err error) bool {
	var connecting *pgconn.ConnectError
	return err != nil && !errors.As(err, &connecting) && isConnectionLost(err)
}
