package db

import (
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/rotation"
)

const (
	// holderTimeout is after how long a server that sends no heartbeat counts as stopped: it missed three. A wrong
	// guess is harmless: the server has lost its fence, and its call counts as in progress until it must have ended.
	holderTimeout = 3 * rotation.HeartbeatInterval
	// busyRetryAfter is the Retry-After while a live server holds the key or the name.
	busyRetryAfter = 2 * time.Second
	minRetryAfter  = time.Second
)

// SetLeaseHolder sets the name under which this process takes leases: that of a server that sends heartbeats. On SQLite
// there is one server, and it frees an earlier server's leases when it starts.
func (d *DB) SetLeaseHolder(server string) {
	if !d.file {
		d.holder.Store(&server)
	}
}

// leaseHolder returns the name set by SetLeaseHolder; "" for a process that sends no heartbeats.
func (d *DB) leaseHolder() string {
	if name := d.holder.Load(); name != nil {
		return *name
	}

	return ""
}

// holderIsAlive is true for creates whose holder is not known to be stopped. Its one value is leaseHolder: a process
// never counts itself as stopped.
var holderIsAlive = fmt.Sprintf("(creates.lease_holder IN ('', ?) OR EXISTS (SELECT 1 FROM servers "+
	"WHERE servers.id = creates.lease_holder AND servers.seen_at > NOW() - %d))", holderTimeout.Milliseconds())

const selectLease = "SELECT lease_until - NOW(), lease_holder, " +
	"COALESCE((SELECT seen_at FROM servers WHERE servers.id = creates.lease_holder), 0) - NOW() FROM creates WHERE "

var (
	findLeaseByID = newStatement(selectLease + "id = ?")
	// Any create of a database in progress of a connection, and any create of a grant.
	findActiveLease = newStatement(selectLease + "connection_id = ? AND operation = 'redis.create' AND lease_until > NOW() AND " + holderIsAlive + " LIMIT 1")
	findGrantLease  = newStatement(selectLease + "grant_id = ? AND reserves AND state <> 'done' AND lease_until > NOW() LIMIT 1")
)

// leaseStatus is the state of a create's lease.
type leaseStatus struct {
	left   time.Duration // until it expires
	holder string
	seen   time.Duration // when its holder was last seen; negative
}

// readLease reads a lease with one of the statements above.
func (u *unitOfWork) readLease(s *statement, values ...any) (found leaseStatus, ok bool, err error) {
	ok, err = u.findOne(s, func(row *sql.Rows) error {
		var left, seen int64
		err := row.Scan(&left, &found.holder, &seen)
		found.left, found.seen = time.Duration(left)*time.Millisecond, time.Duration(seen)*time.Millisecond

		return err
	}, values...)

	return found, ok, err
}

// busyError says when to retry a key or name that another process holds: when the holder's server is known to be
// stopped, or when the lease expires, whichever is first. Most creates are faster than the timeout of a server that was
// just seen alive. But that server may have been killed since, and a caller that retries then gets a definite response.
func (u *unitOfWork) busyError(h leaseStatus) error {
	wait := h.left

	switch h.holder {
	case u.d.leaseHolder():
		if u.d.file || h.holder != "" { // this server holds it, and is alive
			wait = min(wait, busyRetryAfter)
		}
	case "":
	default:
		wait = min(wait, h.seen+holderTimeout)
	}

	return &proxy.CreateBusyError{RetryAfter: max(wait, minRetryAfter)}
}

// findBusyError is busyError for a lease that it reads first.
func (u *unitOfWork) findBusyError(s *statement, values ...any) error {
	found, _, err := u.readLease(s, values...)
	if err != nil {
		return err
	}

	return u.busyError(found)
}

// replaceClock replaces NOW() in a condition for GORM.
func replaceClock(condition, clock string) string {
	return strings.ReplaceAll(condition, "NOW()", clock)
}
