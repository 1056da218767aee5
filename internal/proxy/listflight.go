package proxy

import (
	"context"
	"crypto/sha256"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// listPlace is whose list it is, and under which key it is read.
type listPlace struct {
	connectionID string
	binding      [sha256.Size]byte
}

// lists lets callers of one account share a call for its list while that call is young, and remembers the answer as long.
// A nil *lists remembers nothing.
type lists struct {
	fresh time.Duration
	now   func() time.Time
	reads *listReads

	mu     sync.Mutex
	under  map[string]*listFlight // by connection: the last begun, until it ends or is forgotten
	memory *listMemory
}

// listFlight is one call for a list. Its results may be read once done is closed.
type listFlight struct {
	place     listPlace
	begun     time.Time
	waiting   int // callers; guarded by lists.mu
	cancel    context.CancelFunc
	done      chan struct{}
	databases []Database
	err       error
}

func newLists(fresh time.Duration, now func() time.Time, reads *listReads) *lists {
	return &lists{fresh: fresh, now: now, reads: reads, under: map[string]*listFlight{}, memory: newListMemory()}
}

// read answers from memory, joins the call under way, or begins one by ask. A caller that leaves gets its context's error;
// the call goes on for the others, and ends when nobody waits for it. Errors are shared and not remembered.
func (l *lists) read(ctx context.Context, at listPlace, ask func(context.Context) ([]Database, error)) ([]Database, error) {
	databases, flight := l.look(ctx, at, ask)
	if flight == nil {
		return databases, nil
	}
	select {
	case <-flight.done:
		l.leave(flight)
		return flight.databases, flight.err
	case <-ctx.Done():
		l.leave(flight)
		return nil, ctx.Err()
	}
}

// look returns a remembered list, or a flight that the caller waits for.
func (l *lists) look(ctx context.Context, at listPlace, ask func(context.Context) ([]Database, error)) ([]Database, *listFlight) {
	l.mu.Lock()
	defer l.mu.Unlock()
	oldest := l.now().Add(-l.fresh)
	if databases, ok := l.memory.get(at, oldest); ok {
		l.reads.memory.Add(1)
		return databases, nil
	}
	if under := l.under[at.connectionID]; under != nil && under.place == at && under.begun.After(oldest) {
		l.reads.joined.Add(1)
		under.waiting++
		return nil, under
	}
	shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
	flight := &listFlight{place: at, begun: l.now(), waiting: 1, cancel: cancel, done: make(chan struct{})}
	l.under[at.connectionID] = flight
	go l.fly(shared, flight, ask)
	return nil, flight
}

func (l *lists) fly(ctx context.Context, flight *listFlight, ask func(context.Context) ([]Database, error)) {
	defer close(flight.done)
	defer l.land(flight)
	defer func() {
		// Nobody recovers for this goroutine. The value may hold anything, so only its type is told.
		if value := recover(); value != nil {
			flight.err = fmt.Errorf("panic while a list was read: %T\n%s", value, debug.Stack())
		}
	}()
	flight.databases, flight.err = ask(ctx)
}

// land remembers what the flight brought, unless a newer one has begun or the account's lists were forgotten meanwhile.
func (l *lists) land(flight *listFlight) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.remove(flight) || flight.err != nil {
		return
	}
	l.memory.put(flight.place, flight.begun, flight.databases, l.now().Add(-l.fresh))
}

// remove takes the flight out of those that can be joined, and reports whether it was one.
func (l *lists) remove(flight *listFlight) bool {
	if l.under[flight.place.connectionID] != flight {
		return false
	}
	delete(l.under, flight.place.connectionID)
	return true
}

func (l *lists) leave(flight *listFlight) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if flight.waiting--; flight.waiting == 0 {
		l.remove(flight) // it is about to fail: nobody may join it now
		flight.cancel()
	}
}

// forget drops what is remembered of a connection, and lets nobody join what is under way: it began too early.
func (l *lists) forget(connectionID string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.under, connectionID)
	l.memory.drop(connectionID)
}
