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
	failureWindow = 5 * time.Second // for so long a fault counts against the readiness
	failureShare  = 20              // one call in so many that fails makes us not ready: a request makes several
)

// health remembers the faults that a look at the database does not show: a privilege that was taken, a statement that
// takes too long, a disk that is full. While they are many, who asks whether we are ready is told that we are not. A
// call that goes well costs one addition.
type health struct {
	now   func() time.Time // a test's; nil: time.Now
	calls atomic.Int64     // that went well

	mu          sync.Mutex
	windowStart time.Time // of the failures that are counted
	callsBefore int64     // successful calls before the window
	failures    int64
	last        time.Time
	cause       error
}

// note takes how a call ended, and returns it.
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

// verdict is *UnavailableError while too many calls of late have failed.
func (h *health) readinessError() error {
	h.mu.Lock()
	defer h.mu.Unlock()

	well := h.calls.Load() - h.callsBefore
	if h.failures == 0 || h.clock().Sub(h.last) > failureWindow || well >= h.failures*(failureShare-1) {
		return nil
	}

	return &UnavailableError{Cause: fmt.Errorf("%d calls failed of late, the last with: %w", h.failures, h.cause)}
}

func (h *health) clock() time.Time {
	if h.now != nil {
		return h.now()
	}

	return time.Now()
}

// remembered reports whether a fault says something about the database that a look at it may not. A lost connection is
// seen by looking. What one caller alone can bring about must not make us not ready for all: contention, and a value
// that the database cannot hold.
func affectsReadiness(err error) bool {
	if isConnectionLost(err) || isQueryOutcome(err) {
		return false
	}

	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return !contention(refused.Code) && !strings.HasPrefix(refused.Code, "22")
	}

	if code, ofSQLite := sqliteCode(err); ofSQLite {
		primary := code & primaryCode
		return primary != codeBusy && primary != codeLocked && primary != codeConstraint
	}
	var marked *driverError

	return errors.As(err, &marked)
}

// SQLite's result codes, of which the extended ones keep the primary one in their low byte
// (https://www.sqlite.org/rescode.html).
const (
	primaryCode = 0xff

	codeBusy       = 5
	codeLocked     = 6
	codeConstraint = 19 // a trigger's refusal too
)

func contention(code string) bool {
	return code == "40001" || code == "40P01" || code == "55P03" // and it stayed so
}
