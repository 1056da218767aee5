package db

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// slotsPerAccount bounds how many pooled connections the calls of one account may hold at once while they wait for
// the row of its connection. More calls would only wait, and one busy account would exhaust the pool.
const slotsPerAccount = 2

// errSlotTimeout means that earlier calls for the same account took too long.
var errSlotTimeout = errors.New("earlier calls for this account did not finish")

// keyedSemaphore is one semaphore per key. It bounds how many of the calls that wait for the same row hold a
// connection of the pool. The zero value is ready for use.
type keyedSemaphore struct {
	mu    sync.Mutex
	byKey map[string]*semaphore
}

type semaphore struct {
	slots   chan struct{}
	callers int // guarded by keyedSemaphore.mu
}

// acquire waits for a slot. The caller releases it with the returned function.
func (k *keyedSemaphore) acquire(ctx context.Context, key string) (release func(), err error) {
	k.mu.Lock()
	if k.byKey == nil {
		k.byKey = map[string]*semaphore{}
	}

	own := k.byKey[key]
	if own == nil {
		own = &semaphore{slots: make(chan struct{}, slotsPerAccount)}
		k.byKey[key] = own
	}
	own.callers++
	k.mu.Unlock()

	select {
	case own.slots <- struct{}{}:
		return func() { <-own.slots; k.removeCaller(key, own) }, nil
	case <-ctx.Done():
		k.removeCaller(key, own)
		return nil, ctx.Err()
	}
}

// removeCaller deletes the key's semaphore with its last caller.
func (k *keyedSemaphore) removeCaller(key string, own *semaphore) {
	k.mu.Lock()
	defer k.mu.Unlock()

	if own.callers--; own.callers == 0 {
		delete(k.byKey, key)
	}
}

// transactForConnection is transact for work that locks the row of a connection, or waits for that lock.
func (d *DB) transactForConnection(ctx context.Context, connectionID string, work func(u *unitOfWork) error) error {
	if d.file || connectionID == "" { // SQLite runs one writer at a time anyway
		return d.transact(ctx, work)
	}

	release, err := d.acquireSlot(ctx, connectionID)
	if err != nil {
		return err
	}
	defer release()

	return d.transact(ctx, work)
}

// acquireSlot waits for a slot of the account, for the call timeout at most. A timeout here is caused by the account's
// own calls, so it does not affect readiness.
func (d *DB) acquireSlot(caller context.Context, connectionID string) (release func(), err error) {
	ctx, cancel := context.WithTimeout(caller, d.callTimeout)
	defer cancel()

	release, err = d.accountSlots.acquire(ctx, connectionID)
	if err != nil && caller.Err() == nil {
		err = &UnavailableError{Cause: fmt.Errorf("%w in %s", errSlotTimeout, d.callTimeout)}
	}

	return release, err
}
