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
	// holderTimeout is when a server that has not said that it lives counts as gone for what it held: it missed three
	// beats. To be wrong about one does no harm to what it makes: its fence is lost, and its call counts as under way
	// for as long as it could be.
	holderTimeout = 3 * rotation.BeatEvery
	// busyRetryAfter is what a caller is told to wait while a server that surely lives holds the key or the name.
	busyRetryAfter = 2 * time.Second
	minRetryAfter  = time.Second
)

// SetLeaseHolder says under which name this process holds what it leases from now on: that of a server that beats. On SQLite
// there is one server, and what one before it held is free when it starts.
func (d *DB) SetLeaseHolder(server string) {
	if !d.file {
		d.holder.Store(&server)
	}
}

// self is the name of SetLeaseHolder; "" for a process that does not beat.
func (d *DB) leaseHolder() string {
	if name := d.holder.Load(); name != nil {
		return *name
	}

	return ""
}

// holderIsAlive holds for creates whose holder is not known to be gone; its one value is self. A process never takes
// itself for gone.
var holderIsAlive = fmt.Sprintf("(creates.lease_holder IN ('', ?) OR EXISTS (SELECT 1 FROM servers "+
	"WHERE servers.id = creates.lease_holder AND servers.seen_at > NOW() - %d))", holderTimeout.Milliseconds())

const selectLease = "SELECT lease_until - NOW(), lease_holder, " +
	"COALESCE((SELECT seen_at FROM servers WHERE servers.id = creates.lease_holder), 0) - NOW() FROM creates WHERE "

var (
	findLeaseByID = newStatement(selectLease + "id = ?")
	// any create of a connection that is under way, and any of a grant
	findActiveLease = newStatement(selectLease + "connection_id = ? AND lease_until > NOW() AND " + holderIsAlive + " LIMIT 1")
	findGrantLease  = newStatement(selectLease + "grant_id = ? AND state <> 'done' AND lease_until > NOW() LIMIT 1")
)

// held is how the lease of a create stands.
type leaseStatus struct {
	left   time.Duration // until it ends by itself
	holder string
	seen   time.Duration // when its holder was last seen; below zero
}

// lease looks a lease up with one of the statements above.
func (u *unitOfWork) readLease(s *statement, values ...any) (found leaseStatus, ok bool, err error) {
	ok, err = u.findOne(s, func(row *sql.Rows) error {
		var left, seen int64
		err := row.Scan(&left, &found.holder, &seen)
		found.left, found.seen = time.Duration(left)*time.Millisecond, time.Duration(seen)*time.Millisecond

		return err
	}, values...)

	return found, ok, err
}

// busy says when a caller can get what another holds: when it is known whether that one's server lives, or when the
// lease ends by itself, whichever is first. Of another server that said a moment ago that it lives, this is longer than
// most creates take: it may have been killed since, and who comes back at that time gets an answer in any case.
func (u *unitOfWork) busyError(h leaseStatus) error {
	wait := h.left

	switch h.holder {
	case u.d.leaseHolder():
		if u.d.file || h.holder != "" { // it is this server, and it lives
			wait = min(wait, busyRetryAfter)
		}
	case "":
	default:
		wait = min(wait, h.seen+holderTimeout)
	}

	return &proxy.CreateBusyError{RetryAfter: max(wait, minRetryAfter)}
}

// busyWith is busy for a lease that is looked up first.
func (u *unitOfWork) findBusyError(s *statement, values ...any) error {
	found, _, err := u.readLease(s, values...)
	if err != nil {
		return err
	}

	return u.busyError(found)
}

// replaceClock is a condition of holderIsAlive' kind for GORM.
func replaceClock(condition, clock string) string {
	return strings.ReplaceAll(condition, "NOW()", clock)
}
