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

	turnPatience = 5 * time.Second // how long a call waits for its turn
	crowdedRetry = 5 * time.Second
)

// turns bounds the calls under way. Those beyond the bound wait in the order in which they came; but an account holds
// no more than its share of turns and of places at the head of the line, so that one with many calls does not keep the
// others waiting.
type turns struct {
	share    int
	patience time.Duration

	mu       sync.Mutex
	free     int
	line     *list.List // of *waiter, first come first
	accounts map[[sha256.Size]byte]shareholder
}

// shareholder is an account that has turns, or waits for some.
type shareholder struct {
	used   int        // turns held and places in the line
	parked *list.List // of *waiter: those beyond the share; nil while there was none
}

// turn is one that a call has.
type turn struct {
	turns   *turns
	account [sha256.Size]byte
}

// done gives it back.
func (t turn) done() { t.turns.release(t.account) }

type waiter struct {
	account [sha256.Size]byte
	granted chan struct{} // closed with the turn
	place   *list.Element // in the line or among the parked
	parked  bool
}

func newTurns(concurrent, share int, patience time.Duration) *turns {
	return &turns{
		share:    share,
		patience: patience,
		free:     concurrent,
		line:     list.New(),
		accounts: map[[sha256.Size]byte]shareholder{},
	}
}

// take waits for a turn. The turn is the caller's until it is done. *UnavailableError when the wait is too long;
// context.Canceled when the caller left.
func (t *turns) take(ctx context.Context, account [sha256.Size]byte) (turn, error) {
	w := t.queue(account)
	if w == nil {
		return turn{t, account}, nil
	}

	timer := time.NewTimer(t.patience)
	defer timer.Stop()

	select {
	case <-w.granted:
		return turn{t, account}, nil
	case <-timer.C:
	case <-ctx.Done():
	}

	err := ctx.Err()
	if !errors.Is(err, context.Canceled) {
		err = &UnavailableError{RetryAfter: crowdedRetry, Crowded: true}
	}
	t.leave(w)

	return turn{}, err
}

// queue takes a turn at once (nil), or gets in line for one.
func (t *turns) queue(account [sha256.Size]byte) *waiter {
	t.mu.Lock()
	defer t.mu.Unlock()

	holder := t.accounts[account]
	if holder.used < t.share && t.free > 0 && t.line.Len() == 0 {
		holder.used++
		t.accounts[account] = holder
		t.free--

		return nil
	}

	w := &waiter{account: account, granted: make(chan struct{}), parked: holder.used >= t.share}
	if w.parked {
		if holder.parked == nil {
			holder.parked = list.New()
		}
		w.place = holder.parked.PushBack(w)
	} else {
		holder.used++
		w.place = t.line.PushBack(w)
	}
	t.accounts[account] = holder

	return w
}

// release gives a turn back.
func (t *turns) release(account [sha256.Size]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free++
	t.vacate(account)
	t.grant()
}

// leave gives up waiting. The turn may have come in the same moment.
func (t *turns) leave(w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()

	select {
	case <-w.granted:
		t.free++
		t.vacate(w.account)
	default:
		if w.parked {
			t.accounts[w.account].parked.Remove(w.place)
			return
		}
		t.line.Remove(w.place)
		t.vacate(w.account)
	}
	t.grant()
}

// vacate lets the next of an account's parked calls get in line, and forgets an account that has nothing under way.
func (t *turns) vacate(account [sha256.Size]byte) {
	holder := t.accounts[account]
	if holder.parked != nil && holder.parked.Len() > 0 {
		w := holder.parked.Remove(holder.parked.Front()).(*waiter)
		w.parked, w.place = false, t.line.PushBack(w)

		return
	}

	if holder.used--; holder.used == 0 {
		delete(t.accounts, account)
		return
	}
	t.accounts[account] = holder
}

// grant hands out the turns that are free.
func (t *turns) grant() {
	for t.free > 0 && t.line.Len() > 0 {
		t.free--
		close(t.line.Remove(t.line.Front()).(*waiter).granted)
	}
}
