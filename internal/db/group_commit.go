package db

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/upstash-connect/bff/internal/inflight"
)

const (
	maxGroupSize = 64                    // works that share one commit at most
	maxGroupTime = 10 * time.Millisecond // after which none joins any more: those who came first wait for the commit
)

// group lets writers of a SQLite file share commits. A commit waits for the disk, and only one can be under way: those
// who come meanwhile queue, and one of them, the leader, then runs the works of all in one transaction, each behind a
// savepoint of its own. Nobody waits for company: a writer that comes alone commits alone.
//
// What holds for one work alone holds for it in a group. An error or a panic of it undoes it and no other. It is a
// success when the commit was, and the commit's error is that of each. A caller that leaves is not served if its work
// has not begun; if it has, it learns how it ended. Works run in the order in which they came.
type groupCommit struct {
	d       *DB
	maxTime time.Duration // maxGroupTime

	mu      sync.Mutex
	leading bool
	waiting []*member
}

// member is one caller's work on its way.
type member struct {
	ctx  context.Context
	work func(u *unitOfWork) error
	wake chan struct{} // closed when it is settled, or is to lead

	isLeader bool
	settled  bool // err and panic are its outcome
	err      error
	panic    *inflight.PanicError
}

func (d *DB) enableGroupCommit() (err error) {
	d.writes, err = newStatementCache(d.write, true)
	d.group = &groupCommit{d: d, maxTime: maxGroupTime}

	return err
}

// run runs work, which must bear being run again: its results are those of the last time. A panic of it is raised here.
func (g *groupCommit) run(ctx context.Context, work func(u *unitOfWork) error) error {
	m := &member{ctx: ctx, work: work}

	if !g.joinOrLead(m) {
		select {
		case <-m.wake:
		case <-ctx.Done():
			if g.cancel(m) {
				return ctx.Err()
			}
			<-m.wake // begun, or about to lead
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

// enter reports whether the member leads at once. Else it waits.
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

// leave reports whether the member was still waiting, and waits no more.
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

// next takes the first of those who wait; nil when nobody does.
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

// promoteNext makes the first of those who wait the leader.
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
