package inflight_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/upstash-connect/bff/internal/inflight"
)

// lead makes a call in this goroutine, for the caller with this context.
func lead(
	t *testing.T, g *group, ctx context.Context, run func(context.Context, *call) (int64, error), //nolint:revive // the test comes first
) (int64, error) {
	t.Helper()

	c, first := g.JoinOrLead(context.WithoutCancel(ctx), "a", 7, nil)
	if !first || c.Terms() != 7 {
		t.Fatalf("got a call in progress, or the terms %d", c.Terms())
	}

	return c.Lead(ctx, run)
}

func TestLeaderRunsTheCallForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, w := group{CancelAbandoned: true}, work{}

		var others sync.WaitGroup
		others.Go(func() {
			time.Sleep(time.Millisecond)
			c, first := g.JoinOrLead(t.Context(), "a", 0, nil)

			if first {
				t.Error("a second call started")
			}
			wants(t, c, 1)
		})

		if got, err := lead(t, &g, t.Context(), w.takes(time.Second)); got != 1 || err != nil {
			t.Errorf("got %d and %v", got, err)
		}
		others.Wait()

		if g.JoinExisting("a") != nil {
			t.Error("the call can still be joined")
		}
	})
}

func TestLeaderThatLeaves(t *testing.T) {
	for name, waited := range map[string]bool{"alone, ends the call": false, "takes it from nobody": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, w := group{CancelAbandoned: true}, work{}

				leaving, leave := context.WithTimeout(t.Context(), time.Second)
				defer leave()

				var others sync.WaitGroup
				if waited {
					others.Go(func() {
						time.Sleep(time.Millisecond)
						wants(t, g.JoinExisting("a"), 1)
					})
				}

				start := time.Now()

				if _, err := lead(t, &g, leaving, w.takes(time.Minute)); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want the leader's own deadline", err)
				}
				others.Wait()

				took := time.Since(start)
				if ended := w.ended.Load() == 1; ended == waited || (took == time.Second) == waited {
					t.Errorf("the call was given up: %t, after %s", ended, took)
				}
			})
		})
	}
}

func TestLeaderPanicIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := group{CancelAbandoned: true}

		var others sync.WaitGroup
		others.Go(func() {
			time.Sleep(time.Millisecond)

			_, err := g.JoinExisting("a").Wait(t.Context())
			if _, broke := errors.AsType[*inflight.PanicError](err); !broke {
				t.Errorf("another: got %v", err)
			}
		})

		_, err := lead(t, &g, t.Context(), func(context.Context, *call) (int64, error) {
			time.Sleep(time.Second)
			panic("out")
		})
		if _, broke := errors.AsType[*inflight.PanicError](err); !broke {
			t.Errorf("the leader: got %v", err)
		}
		others.Wait()
	})
}
