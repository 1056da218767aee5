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

// isRetryable reports whether the server undid a transaction that may succeed when it is run again: for a deadlock, for one
// that could not be put in order with others, or because a migration changed what its prepared statement returns.
func isRetryable(err error) bool {
	var fault *pgconn.PgError
	if !errors.As(err, &fault) {
		return false
	}

	return fault.Code == "40001" || fault.Code == "40P01" || fault.Code == "0A000"
}

// doubted marks the loss of a connection on which a commit may have been under way. committing says that it had come so
// far. pgx's word that nothing was sent (SafeToRetry) is not taken for it: of an answer that was lost to a COMMIT it
// says "conn closed", as of a connection that was closed before.
func markUnknownCommit(err error, committing bool) error {
	if !committing || !isOpenConnectionLost(err) {
		return err
	}

	return &UnavailableError{Cause: err, Unknown: true}
}

// lost reports whether an error left the connection without the server's word: cut, timed out, or ended by the server.
func isConnectionLost(err error) bool {
	var fault *pgconn.PgError
	if errors.As(err, &fault) {
		return strings.HasPrefix(fault.Code, "57P") || strings.HasPrefix(fault.Code, "08")
	}
	var network net.Error

	return errors.As(err, &network) || pgconn.Timeout(err) || pgconn.SafeToRetry(err) ||
		errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, driver.ErrBadConn)
}

// cut reports whether a connection that stood was lost: another may be had at once.
func isOpenConnectionLost(err error) bool {
	var connecting *pgconn.ConnectError
	return err != nil && !errors.As(err, &connecting) && isConnectionLost(err)
}
