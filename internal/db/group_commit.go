package db

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/upstash-connect/bff/internal/inflight"
)

const (
	maxGroupSize = 64                    // bounds the works in one commit
	maxGroupTime = 10 * time.Millisecond // after this, no work joins: the first ones are waiting for the commit
)

// groupCommit lets writers of a SQLite file share commits. A commit waits for the disk, and only one can be in
// progress. Writers that arrive meanwhile queue; then one of them, the leader, runs the work of all in one transaction,
// each behind its own savepoint. No writer waits for others to join: a single writer commits alone.
//
// Each work behaves as if it ran alone. Its error or panic rolls back only its own changes. It succeeds when the commit
// does; if the commit fails, every member gets the commit's error. When a caller cancels, its work is skipped if it has
// not begun; otherwise the caller waits for the outcome. Works run in the order of arrival.
type groupCommit struct {
	d       *DB
	maxTime time.Duration // maxGroupTime

	mu      sync.Mutex
	leading bool
	waiting []*member
}

// member is one caller's queued work.
type member struct {
	ctx  context.Context
	work func(u *unitOfWork) error
	wake chan struct{} // closed when the member is settled or becomes the leader

	isLeader bool
	settled  bool // err and panic hold its outcome
	err      error
	panic    *inflight.PanicError
}

func (d *DB) enableGroupCommit() (err error) {
	d.writes, err = newStatementCache(d.write, true)
	d.group = &groupCommit{d: d, maxTime: maxGroupTime}

	return err
}

// run runs work, which must be safe to run again: the results are those of its last run. A panic of work is raised
// here, in its caller.
func (g *groupCommit) run(ctx context.Context, work func(u *unitOfWork) error) error {
	m := &member{ctx: ctx, work: work}

	if !g.joinOrLead(m) {
		select {
		case <-m.wake:
		case <-ctx.Done():
			if g.cancel(m) {
				return ctx.Err()
			}
			<-m.wake // its work has begun, or it is becoming the leader
		}
	}

	if m.isLeader {
		g.lead(m)
	}

	if m.panic != nil {
		panic(m.panic)
	}

	return m.err
}

// joinOrLead reports whether the member becomes the leader immediately. Otherwise it is queued.
func (g *groupCommit) joinOrLead(m *member) bool {
	g.mu.Lock()
	defer g.mu.Unlock()

	if !g.leading {
		g.leading, m.isLeader = true, true
		return true
	}
	m.wake = make(chan struct{})
	g.waiting = append(g.waiting, m)

	return false
}

// cancel removes the member from the queue. It reports false when the member no longer waits.
func (g *groupCommit) cancel(m *member) bool {
	g.mu.Lock()
	defer g.mu.Unlock()

	n := slices.Index(g.waiting, m)
	if n < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, n, n+1)

	return true
}

// dequeue returns the first waiting member; nil when nobody waits.
func (g *groupCommit) dequeue() *member {
	g.mu.Lock()
	defer g.mu.Unlock()

	if len(g.waiting) == 0 {
		return nil
	}
	first := g.waiting[0]
	g.waiting = slices.Delete(g.waiting, 0, 1)

	return first
}

// promoteNext makes the first waiting member the leader.
func (g *groupCommit) promoteNext() {
	g.mu.Lock()
	defer g.mu.Unlock()

	if len(g.waiting) == 0 {
		g.leading = false
		return
	}
	first := g.waiting[0]
	g.waiting = slices.Delete(g.waiting, 0, 1)
	first.isLeader = true
	close(first.wake)
}

// lead commits a batch that begins with the leader's own work.
func (g *groupCommit) lead(leader *member) {
	b := &commitBatch{d: g.d}
	defer g.promoteNext()
	defer b.settle(leader)

	for _, m := range b.commit(leader, g.dequeue) {
		(&commitBatch{d: g.d}).commit(m, func() *member { return nil })
	}
}
