package upstash

import (
	"container/list"
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"
)

// Bounds of calls that are under way at once.
const (
	DefaultConcurrent = 64
	DefaultShare      = 8 // of one account

	maxQueueWait = 5 * time.Second // how long a call waits for its turn
	crowdedRetry = 5 * time.Second
)

// turns bounds the calls under way. Those beyond the bound wait in the order in which they came; but an account holds
// no more than its share of turns and of places at the head of the line, so that one with many calls does not keep the
// others waiting.
type fairQueue struct {
	share    int
	patience time.Duration

	mu       sync.Mutex
	free     int
	line     *list.List // of *waiter, first come first
	accounts map[[sha256.Size]byte]accountSlots
}

// accountSlots is an account that has turns, or waits for some.
type accountSlots struct {
	used   int        // turns held and places in the line
	parked *list.List // of *waiter: those beyond the share; nil while there was none
}

// turn is one that a call has.
type slot struct {
	queue   *fairQueue
	account [sha256.Size]byte
}

// done gives it back.
func (s slot) done() { s.queue.release(s.account) }

type waiter struct {
	account [sha256.Size]byte
	granted chan struct{} // closed with the turn
	place   *list.Element // in the line or among the parked
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

// take waits for a turn. The turn is the caller's until it is done. *UnavailableError when the wait is too long;
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

// queue takes a turn at once (nil), or gets in line for one.
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

// release gives a turn back.
func (q *fairQueue) release(account [sha256.Size]byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free++
	q.freeShare(account)
	q.grantSlots()
}

// leave gives up waiting. The turn may have come in the same moment.
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

// freeShare lets the next of an account's parked calls get in line, and forgets an account that has nothing under way.
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

// grant hands out the turns that are free.
func (q *fairQueue) grantSlots() {
	for q.free > 0 && q.line.Len() > 0 {
		q.free--
		close(q.line.Remove(q.line.Front()).(*waiter).granted)
	}
}
