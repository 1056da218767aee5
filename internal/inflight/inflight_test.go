package inflight_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/upstash-connect/bff/internal/inflight"
)

// Time in these tests is virtual.

type (
	group = inflight.Group[string, int, int64]
	call  = inflight.Call[string, int, int64]
)

// work is what calls do: each brings its number after a while, or the error of its context.
type work struct {
	started, ended atomic.Int64 // ended: by their contexts
}

func (w *work) takes(while time.Duration) func(context.Context, *call) (int64, error) {
	return func(ctx context.Context, _ *call) (int64, error) {
		number := w.started.Add(1)
		select {
		case <-time.After(while):
			return number, nil
		case <-ctx.Done():
			w.ended.Add(1)
			return 0, ctx.Err()
		}
	}
}

func wants(t *testing.T, c *call, want int64) {
	t.Helper()

	if got, err := c.Wait(t.Context()); err != nil || got != want {
		t.Errorf("got %d and error %v, want what call %d brought", got, err, want)
	}
}

func TestConcurrentCallersShareTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			g      group
			w      work
			firsts atomic.Int64
			all    sync.WaitGroup
		)
		for range 50 {
			all.Go(func() {
				c, first := g.Join(t.Context(), "a", 0, nil, w.takes(time.Second))
				if first {
					firsts.Add(1)
				}
				wants(t, c, 1)
			})
		}
		all.Wait()

		if firsts.Load() != 1 {
			t.Errorf("%d callers began the call, want 1", firsts.Load())
		}

		if g.JoinExisting("a") != nil {
			t.Error("a call that has ended can be joined")
		}
		c, _ := g.Join(t.Context(), "a", 0, nil, w.takes(0))
		wants(t, c, 2)
	})
}

func TestKeysAreIndependent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			g group
			w work
		)
		a, _ := g.Join(t.Context(), "a", 0, nil, w.takes(time.Second))

		b, first := g.Join(t.Context(), "b", 0, nil, w.takes(time.Second))
		if a == b || !first {
			t.Error("two keys share a call")
		}

		for _, c := range []*call{a, b} {
			if _, err := c.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}

// A call under terms that a caller cannot take continues, and a newer one takes its place.
func TestCallIsJoinedOnlyIfItsTermsAllow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			g group
			w work
		)
		from := func(least int) func(int) bool { return func(terms int) bool { return terms >= least } }
		retired := make(chan bool, 1)
		old, _ := g.Join(t.Context(), "a", 1, from(1), func(ctx context.Context, c *call) (int64, error) {
			defer func() { retired <- c.Retire() }()
			return w.takes(time.Minute)(ctx, c)
		})
		synctest.Wait()

		next, first := g.Join(t.Context(), "a", 2, from(2), w.takes(time.Hour))
		if !first || next == old {
			t.Error("a call was joined that is too old")
		}

		if again, first := g.Join(t.Context(), "a", 3, from(2), nil); first || again != next {
			t.Error("the newer call cannot be joined")
		}
		wants(t, old, 1)

		if <-retired {
			t.Error("the old call could still be joined when it ended")
		}

		if g.JoinExisting("a") != next {
			t.Error("the end of the old call took the newer one's place")
		}
		wants(t, next, 2)
	})
}

func TestForgottenCallContinuesAndIsNotJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			g group
			w work
		)
		old, _ := g.Join(t.Context(), "a", 0, nil, w.takes(time.Second))
		synctest.Wait()
		g.Forget("a")
		g.Forget("b") // which is not there
		next, _ := g.Join(t.Context(), "a", 0, nil, w.takes(time.Second))
		wants(t, old, 1)
		wants(t, next, 2)
	})
}

func TestLeavingCallerKeepsTheCallForOthers(t *testing.T) {
	for name, cancels := range map[string]bool{"a call that continues unwaited": false, "a call that does not": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, w := group{CancelAbandoned: cancels}, work{}
				leaving, leave := context.WithCancel(t.Context())
				first, _ := g.Join(context.WithoutCancel(leaving), "a", 0, nil, w.takes(time.Second))
				second, _ := g.Join(t.Context(), "a", 0, nil, nil)
				leave()

				if _, err := first.Wait(leaving); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v, want the caller's own cancellation", err)
				}
				wants(t, second, 1)

				if w.ended.Load() != 0 {
					t.Error("the call was given up")
				}
			})
		})
	}
}

