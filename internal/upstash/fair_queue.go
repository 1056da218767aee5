package upstash

import (
	"container/list"
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"
)

// Limits of concurrent calls.
const (
	DefaultConcurrent = 64
	DefaultShare      = 8 // for one account

	maxQueueWait = 5 * time.Second // how long a call waits for a slot
	crowdedRetry = 5 * time.Second
)

// fairQueue limits the calls in progress by slots. Calls beyond the limit wait in order of arrival. An account has at
// most its share of slots and of places in the line, so that one account with many calls does not delay the others.
type fairQueue struct {
	share    int
	patience time.Duration

	mu       sync.Mutex
	free     int
	line     *list.List // of *waiter, in order of arrival
	accounts map[[sha256.Size]byte]accountSlots
}

// accountSlots counts the slots of an account with calls in progress or waiting.
type accountSlots struct {
	used   int        // slots and places in the line
	parked *list.List // of *waiter: calls beyond the share; nil until the first
}

// slot is the permission for one call in progress.
type slot struct {
	queue   *fairQueue
	account [sha256.Size]byte
}

// done releases the slot.
func (s slot) done() { s.queue.release(s.account) }

type waiter struct {
	account [sha256.Size]byte
	granted chan struct{} // closed when the slot is granted
	place   *list.Element // in the line or in parked
	parked  bool
}

func newFairQueue(concurrent, share int, patience time.Duration) *fairQueue {
	return &fairQueue{
		share:    share,
		patience: patience,
		free:     concurrent,
		line:     list.New(),
		accounts: map[[sha256.Size]byte]accountSlots{},
	}
}

// acquire waits for a slot, which the caller releases with done. *UnavailableError when the wait is too long;
// context.Canceled when the caller left.
func (q *fairQueue) acquire(ctx context.Context, account [sha256.Size]byte) (slot, error) {
	w := q.enqueue(account)
	if w == nil {
		return slot{q, account}, nil
	}

	timer := time.NewTimer(q.patience)
	defer timer.Stop()

	select {
	case <-w.granted:
		return slot{q, account}, nil
	case <-timer.C:
	case <-ctx.Done():
	}

	err := ctx.Err()
	if !errors.Is(err, context.Canceled) {
		err = &UnavailableError{RetryAfter: crowdedRetry, Crowded: true}
	}
	q.leave(w)

	return slot{}, err
}

// enqueue takes a free slot (nil), or adds a waiter.
func (q *fairQueue) enqueue(account [sha256.Size]byte) *waiter {
	q.mu.Lock()
	defer q.mu.Unlock()

	slots := q.accounts[account]
	if slots.used < q.share && q.free > 0 && q.line.Len() == 0 {
		slots.used++
		q.accounts[account] = slots
		q.free--

		return nil
	}

	w := &waiter{account: account, granted: make(chan struct{}), parked: slots.used >= q.share}
	if w.parked {
		if slots.parked == nil {
			slots.parked = list.New()
		}
		w.place = slots.parked.PushBack(w)
	} else {
		slots.used++
		w.place = q.line.PushBack(w)
	}
	q.accounts[account] = slots

	return w
}

// release returns a slot.
func (q *fairQueue) release(account [sha256.Size]byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free++
	q.freeShare(account)
	q.grantSlots()
}

// leave stops waiting. The slot may have been granted in the same moment.
func (q *fairQueue) leave(w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()

	select {
	case <-w.granted:
		q.free++
		q.freeShare(w.account)
	default:
		if w.parked {
			q.accounts[w.account].parked.Remove(w.place)
			return
		}
		q.line.Remove(w.place)
		q.freeShare(w.account)
	}
	q.grantSlots()
}

// freeShare moves the account's next parked call into the line, and forgets an account without calls.
func (q *fairQueue) freeShare(account [sha256.Size]byte) {
	slots := q.accounts[account]
	if slots.parked != nil && slots.parked.Len() > 0 {
		w := slots.parked.Remove(slots.parked.Front()).(*waiter)
		w.parked, w.place = false, q.line.PushBack(w)

		return
	}

	if slots.used--; slots.used == 0 {
		delete(q.accounts, account)
		return
	}
	q.accounts[account] = slots
}

// grantSlots grants the free slots in order.
func (q *fairQueue) grantSlots() {
	for q.free > 0 && q.line.Len() > 0 {
		q.free--
		close(q.line.Remove(q.line.Front()).(*waiter).granted)
	}
}
