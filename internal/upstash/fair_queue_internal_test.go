package upstash

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func accountNamed(name string) [sha256.Size]byte { return sha256.Sum256([]byte(name)) }

// hold takes a turn that must be free.
func hold(t *testing.T, queue *fairQueue, name string) (done func()) {
	t.Helper()

	slot, err := queue.acquire(t.Context(), accountNamed(name))
	if err != nil {
		t.Fatal(err)
	}

	return slot.done
}

// arrivals notes who got a turn, in order.
type arrivals struct {
	mu    sync.Mutex
	names []string
	done  []func()
}

// wait joins the queue, and records the name when its slot is granted. It retains the slot.
func (a *arrivals) wait(t *testing.T, queue *fairQueue, name string) {
	t.Helper()
	go func() {
		slot, err := queue.acquire(t.Context(), accountNamed(name))
		if err != nil {
			t.Error(err)
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.names, a.done = append(a.names, name), append(a.done, slot.done)
	}()
	synctest.Wait() // so that the next one arrives later
}

// end releases the slot of the n-th arrival.
func (a *arrivals) end(n int) {
	a.mu.Lock()
	done := a.done[n]
	a.mu.Unlock()
	done()
	synctest.Wait()
}

func (a *arrivals) want(t *testing.T, names ...string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()

	if !slices.Equal(a.names, names) {
		t.Fatalf("got slots %v, want %v", a.names, names)
	}
}

// empty fails the test if anything of anybody is left.
func (q *fairQueue) empty(tb testing.TB, free int) {
	tb.Helper()

	if q.free != free || q.line.Len() != 0 || len(q.accounts) != 0 {
		tb.Errorf(
			"%d slots are free, %d calls in line, %d accounts known; want %d, none and none",
			q.free,
			q.line.Len(),
			len(q.accounts),
			free,
		)
	}
}

func TestSlotsAreGrantedInOrderOfArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queue := newFairQueue(1, 1, time.Hour)
		first := hold(t, queue, "first")

		var a arrivals
		for _, name := range []string{"b", "c", "a"} {
			a.wait(t, queue, name)
		}
		a.want(t)
		first()
		synctest.Wait()
		a.want(t, "b")
		a.end(0)
		a.want(t, "b", "c")
		a.end(1)
		a.want(t, "b", "c", "a")
		a.end(2)
		queue.empty(t, 1)
	})
}

// When one account requests every slot first, it gets its share, and other accounts get theirs although they arrive
// later.
func TestOneAccountGetsOnlyItsShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queue := newFairQueue(3, 2, time.Hour)

		var a arrivals
		for range 5 {
			a.wait(t, queue, "noisy")
		}
		a.wait(t, queue, "quiet")
		a.want(t, "noisy", "noisy", "quiet")
		a.wait(t, queue, "other")
		a.end(0) // another of the noisy gets in line, behind the one who came before
		a.want(t, "noisy", "noisy", "quiet", "other")
		a.end(2)
		a.want(t, "noisy", "noisy", "quiet", "other", "noisy")

		for n := 1; n < 6; n++ {
			if n != 2 {
				a.end(n)
			}
		}
		a.want(t, "noisy", "noisy", "quiet", "other", "noisy", "noisy", "noisy")
		a.end(6)
		queue.empty(t, 3)
	})
}

func TestAbandonedSlotsAreNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queue := newFairQueue(1, 2, 5*time.Second)
		first := hold(t, queue, "a")
		leaving, leave := context.WithCancel(t.Context())
		faults := make(chan error, 3)
		try := func(ctx context.Context, name string) {
			go func() {
				_, err := queue.acquire(ctx, accountNamed(name))
				faults <- err
			}()
			synctest.Wait()
		}
		try(leaving, "a") // in line
		try(leaving, "a") // parked
		try(t.Context(), "b")
		leave()

		for range 2 {
			if err := <-faults; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want that the caller left", err)
			}
		}
		start := time.Now()

		var unavailable *UnavailableError
		if err := <-faults; !errors.As(err, &unavailable) || !unavailable.Crowded || unavailable.RetryAfter <= 0 ||
			!NotSent(err) {
			t.Errorf("got %v, want that there are too many", err)
		}

		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("waited %s, want five seconds", took)
		}
		first()
		queue.empty(t, 1)
		hold(t, queue, "c")() // the turn is there

		second := hold(t, queue, "a")
		late := queue.enqueue(accountNamed("b"))
		second()
		queue.leave(late) // its slot was granted at the moment it left
		queue.empty(t, 1)
	})
}

// Callers arrive, finish and leave in any order: the bound and the share are never exceeded, and every slot is
// released.
func TestFairQueueUnderLoad(t *testing.T) {
	const concurrent, share = 5, 2
	queue := newFairQueue(concurrent, share, time.Second)
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		all   int
		held  = map[string]int{}
	)

	count := func(name string, by int) {
		mu.Lock()
		defer mu.Unlock()

		all, held[name] = all+by, held[name]+by
		if all > concurrent || held[name] > share {
			t.Errorf("%d slots are held, %d by %s", all, held[name], name)
		}
	}
	for n := range 600 {
		name := fmt.Sprint("account ", n%7)
		group.Go(func() {
			ctx := t.Context()
			if n%3 == 0 {
				leaving, leave := context.WithTimeout(ctx, time.Duration(n%10)*time.Millisecond)
				defer leave()
				ctx = leaving
			}

			slot, err := queue.acquire(ctx, accountNamed(name))
			if err != nil {
				return
			}
			count(name, 1)
			time.Sleep(time.Duration(n%3) * time.Millisecond)
			count(name, -1)
			slot.done()
		})
	}
	group.Wait()
	queue.empty(t, concurrent)
}
