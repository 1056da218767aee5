package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// far is an upstream whose lists have one database, named after the number of the call. The test controls the time.
type far struct {
	*lists
	calls  atomic.Int64
	ended  atomic.Int64 // calls whose context ended first
	counts listReads
}

func newFar() *far {
	f := &far{}
	f.lists = newLists(time.Second, time.Now, &f.counts)
	return f
}

func here() listKey { return listKey{connectionID: "con_1"} }

func rekeyed() listKey { return listKey{connectionID: "con_1", binding: [32]byte{1}} }

// ask is a call that takes so long.
func (f *far) ask(takes time.Duration) func(context.Context) (*Listing, error) {
	return func(ctx context.Context) (*Listing, error) {
		call := f.calls.Add(1)
		select {
		case <-time.After(takes):
			return &Listing{Databases: []Database{{Name: fmt.Sprint(call)}}}, nil
		case <-ctx.Done():
			f.ended.Add(1)
			return nil, ctx.Err()
		}
	}
}

// sees reads a list and fails the test unless it is the one that this call brought.
func (f *far) sees(t *testing.T, key listKey, takes time.Duration, call int) {
	t.Helper()

	got, err := f.read(t.Context(), key, f.ask(takes))
	if err != nil || len(got.Databases) != 1 || got.Databases[0].Name != fmt.Sprint(call) {
		t.Errorf("got %v and error %v, want the list of call %d", got, err, call)
	}
}

func TestConcurrentCallersShareOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFar()

		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() { f.sees(t, here(), 300*time.Millisecond, 1) })
		}
		callers.Wait()
		f.sees(t, here(), 0, 1)

		if joined, memory := f.counts.joined.Load(), f.counts.memory.Load(); joined != 49 || memory != 1 {
			t.Errorf("got %d joined and %d from memory, want 49 and 1", joined, memory)
		}
	})
}

func TestListAgeCountsFromTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFar()
		f.sees(t, here(), 600*time.Millisecond, 1)
		time.Sleep(399 * time.Millisecond)
		f.sees(t, here(), 0, 1)
		time.Sleep(time.Millisecond)
		f.sees(t, here(), 0, 2)
		f.sees(t, here(), 1500*time.Millisecond, 2)
		time.Sleep(time.Second)
		f.sees(t, here(), 1500*time.Millisecond, 3) // older than a second as it arrives
		f.sees(t, here(), 0, 4)
	})
}

// Promise R9: the memory serves a list for at most four seconds from the start of the read.
//
// Threat model: R9.
func TestCachesForgetInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFar()
		f.fresh = MaxFresh
		f.sees(t, here(), 3*time.Second, 1)
		time.Sleep(time.Second - time.Nanosecond)
		f.sees(t, here(), 0, 1)
		time.Sleep(time.Nanosecond)
		f.sees(t, here(), 0, 2)
	})

	if MaxFresh > 4*time.Second {
		t.Errorf("a list may be %s old, want at most 4 s", MaxFresh)
	}

	if _, err := NewService(complete(MaxFresh)); err != nil {
		t.Errorf("%s: %v", MaxFresh, err)
	}

	if _, err := NewService(complete(MaxFresh + 1)); err == nil {
		t.Error("a service remembers lists for longer")
	}
}

// complete are options with nothing behind them.
func complete(fresh time.Duration) Options {
	type nothing struct {
		CredentialSource
		Upstream
		Pinger
		CreateStore
		Sealer
		keys.Auditor
	}

	return Options{
		Credentials: nothing{},
		Upstream:    nothing{},
		Pinger:      nothing{},
		Creates:     nothing{},
		Box:         nothing{},
		Audit:       nothing{},
		Settle:      time.Second,
		Fresh:       fresh,
		RestURL:     "https://{endpoint}",
		Logger:      slog.New(slog.DiscardHandler),
	}
}

func TestOldCallIsNotJoinedOrCached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFar()
		var callers sync.WaitGroup
		callers.Go(func() { f.sees(t, here(), 1200*time.Millisecond, 1) })
		time.Sleep(999 * time.Millisecond)
		callers.Go(func() { f.sees(t, here(), 0, 1) })
		time.Sleep(time.Millisecond)
		f.sees(t, here(), 100*time.Millisecond, 2)
		callers.Wait() // the first responds only now
		f.sees(t, here(), 0, 2)
	})
}

func TestListFromBeforeACreateIsNotReturnedAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFar()
		f.sees(t, here(), 0, 1)
		f.forget("con_2")
		f.sees(t, here(), 0, 1)
		f.forget("con_1")
		var callers sync.WaitGroup
		callers.Go(func() { f.sees(t, here(), 300*time.Millisecond, 2) })
		time.Sleep(100 * time.Millisecond)
		f.forget("con_1")
		callers.Go(func() { f.sees(t, here(), 100*time.Millisecond, 3) }) // not joined
		callers.Wait()
		f.sees(t, here(), 0, 3) // nor cached, although it responded last
	})
}

func TestListsAreSeparatePerKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFar()
		f.sees(t, here(), 0, 1)
		f.sees(t, rekeyed(), 0, 2)
		f.sees(t, here(), 0, 3)
		time.Sleep(2 * time.Second)
		var callers sync.WaitGroup
		callers.Go(func() { f.sees(t, here(), 300*time.Millisecond, 4) })
		time.Sleep(100 * time.Millisecond)
		callers.Go(func() { f.sees(t, rekeyed(), 300*time.Millisecond, 5) })
		callers.Wait()
	})
}

func TestLeavingCallerDoesNotCancelForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFar()
		ctx, leave := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		callers.Go(func() {
			if _, err := f.read(ctx, here(), f.ask(300*time.Millisecond)); !errors.Is(err, context.Canceled) {
				t.Errorf("got error %v for who left, want %v", err, context.Canceled)
			}
		})
		time.Sleep(100 * time.Millisecond)
		callers.Go(func() { f.sees(t, here(), 0, 1) })
		time.Sleep(100 * time.Millisecond)
		leave()
		callers.Wait()

		if ended := f.ended.Load(); ended != 0 {
			t.Errorf("%d calls were given up, want none", ended)
		}
	})
}

func TestAbandonedListCallIsCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFar()
		ctx, leave := context.WithCancel(t.Context())

		var callers sync.WaitGroup
		for range 2 {
			callers.Go(func() { _, _ = f.read(ctx, here(), f.ask(time.Minute)) })
		}
		time.Sleep(100 * time.Millisecond)
		leave()
		callers.Wait()
		f.sees(t, here(), 100*time.Millisecond, 2) // a call that is being cancelled is not joined
		synctest.Wait()

		if ended := f.ended.Load(); ended != 1 {
			t.Errorf("%d calls were given up, want 1", ended)
		}
	})
}

func TestErrorsAreSharedAndNotCached(t *testing.T) {
	for name, fails := range map[string]func(context.Context) (*Listing, error){
		"an error": func(context.Context) (*Listing, error) { time.Sleep(time.Millisecond); return nil, errors.New("no") },
		"a panic":  func(context.Context) (*Listing, error) { time.Sleep(time.Millisecond); panic("hunter2") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFar()

				var callers sync.WaitGroup
				for range 2 {
					callers.Go(func() {
						if got, err := f.read(t.Context(), here(), fails); err == nil || got != nil {
							t.Errorf("got %v and error %v, want the error alone", got, err)
						}
					})
				}
				callers.Wait()

				if joined := f.counts.joined.Load(); joined != 1 {
					t.Errorf("%d joined, want 1", joined)
				}
				f.sees(t, here(), 0, 1)
			})
		})
	}
}

// Whatever callers do concurrently, nobody sees a list of another account, one read under another key, one whose read
// started more than a second before the request, or one whose read started before the last create that ended before
// the request.
func TestListsBelongToTheCallerAndAreFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFar()
		var callers sync.WaitGroup

		var ends [3]atomic.Int64 // of each connection's last create
		for range 40 {
			callers.Go(func() {
				for range 50 {
					whose, key := rand.IntN(len(ends)), byte(rand.IntN(2))
					at := listKey{connectionID: fmt.Sprint(whose), binding: [32]byte{key}}
					time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)

					if rand.IntN(10) == 0 {
						f.forget(at.connectionID)
						ends[whose].Store(time.Now().UnixNano())
						continue
					}
					ctx, leave := context.WithTimeout(t.Context(), time.Duration(1+rand.IntN(1500))*time.Millisecond)
					requested, least := time.Now(), ends[whose].Load()
					got, err := f.read(ctx, at, func(ctx context.Context) (*Listing, error) {
						start := time.Now()
						select {
						case <-time.After(time.Duration(rand.IntN(1500)) * time.Millisecond):
							return &Listing{Databases: []Database{{ID: fmt.Sprint(at), CreatedAt: start}}}, nil
						case <-ctx.Done():
							return nil, ctx.Err()
						}
					})
					leave()

					if err != nil {
						if ctx.Err() == nil {
							t.Errorf("got error %v for who did not leave", err)
						}
						continue
					}

					first := got.Databases[0]
					start := first.CreatedAt

					if first.ID != fmt.Sprint(at) || requested.Sub(start) >= time.Second || start.UnixNano() < least {
						t.Errorf(
							"got the list of %s, %s old, started at %d; requested by %v after a create that ended at %d",
							first.ID,
							requested.Sub(start),
							start.UnixNano(),
							at,
							least,
						)
					}
				}
			})
		}
		callers.Wait()

		for whose := range len(ends) {
			if f.lists.calls.JoinExisting(fmt.Sprint(whose)) != nil {
				t.Errorf("a call for %d is still held, want none", whose)
			}
		}

		if f.counts.joined.Load() == 0 || f.counts.memory.Load() == 0 {
			t.Error("nothing was shared")
		}
	})
}
