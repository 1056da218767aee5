package storetest

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/limit"
)

// testLimits uses rates whose units refill either long after the test or immediately.
func testLimits(t *testing.T, b Backend) {
	t.Helper()
	slow, fast := limit.Rate{Count: 5, Per: time.Hour}, limit.Rate{Count: 1000, Per: time.Second}
	caller := func(name string) limit.Caller { return limit.NewCaller("test", name) }
	charge := func(t *testing.T, name, who string, rate limit.Rate, want bool) time.Duration {
		t.Helper()

		charged, ahead, err := b.Charge(t.Context(), name, caller(who), rate)
		if err != nil || charged != want {
			t.Fatalf("charge %s of %s: got %t, %v, want %t", name, who, charged, err, want)
		}

		return ahead
	}
	wantAhead := func(t *testing.T, who string, want time.Duration) {
		t.Helper()
		got, err := b.Ahead(t.Context(), "things", caller(who))
		// The clock advances between the calls, so slightly less is correct, too.
		if err != nil || got > want || got < want-time.Minute {
			t.Errorf("%s: got %s ahead, %v, want about %s", who, got, err, want)
		}
	}

	t.Run("the complete rate at once, and no more", func(t *testing.T) {
		wantAhead(t, "a", 0)

		for n := range slow.Count {
			if ahead, want := charge(
				t, "things", "a", slow, true,
			), time.Duration(
				n+1,
			)*slow.Every(); ahead > want ||
				ahead < want-time.Minute {
				t.Errorf("charge %d: got %s ahead, want about %s", n+1, ahead, want)
			}
		}

		for range 3 {
			charge(t, "things", "a", slow, false)
		}
		wantAhead(t, "a", slow.Burst())
	})
	t.Run("other callers and limits are unaffected", func(t *testing.T) {
		charge(t, "things", "b", slow, true)
		charge(t, "others", "a", slow, true)
	})
	t.Run("a refund can be charged again, once", func(t *testing.T) {
		if err := b.Refund(t.Context(), "things", caller("a"), slow); err != nil {
			t.Fatal(err)
		}
		charge(t, "things", "a", slow, true)
		charge(t, "things", "a", slow, false)

		if err := b.Refund(t.Context(), "things", caller("nobody"), slow); err != nil {
			t.Errorf("no charge to refund: got %v", err)
		}
	})
	t.Run("use under a stricter rate does not block for longer than the new rate", func(t *testing.T) {
		charge(t, "things", "a", fast, false)
		eventually(t, "charged under the new rate", func() bool {
			charged, _, err := b.Charge(t.Context(), "things", caller("a"), fast)
			return err == nil && charged
		})
	})
	t.Run("two hundred callers share it exactly", func(t *testing.T) {
		var (
			group   sync.WaitGroup
			charged atomic.Int64
		)
		for range 200 {
			group.Go(func() {
				ok, _, err := b.Charge(
					t.Context(), "things", caller("crowd"), limit.Rate{Count: 50, Per: 50 * time.Hour},
				)
				if err != nil {
					t.Error(err)
				}

				if ok {
					charged.Add(1)
				}
			})
		}
		group.Wait()

		if got := charged.Load(); got != 50 {
			t.Errorf("got %d of 200 charged, want 50", got)
		}
	})
	t.Run("deleted after it has recovered, not before", func(t *testing.T) {
		charge(t, "things", "spent", limit.Rate{Count: 1, Per: time.Microsecond}, true)
		charge(t, "things", "recovering", slow, true)
		eventually(t, "a recovered row is deleted", func() bool {
			if err := b.DeleteExpired(t.Context(), now()); err != nil {
				t.Fatal(err)
			}
			// A deleted row is ahead by zero; one that lies in the past is behind.
			ahead, err := b.Ahead(t.Context(), "things", caller("spent"))

			return err == nil && ahead == 0
		})
		wantAhead(t, "recovering", slow.Every())
	})
	t.Run("a ledger rejects, reports the wait, and refunds", func(t *testing.T) {
		ledger := limit.NewLedger("mints", limit.Rate{Count: 1, Per: time.Hour}, b)

		who := caller("of the ledger")
		for _, call := range []struct {
			name     string
			do       func() error
			rejected bool
		}{
			{"check", func() error { return ledger.Check(t.Context(), who) }, false},
			{"take", func() error { return ledger.Take(t.Context(), who) }, false},
			{"check again", func() error { return ledger.Check(t.Context(), who) }, true},
			{"take again", func() error { return ledger.Take(t.Context(), who) }, true},
			{"refund", func() error { return ledger.Refund(t.Context(), who) }, false},
			{"take the refund", func() error { return ledger.Take(t.Context(), who) }, false},
		} {
			var exceeded *limit.ExceededError

			err := call.do()
			switch {
			case !call.rejected && err != nil, call.rejected && !errors.As(err, &exceeded):
				t.Fatalf("%s: got %v, want rejected %t", call.name, err, call.rejected)
			case call.rejected:
				if got := exceeded.Quota; got.Limit != "mints" || got.Remaining != 0 ||
					math.Abs(float64(got.Wait-time.Hour)) > float64(time.Minute) {
					t.Errorf("%s: got %+v, want none left for an hour", call.name, got)
				}
			}
		}
	})
}

// eventually waits for a condition that depends on time.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()

	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within half a minute: %s", what)
}
