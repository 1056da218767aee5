package proxy

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/upstash-connect/bff/internal/cache"
	"github.com/upstash-connect/bff/internal/inflight"
)

// listKey identifies a list: its connection, and the key it is read with.
type listKey struct {
	connectionID string
	binding      [sha256.Size]byte
}

// listTerms decide which callers may join a list call.
type listTerms struct {
	key   listKey
	start time.Time
}

type (
	listCalls = inflight.Group[string, listTerms, *Listing] // by connection
	listCall  = inflight.Call[string, listTerms, *Listing]
)

// lists lets callers of one account share a call for its list while that call is recent enough, and caches the result
// for the same time. A nil *lists caches nothing.
type lists struct {
	fresh time.Duration
	now   func() time.Time
	reads *listReads
	calls listCalls

	// mu guards the cache, and makes a lookup in the cache and in the calls one step: a call in progress must not
	// cache a list that was forgotten meanwhile.
	mu    sync.Mutex
	cache *listCache
}

func newLists(fresh time.Duration, now func() time.Time, reads *listReads) *lists {
	return &lists{fresh: fresh, now: now, reads: reads, calls: listCalls{CancelAbandoned: true}, cache: newListCache()}
}

// read returns a cached list, joins the call in progress, or calls ask in the caller's goroutine. A caller that leaves
// gets its context's error; the call continues for the others, and ends when nobody waits. Errors are shared and not
// cached.
func (l *lists) read(
	ctx context.Context, key listKey, ask func(context.Context) (*Listing, error),
) (*Listing, error) {
	listing, call, first := l.findOrJoin(ctx, key)

	switch {
	case listing != nil:
		l.reads.memory.Add(1)
		return listing, nil
	case !first:
		l.reads.joined.Add(1)
		return call.Wait(ctx)
	}

	return call.Lead(ctx, func(ctx context.Context, call *listCall) (*Listing, error) {
		listing, err := ask(ctx)
		l.finish(call, listing, err)

		return listing, err
	})
}

// findOrJoin returns a cached list, or a call: the caller waits for it, or leads it if first is true.
func (l *lists) findOrJoin(ctx context.Context, key listKey) (listing *Listing, call *listCall, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()

	start := l.now()
	oldest := start.Add(-l.fresh)

	if listing, ok := l.cache.get(key, oldest); ok {
		return listing, nil, false
	}
	young := func(under listTerms) bool { return under.key == key && under.start.After(oldest) }

	call, first = l.calls.JoinOrLead(
		context.WithoutCancel(ctx), key.connectionID, listTerms{key: key, start: start}, young,
	)

	return nil, call, first
}

// finish caches the result of the call, unless a newer call has begun or the account's lists were forgotten meanwhile.
func (l *lists) finish(call *listCall, listing *Listing, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()

	if !call.Retire() || err != nil {
		return
	}
	terms := call.Terms()
	l.cache.put(terms.key, terms.start, listing, l.now().Add(-l.fresh))
}

func (l *lists) stats() cache.Stats {
	l.mu.Lock()
	defer l.mu.Unlock()

	stats := cache.Stats{Entries: l.cache.lists.Len(), Hits: l.reads.memory.Load()}
	stats.Misses = l.reads.joined.Load() + l.reads.upstream.Load()

	for _, cached := range l.cache.lists.Values() {
		stats.Oldest = max(stats.Oldest, l.now().Sub(cached.start))
	}

	return stats
}

// forget drops the cached list of a connection, and lets nobody join a call in progress, which began too early.
func (l *lists) forget(connectionID string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls.Forget(connectionID)
	l.cache.drop(connectionID)
}
