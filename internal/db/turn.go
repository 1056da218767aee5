package db

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// turnsOfOne is how many calls for one account may have a connection of the pool at once, of those that wait for the
// row of its connection. More would only wait, and one account that is in a hurry would have the whole pool.
const turnsOfOne = 2

// errTurn means that the calls for one account before this one took too long.
var errTurn = errors.New("the calls for this account before did not end")

// turns lets few of the calls that wait for the same row take a connection of the pool. The zero value is ready.
type turns struct {
	mu sync.Mutex
	of map[string]*turn
}

type turn struct {
	slots   chan struct{}
	callers int // guarded by turns.mu
}

// take waits for a turn. Who got one calls done.
func (t *turns) take(ctx context.Context, key string) (done func(), err error) {
	t.mu.Lock()
	if t.of == nil {
		t.of = map[string]*turn{}
	}

	own := t.of[key]
	if own == nil {
		own = &turn{slots: make(chan struct{}, turnsOfOne)}
		t.of[key] = own
	}
	own.callers++
	t.mu.Unlock()

	select {
	case own.slots <- struct{}{}:
		return func() { <-own.slots; t.leave(key, own) }, nil
	case <-ctx.Done():
		t.leave(key, own)
		return nil, ctx.Err()
	}
}

func (t *turns) leave(key string, own *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()

	if own.callers--; own.callers == 0 {
		delete(t.of, key)
	}
}

// transactFor is transact for work that waits for the row of a connection, or has it waited for.
func (d *DB) transactFor(ctx context.Context, connectionID string, work func(u *unit) error) error {
	if d.file || connectionID == "" { // the writers of a file take turns anyway
		return d.transact(ctx, work)
	}

	done, err := d.takeTurnFor(ctx, connectionID)
	if err != nil {
		return err
	}
	defer done()

	return d.transact(ctx, work)
}

// takeTurnFor waits as long as a call may. That it took too long is the account's own doing, and says nothing about the
// database.
func (d *DB) takeTurnFor(caller context.Context, connectionID string) (done func(), err error) {
	ctx, cancel := context.WithTimeout(caller, d.patience)
	defer cancel()

	done, err = d.turns.take(ctx, connectionID)
	if err != nil && caller.Err() == nil {
		err = &UnavailableError{Cause: fmt.Errorf("%w in %s", errTurn, d.patience)}
	}

	return done, err
}
