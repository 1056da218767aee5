package limit_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/limit"
)

func TestParseRate(t *testing.T) {
	for value, want := range map[string]limit.Rate{
		"100/s": {Count: 100, Per: time.Second}, "30/m": {Count: 30, Per: time.Minute}, "10/h": {Count: 10, Per: time.Hour},
		"1000000/s": {Count: 1_000_000, Per: time.Second}, "off": {}, "0": {}, "0/s": {},
	} {
		if got, err := limit.ParseRate(value); err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", value, got, err, want)
		}
	}

	for _, value := range []string{"", "/", "s", "10", "10/", "/s", "10/d", "10/S", "-1/s", "+1/s", "1.5/s", "1/s/s", " 1/s", "1 /s", "0x10/s", "1e3/s", "1000001/s", "99999999999999999999/s", "OFF", "none", "0/d", "¼/s"} {
		if got, err := limit.ParseRate(value); !errors.Is(err, limit.ErrRate) {
			t.Errorf("%q: got %+v, %v, want an error", value, got, err)
		}
	}

	for _, value := range []string{"100/s", "7/m", "10/h", "off"} {
		rate, err := limit.ParseRate(value)
		if err != nil || rate.String() != value {
			t.Errorf("%q: reads back as %q, %v", value, rate, err)
		}
	}
}

// Units become available no faster than the rate, with a delay of at most one microsecond per unit.
func TestUnitsReturnNoFasterThanTheRate(t *testing.T) {
	for _, per := range []time.Duration{time.Second, time.Minute, time.Hour} {
		for _, count := range []int{1, 2, 3, 7, 10, 30, 99, 100, 999, 1001, 65537, 999_999, 1_000_000} {
			rate := limit.Rate{Count: count, Per: per}
			if got := rate.Burst(); got < per || got > per+time.Duration(count)*time.Microsecond ||
				rate.Every()%time.Microsecond != 0 {
				t.Errorf("%s: the full rate returns in %s, a unit in %s", rate, got, rate.Every())
			}
		}
	}
}

func TestCallersDiffer(t *testing.T) {
	seen := map[limit.Caller]int{}
	for n, caller := range []limit.Caller{
		limit.NewCaller("account", "ab", "c"), limit.NewCaller("account", "a", "bc"), limit.NewCaller("account", "abc"),
		limit.NewCaller("account", "abc", ""), limit.NewCaller("accountabc"), limit.NewCaller("service", "ab", "c"),
	} {
		if before, taken := seen[caller]; taken {
			t.Errorf("callers %d and %d are equal", before, n)
		}
		seen[caller] = n
	}

	if before, again := seen[limit.NewCaller("account", "ab", "c")]; !again || before != 0 {
		t.Error("the same caller differs")
	}
}

func memory(t *testing.T, count int, per time.Duration) *limit.Memory {
	t.Helper()

	m, err := limit.NewMemory("requests", limit.Rate{Count: count, Per: per})
	if err != nil {
		t.Fatal(err)
	}

	return m
}

func TestMemoryAllowsOneBurstOfTheRate(t *testing.T) {
	m, caller := memory(t, 100, time.Hour), limit.NewCaller("account", "a")

	var (
		group   sync.WaitGroup
		through atomic.Int64
	)
	for range 400 {
		group.Go(func() {
			var exceeded *limit.ExceededError
			switch err := m.Take(t.Context(), caller); {
			case err == nil:
				through.Add(1)
			case !errors.As(err, &exceeded):
				t.Error(err)
			}
		})
	}
	group.Wait()

	if got := through.Load(); got != 100 {
		t.Errorf("got %d of 400 accepted, want 100", got)
	}

	if err := m.Take(t.Context(), limit.NewCaller("account", "b")); err != nil {
		t.Errorf("another caller: got %v", err)
	}

	var exceeded *limit.ExceededError
	if err := m.Take(t.Context(), caller); !errors.As(err, &exceeded) {
		t.Fatalf("got %v, want an *ExceededError", err)
	}

	if got := exceeded.Quota; !got.Rejected || got.Limit != "requests" || got.Remaining != 0 ||
		got.Wait <= 30*time.Second ||
		got.Wait > 36*time.Second {
		t.Errorf("got %+v, want none left, and the next in 36 s", got)
	}
}

// Concurrent first requests of a caller share one bucket.
func TestMemoryGivesACallerOneBucket(t *testing.T) {
	m := memory(t, 1, time.Hour)
	for n := range 3000 {
		var (
			group          sync.WaitGroup
			ready, through atomic.Int64
			caller         = limit.NewCaller("account", fmt.Sprint(n))
		)
		for range 2 {
			group.Go(func() {
				for ready.Add(1); ready.Load() < 2; { // both start at the same moment, without a lock
					runtime.Gosched()
				}

				if m.Take(t.Context(), caller) == nil {
					through.Add(1)
				}
			})
		}
		group.Wait()

		if got := through.Load(); got != 1 {
			t.Fatalf("caller %d: got %d accepted, want 1", n, got)
		}
	}
}

func TestMemoryReturnsUnits(t *testing.T) {
	m, caller := memory(t, 1, 20*time.Millisecond), limit.NewCaller("account", "a")
	for n := range 3 {
		for deadline := time.Now().Add(10 * time.Second); m.Take(t.Context(), caller) != nil; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("unit %d never became available", n)
			}
		}
	}
}

func TestZeroRateIsUnlimited(t *testing.T) {
	m := memory(t, 0, 0)
	ledger := limit.NewLedger("mints", limit.Rate{}, nil) // the store is never queried

	ctx, report := limit.WithReport(t.Context())
	for range 10 {
		err := errors.Join(m.Take(ctx, "a"), ledger.Take(ctx, "a"), ledger.Check(ctx, "a"), ledger.Refund(ctx, "a"))
		if err != nil {
			t.Fatal(err)
		}
	}

	if got := report.Quotas(); len(got) != 0 {
		t.Errorf("got %v reported, want nothing", got)
	}
}

func TestReportKeepsTheLastOfEachLimit(t *testing.T) {
	ctx, report := limit.WithReport(t.Context())

	first, second := memory(t, 10, time.Hour), memory(t, 5, time.Hour)
	for range 3 {
		_ = first.Take(ctx, "a")
	}

	other, err := limit.NewMemory("creates", limit.Rate{Count: 2, Per: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	_ = other.Take(context.WithoutCancel(ctx), "a")
	_ = second.Take(t.Context(), "a") // belongs to another request

	got := report.Quotas()
	if len(got) != 2 || got[0].Limit != "requests" || got[0].Remaining != 7 || got[1].Limit != "creates" ||
		got[1].Remaining != 1 {
		t.Errorf("got %+v, want 7 requests and 1 create left", got)
	}
}
