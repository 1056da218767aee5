package proxy

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/upstash-connect/bff/internal/inflight"
)

// listPlace is whose list it is, and under which key it is read.
type listPlace struct {
	connectionID string
	binding      [sha256.Size]byte
}

// listTerms decide who may join a call for a list.
type listTerms struct {
	place listPlace
	begun time.Time
}

type (
	listCalls = inflight.Group[string, listTerms, []Database] // by connection
	listCall  = inflight.Call[string, listTerms, []Database]
)

// lists lets callers of one account share a call for its list while that call is young, and remembers the answer as
// long. A nil *lists remembers nothing.
type lists struct {
	fresh time.Duration
	now   func() time.Time
	reads *listReads
	calls listCalls

	// mu makes one step of each look at the memory and at the calls: what was forgotten while its call was under way
	// must not be remembered by it.
	mu     sync.Mutex
	memory *listMemory
}

func newLists(fresh time.Duration, now func() time.Time, reads *listReads) *lists {
	return &lists{fresh: fresh, now: now, reads: reads, calls: listCalls{CancelUnwaited: true}, memory: newListMemory()}
}

// read answers from memory, joins the call under way, or begins one by ask. A caller that leaves gets its context's
// error; the call goes on for the others, and ends when nobody waits for it. Errors are shared and not remembered.
func (l *lists) read(
	ctx context.Context, at listPlace, ask func(context.Context) ([]Database, error),
) ([]Database, error) {
	databases, call := l.look(ctx, at, ask)
	if call == nil {
		return databases, nil
	}

	return call.Wait(ctx)
}

// look returns a remembered list, or a call that the caller waits for.
func (l *lists) look(
	ctx context.Context, at listPlace, ask func(context.Context) ([]Database, error),
) ([]Database, *listCall) {
	l.mu.Lock()
	defer l.mu.Unlock()
	begun := l.now()

	oldest := begun.Add(-l.fresh)
	if databases, ok := l.memory.get(at, oldest); ok {
		l.reads.memory.Add(1)
		return databases, nil
	}

	young := func(under listTerms) bool { return under.place == at && under.begun.After(oldest) }
	terms := listTerms{place: at, begun: begun}

	call, first := l.calls.Join(context.WithoutCancel(ctx), at.connectionID, terms, young,
		func(ctx context.Context, call *listCall) ([]Database, error) {
			databases, err := ask(ctx)
			l.land(call, terms, databases, err)
			return databases, err
		})
	if !first {
		l.reads.joined.Add(1)
	}

	return nil, call
}

// land remembers what the call brought, unless a newer one has begun or the account's lists were forgotten meanwhile.
func (l *lists) land(call *listCall, terms listTerms, databases []Database, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()

	if !call.Retire() || err != nil {
		return
	}
	l.memory.put(terms.place, terms.begun, databases, l.now().Add(-l.fresh))
}

// forget drops what is remembered of a connection, and lets nobody join what is under way: it began too early.
func (l *lists) forget(connectionID string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls.Forget(connectionID)
	l.memory.drop(connectionID)
}
