// Package inflight lets concurrent callers that want the same thing share one call for it.
//
// The package replaces golang.org/x/sync/singleflight for four reasons. There, callers join a call of any age, but a
// list may only be so old. It does not report when the last caller stops waiting, but a list that nobody waits for
// should be canceled. It has no drain, but a mint must end before its process does. A panic there ends the process or
// fails every caller, but it should fail only the callers of one account.
package inflight

import (
	"context"
	"errors"
	"sync"
)

// Group holds the calls in progress, at most one joinable call per key K. T is the type of a call's terms, which
// decide who may join, and V is the type of its result. The zero value is ready for use. It is safe for concurrent
// use, and must not be copied.
type Group[K comparable, T, V any] struct {
	// CancelAbandoned cancels the context of a call, and lets nobody join it, once its last caller has left. Otherwise
	// a call continues without callers.
	CancelAbandoned bool

	mu     sync.Mutex
	calls  map[K]*Call[K, T, V]
	closed bool
}

// Call is one call, in progress or ended. A caller that got it from Join, JoinExisting or JoinOrLead calls Wait once,
// or Lead where JoinOrLead says so.
type Call[K comparable, T, V any] struct {
	group   *Group[K, T, V]
	key     K
	terms   T
	shared  context.Context // context of the call
	cancel  context.CancelFunc
	waiting int           // number of callers; guarded by group.mu
	done    chan struct{} // closed at the end; value and err are set before
	value   V
	err     error
}

// errAborted is the result of a call whose goroutine exited without returning.
var errAborted = errors.New("a shared call was aborted")

// Join returns the call of this key that is in progress, if joinable accepts its terms (nil accepts any). Otherwise it
// starts a new call with these terms, by run; first is then true. A new call replaces one that cannot be joined; both
// continue. run receives the call and a context that ends with ctx: for a call that outlives its first caller, pass a
// context without that caller's cancellation. After Drain, Join returns nil when there is no call to join.
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

// JoinOrLead is Join for a caller that runs a new call itself, in its own goroutine: when first is true, it calls Lead
// immediately, instead of Wait.
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
	shared, cancel := context.WithCancel(ctx) //nolint:gosec // canceled by Join or Lead
	created := &Call[K, T, V]{
		group: g, key: key, terms: terms, shared: shared, cancel: cancel, waiting: 1,
		done: make(chan struct{}), err: errAborted,
	}
	g.calls[key] = created

	return created, true
}

// Lead runs the call and returns its result. When ctx ends, this caller counts as gone, as in Wait. Lead still returns
// only when the call has ended, which is soon if nobody else waits and the group cancels abandoned calls.
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

// Terms returns the terms that the call was started with.
func (c *Call[K, T, V]) Terms() T { return c.terms }

// JoinExisting joins the call of this key that is in progress, and returns nil when there is none.
func (g *Group[K, T, V]) JoinExisting(key K) *Call[K, T, V] {
	g.mu.Lock()
	defer g.mu.Unlock()

	under := g.calls[key]
	if under != nil {
		under.waiting++
	}

	return under
}

// Forget lets nobody join the call of this key any more. The call continues for its current callers.
func (g *Group[K, T, V]) Forget(key K) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.calls, key)
}

// Drain lets no new call start, and waits until all joinable calls have ended. It returns the error of ctx when that
// ends first.
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

// run runs work and ends the call, even if work panics.
func (c *Call[K, T, V]) run(ctx context.Context, work func(context.Context, *Call[K, T, V]) (V, error)) {
	defer close(c.done)
	defer c.Retire()
	c.value, c.err = Guard(func() (V, error) { return work(ctx, c) })
}

// Retire lets nobody join the call any more, and reports whether it was still joinable. It was not if a newer call
// replaced it, if it was forgotten, or if all callers left a call that is canceled without them.
func (c *Call[K, T, V]) Retire() bool {
	c.group.mu.Lock()
	defer c.group.mu.Unlock()
	return c.retire()
}

// retire is Retire for a caller that has the lock.
func (c *Call[K, T, V]) retire() bool {
	if c.group.calls[c.key] != c {
		return false
	}
	delete(c.group.calls, c.key)

	return true
}

// Wait returns the call's result, or the error of ctx when that ends first. Either way, this caller has then left the
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
		c.retire() // it is about to be canceled
		c.cancel()
	}
}