func TestAbandonedCall(t *testing.T) {
	for name, cancels := range map[string]bool{"continues": false, "ends, if it is to": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, w := group{CancelAbandoned: cancels}, work{}

				leaving, leave := context.WithTimeout(t.Context(), time.Second)
				defer leave()

				var all sync.WaitGroup
				for range 2 {
					all.Go(func() {
						c, _ := g.Join(context.WithoutCancel(leaving), "a", 0, nil, w.takes(time.Minute))
						_, _ = c.Wait(leaving)
					})
				}
				all.Wait()

				joinable := g.JoinExisting("a")
				if (joinable == nil) != cancels {
					t.Errorf("got a call that can be joined: %t", joinable != nil)
				}
				synctest.Wait()

				if (w.ended.Load() == 1) != cancels {
					t.Errorf("%d calls were given up", w.ended.Load())
				}
				time.Sleep(time.Minute) // until what continues has ended
			})
		})
	}
}

func TestCallEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			g group
			w work
		)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		c, _ := g.Join(ctx, "a", 0, nil, w.takes(time.Minute))
		if _, err := c.Wait(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want DeadlineExceeded", err)
		}
	})
}

// What goes wrong in a call costs those who share it an error, and nobody else anything.
func TestFailuresAreShared(t *testing.T) {
	no := errors.New("no")

	tests := map[string]struct {
		run  func(context.Context, *call) (int64, error)
		want func(error) bool
	}{
		"an error": {
			func(context.Context, *call) (int64, error) { time.Sleep(time.Millisecond); return 0, no },
			func(err error) bool { return errors.Is(err, no) },
		},
		"a panic": {
			func(context.Context, *call) (int64, error) { time.Sleep(time.Millisecond); panic("hunter2") },
			func(err error) bool {
				var broke *inflight.PanicError
				isPanic := errors.As(err, &broke) && broke.Type == "string" && len(broke.Stack) > 0
				return isPanic && !strings.Contains(err.Error(), "hunter2")
			},
		},
		"a goroutine that is ended": {
			func(context.Context, *call) (int64, error) {
				time.Sleep(time.Millisecond)
				runtime.Goexit()
				return 1, nil
			},
			func(err error) bool { return err != nil },
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var (
					g   group
					w   work
					all sync.WaitGroup
				)
				for range 2 {
					all.Go(func() {
						c, _ := g.Join(t.Context(), "a", 0, nil, tc.run)
						if _, err := c.Wait(t.Context()); !tc.want(err) {
							t.Errorf("got %v", err)
						}
					})
				}
				all.Wait()
				c, _ := g.Join(t.Context(), "a", 0, nil, w.takes(0))
				wants(t, c, 1)
			})
		})
	}
}

func TestDrainWaitsAndStopsNewCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			g group
			w work
		)
		under, _ := g.Join(t.Context(), "a", 0, nil, w.takes(time.Minute))

		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		if err := g.Drain(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("while a call is in progress: got %v, want DeadlineExceeded", err)
		}

		if c, _ := g.Join(t.Context(), "b", 0, nil, w.takes(0)); c != nil {
			t.Error("a call began after the end")
		}

		if c, first := g.Join(t.Context(), "a", 0, nil, nil); c != under || first {
			t.Error("the call in progress cannot be joined")
		}

		if err := g.Drain(t.Context()); err != nil {
			t.Errorf("got %v, want that the call has ended", err)
		}
		wants(t, under, 1)
	})
}

// Concurrent callers, in real time, for the race detector: each gets the number of a call with its own key.
func TestManyCallersOfManyKeys(t *testing.T) {
	g, w := group{CancelAbandoned: true}, work{}

	var all sync.WaitGroup
	for n := range 64 {
		all.Go(func() {
			key := string('a' + rune(n%4))
			for range 100 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n)*50*time.Microsecond)
				late := func(terms int) bool { return terms >= n%8 }

				c, _ := g.Join(context.WithoutCancel(ctx), key, n, late, w.takes(time.Millisecond))
				if got, err := c.Wait(ctx); (err == nil) == (got == 0) {
					t.Errorf("got %d and error %v", got, err)
				}

				if n%16 == 0 {
					g.Forget(key)
				}
				cancel()
			}
		})
	}
	all.Wait()

	for _, key := range []string{"a", "b", "c", "d"} {
		if g.JoinExisting(key) != nil {
			t.Errorf("a call for %s is still held", key)
		}
	}
}

func TestNestedGuardKeepsTheFirstStack(t *testing.T) {
	inner := &inflight.PanicError{Type: "string", Stack: []byte("there")}

	_, err := inflight.Guard(func() (int, error) { panic(inner) })
	if !errors.Is(err, inner) {
		t.Errorf("got %v, want the inner panic", err)
	}
}
