package db

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	failureWindow = 5 * time.Second // a failure affects readiness for this long
	failureShare  = 20              // one failed call in this many makes us not ready; one request makes several calls
)

// health records failures that a readiness check does not see: a revoked privilege, a slow statement, a full disk.
// While there are many, the server is not ready. A successful call costs one addition.
type health struct {
	now   func() time.Time // for tests; nil: time.Now
	calls atomic.Int64     // that succeeded

	mu          sync.Mutex
	windowStart time.Time // start of the failures that are counted
	callsBefore int64     // successful calls before windowStart
	failures    int64
	last        time.Time
	cause       error
}

// observe records how a call ended, and returns its error.
func (h *health) observe(err error) error {
	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) {
		h.calls.Add(1)
		return err
	}

	if !affectsReadiness(unavailable.Cause) {
		return err
	}

	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.clock()

	if now.Sub(h.last) > failureWindow || now.Sub(h.windowStart) > 2*failureWindow {
		h.windowStart, h.callsBefore, h.failures = now, h.calls.Load(), 0
	}
	h.failures++
	h.last, h.cause = now, unavailable.Cause

	return err
}

// readinessError returns *UnavailableError while too many recent calls have failed.
func (h *health) readinessError() error {
	h.mu.Lock()
	defer h.mu.Unlock()

	succeeded := h.calls.Load() - h.callsBefore
	if h.failures == 0 || h.clock().Sub(h.last) > failureWindow || succeeded >= h.failures*(failureShare-1) {
		return nil
	}

	return &UnavailableError{Cause: fmt.Errorf("%d recent calls failed, the last with: %w", h.failures, h.cause)}
}

func (h *health) clock() time.Time {
	if h.now != nil {
		return h.now()
	}

	return time.Now()
}

// affectsReadiness reports whether an error shows a database problem that the readiness checks may miss. They do see a
// lost connection. Errors that one caller alone can cause must not make the server not ready for all: contention, and a
// value that the database cannot store.
func affectsReadiness(err error) bool {
	if isConnectionLost(err) || isQueryOutcome(err) {
		return false
	}

	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return !contention(pgErr.Code) && !strings.HasPrefix(pgErr.Code, "22")
	}

	if code, ofSQLite := sqliteCode(err); ofSQLite {
		primary := code & primaryCode
		return primary != codeBusy && primary != codeLocked && primary != codeConstraint
	}
	var marked *driverError

	return errors.As(err, &marked)
}

// SQLite's result codes. An extended code has its primary code in the low byte (https://www.sqlite.org/rescode.html).
const (
	primaryCode = 0xff

	codeBusy       = 5
	codeLocked     = 6
	codeConstraint = 19 // also an error that a trigger raises
)

func contention(code string) bool {
	return code == "40001" || code == "40P01" || code == "55P03" // even after the retries
}
