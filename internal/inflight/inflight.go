// Package inflight lets callers who want the same thing at once share one call for it.
//
// The package replaces golang.org/x/sync/singleflight for four reasons. There, callers join a call however old it is,
// but a list may only be so old. Nobody knows when the last caller has stopped waiting, but a list that nobody waits
// for should be canceled. A group cannot be drained, but a mint must end before its process does. A panic ends the
// process or every caller, but it should cost only the callers of one account an error.
package inflight

import (
	"context"
	"errors"
	"sync"
)

// Group holds the calls under way, at most one per key K that can be joined. T is what a call was begun with, as far as
// it decides who may join, and V is what it brings. The zero value is ready for use. It is safe for concurrent use, and
// must not be copied.
type Group[K comparable, T, V any] struct {
	// CancelAbandoned ends the context of a call, and lets nobody join it, once the last of its callers has left.
	// Otherwise a call continues without its callers.
	CancelAbandoned bool

	mu     sync.Mutex
	calls  map[K]*Call[K, T, V]
	closed bool
}

// Call is one call, under way or ended. Whoever got it from Join, Joined or Enter calls Wait, or Lead
// where Enter says so, once.
type Call[K comparable, T, V any] struct {
	group   *Group[K, T, V]
	key     K
	terms   T
	shared  context.Context // of the call, which its first caller makes a moment after it entered
	cancel  context.CancelFunc
	waiting int           // callers; guarded by group.mu
	done    chan struct{} // closed at the end; value and err are set before
	value   V
	err     error
}

// errAborted is for a call whose goroutine was ended from within.
var errAborted = errors.New("a shared call broke off")

// Join returns the call of this key that is under way if joinable accepts its terms (nil accepts any), and otherwise
// begins one, under these terms, by run. first reports that this caller began it. A new call replaces one that cannot
// be joined; both continue. run receives the call and a context that ends with ctx: for a call that survives its first
// caller, pass a context without that caller's cancellation. Join returns nil after Drain, when there is no call to
// join.
func (g *Group[K, T, V]) Join(
	ctx context.Context, key K, terms T, joinable func(T) bool, run func(context.Context, *Call[K, T, V]) (V, error),
) (call *Call[K, T, V], first bool) {
	call, first = g.JoinOrLead(ctx, key, terms, joinable)
	if first {
		go func() {
			defer call.cancel()
			call.run(call.shared, run)
		}()
	}

	return call, first
}

// JoinOrLead is Join for a caller that makes a new call itself, in its own goroutine: when first is true, it calls Lead at
// once, in place of Wait.
func (g *Group[K, T, V]) JoinOrLead(
	ctx context.Context, key K, terms T, joinable func(T) bool,
) (call *Call[K, T, V], first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()

	if under := g.calls[key]; under != nil && (joinable == nil || joinable(under.terms)) {
		under.waiting++
		return under, false
	}

	if g.closed {
		return nil, false
	}

	if g.calls == nil {
		g.calls = map[K]*Call[K, T, V]{}
	}
	shared, cancel := context.WithCancel(ctx) //nolint:gosec // who makes the call cancels it: Join, or Lead
	begun := &Call[K, T, V]{
		group: g, key: key, terms: terms, shared: shared, cancel: cancel, waiting: 1,
		done: make(chan struct{}), err: errAborted,
	}
	g.calls[key] = begun

	return begun, true
}

// Lead makes the call and returns what it brought. When ctx ends, this caller counts as gone, as if it had waited with
// it; it still returns only when the call has ended, which it then does soon if nobody else waits and the group cancels
// such calls.
func (c *Call[K, T, V]) Lead(
	ctx context.Context, run func(context.Context, *Call[K, T, V]) (V, error),
) (V, error) {
	defer c.cancel()

	stay := context.AfterFunc(ctx, c.leave)
	c.run(c.shared, run)

	if stay() {
		c.leave()
	} else if err := ctx.Err(); err != nil {
		var none V
		return none, err
	}

	return c.value, c.err
}

// Terms are what the call was begun with.
func (c *Call[K, T, V]) Terms() T { return c.terms }

// JoinExisting joins the call of this key that is under way, and returns nil when there is none.
func (g *Group[K, T, V]) JoinExisting(key K) *Call[K, T, V] {
	g.mu.Lock()
	defer g.mu.Unlock()

	under := g.calls[key]
	if under != nil {
		under.waiting++
	}

	return under
}

// Forget lets nobody join the call of this key any more. It continues for those who wait.
func (g *Group[K, T, V]) Forget(key K) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.calls, key)
}

// Drain lets no further call begin, and waits until those that can be joined have ended. It returns the error of ctx
// when that ends first.
func (g *Group[K, T, V]) Drain(ctx context.Context) error {
	g.mu.Lock()
	g.closed = true

	under := make([]*Call[K, T, V], 0, len(g.calls))
	for _, call := range g.calls {
		under = append(under, call)
	}
	g.mu.Unlock()

	for _, call := range under {
		select {
		case <-call.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}

	return nil
}

// run ends the call, whatever becomes of work.
func (c *Call[K, T, V]) run(ctx context.Context, work func(context.Context, *Call[K, T, V]) (V, error)) {
	defer close(c.done)
	defer c.Retire()
	c.value, c.err = Guard(func() (V, error) { return work(ctx, c) })
}

// Retire lets nobody join the call any more, and reports whether it could be joined until now. It could not when a
// newer one has taken its place, when it was forgotten, or when all its callers have left a call that ends without
// them.
func (c *Call[K, T, V]) Retire() bool {
	c.group.mu.Lock()
	defer c.group.mu.Unlock()
	return c.retire()
}

// retire is Retire for a caller that holds the lock.
func (c *Call[K, T, V]) retire() bool {
	if c.group.calls[c.key] != c {
		return false
	}
	delete(c.group.calls, c.key)

	return true
}

// Wait returns what the call brought, or the error of ctx when that ends first. Either way this caller has left the
// call.
func (c *Call[K, T, V]) Wait(ctx context.Context) (V, error) {
	defer c.leave()

	select {
	case <-c.done:
		return c.value, c.err
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
}

func (c *Call[K, T, V]) leave() {
	c.group.mu.Lock()
	defer c.group.mu.Unlock()

	c.waiting--
	if c.waiting == 0 && c.group.CancelAbandoned {
		c.retire() // it is about to fail
		c.cancel()
	}
}
