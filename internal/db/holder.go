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
	// silentAfter is when a server that has not said that it lives counts as gone for what it held: it missed three
	// beats. To be wrong about one does no harm to what it makes: its fence is lost, and its call counts as under way
	// for as long as it could be.
	silentAfter = 3 * rotation.BeatEvery
	// createPause is what a caller is told to wait while a server that surely lives holds the key or the name.
	createPause = 2 * time.Second
	leastPause  = time.Second
)

// SetLeaseHolder says under which name this process holds what it leases from now on: that of a server that beats. On SQLite
// there is one server, and what one before it held is free when it starts.
func (d *DB) SetLeaseHolder(server string) {
	if !d.file {
		d.holder.Store(&server)
	}
}

// self is the name of SetLeaseHolder; "" for a process that does not beat.
func (d *DB) self() string {
	if name := d.holder.Load(); name != nil {
		return *name
	}

	return ""
}

// holderLives holds for creates whose holder is not known to be gone; its one value is self. A process never takes
// itself for gone.
var holderLives = fmt.Sprintf("(creates.lease_holder IN ('', ?) OR EXISTS (SELECT 1 FROM servers "+
	"WHERE servers.id = creates.lease_holder AND servers.seen_at > NOW() - %d))", silentAfter.Milliseconds())

const findLease = "SELECT lease_until - NOW(), lease_holder, " +
	"COALESCE((SELECT seen_at FROM servers WHERE servers.id = creates.lease_holder), 0) - NOW() FROM creates WHERE "

var (
	findLeaseByID = hotly(findLease + "id = ?")
	// any create of a connection that is under way, and any of a grant
	findLeaseOf    = hotly(findLease + "connection_id = ? AND lease_until > NOW() AND " + holderLives + " LIMIT 1")
	findLeaseUnder = hotly(findLease + "grant_id = ? AND state <> 'done' AND lease_until > NOW() LIMIT 1")
)

// held is how the lease of a create stands.
type held struct {
	left   time.Duration // until it ends by itself
	holder string
	seen   time.Duration // when its holder was last seen; below zero
}

// lease looks a lease up with one of the statements above.
func (u *unit) lease(s *hot, values ...any) (found held, ok bool, err error) {
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
func (u *unit) busy(h held) error {
	wait := h.left

	switch h.holder {
	case u.d.self():
		if u.d.file || h.holder != "" { // it is this server, and it lives
			wait = min(wait, createPause)
		}
	case "":
	default:
		wait = min(wait, h.seen+silentAfter)
	}

	return &proxy.CreateBusyError{RetryAfter: max(wait, leastPause)}
}

// busyWith is busy for a lease that is looked up first.
func (u *unit) busyWith(s *hot, values ...any) error {
	found, _, err := u.lease(s, values...)
	if err != nil {
		return err
	}

	return u.busy(found)
}

// withClock is a condition of holderLives' kind for GORM.
func withClock(condition, clock string) string { return strings.ReplaceAll(condition, "NOW()", clock) }
