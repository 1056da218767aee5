package cache_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/upstash-connect/bff/internal/cache"
)

func read(value string) func() (string, error) { return func() (string, error) { return value, nil } }

func fill(t *testing.T, c *cache.Cache[string, string], key, value string) {
	t.Helper()

	if got, err := c.Load(key, read(value)); err != nil || got != value {
		t.Fatalf("got %q, %v", got, err)
	}
}

func want(t *testing.T, c *cache.Cache[string, string], key, value string) {
	t.Helper()

	if got, ok := c.Find(key); got != value || ok != (value != "") {
		t.Errorf("%s: got %q, %v, want %q", key, got, ok, value)
	}
}

func TestEntryAgeCountsFromBeforeItsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cache.New[string, string](10, 4*time.Second, nil)

		_, _ = c.Load("a", func() (string, error) {
			time.Sleep(3 * time.Second)
			return "slow", nil
		})
		want(t, c, "a", "slow")
		time.Sleep(time.Second)
		want(t, c, "a", "")
	})
}

func TestEntryLifeIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cache.New[string, string](10, time.Hour, nil)
		fill(t, c, "a", "1")
		time.Sleep(cache.MaxLife - time.Millisecond)
		want(t, c, "a", "1")
		time.Sleep(time.Millisecond)
		want(t, c, "a", "")
	})
}

func TestExpiredEntriesAreRemovedWithoutAccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cache.New[string, string](10, time.Second, nil)
		fill(t, c, "a", "1")
		time.Sleep(900 * time.Millisecond)
		fill(t, c, "b", "2")
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()

		if got := c.Stats(); got.Entries != 1 {
			t.Errorf("got %+v, want b alone", got)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()

		if got := c.Stats(); got.Entries != 0 || got.Oldest != 0 {
			t.Errorf("got %+v, want nothing", got)
		}
	})
}

func TestFullCacheDropsItsOldestEntry(t *testing.T) {
	c := cache.New[string, string](2, time.Second, nil)
	fill(t, c, "a", "1")
	fill(t, c, "b", "2")
	want(t, c, "a", "1") // asking does not make it younger
	fill(t, c, "c", "3")
	want(t, c, "a", "")
	want(t, c, "b", "2")
	want(t, c, "c", "3")

	if got := c.Stats(); got.Entries != 2 || got.Hits != 3 || got.Misses != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestErrorsAreNotCached(t *testing.T) {
	c, fault := cache.New[string, string](2, time.Second, nil), errors.New("no")

	if _, err := c.Load("a", func() (string, error) { return "half", fault }); !errors.Is(err, fault) {
		t.Fatalf("got %v", err)
	}
	want(t, c, "a", "")
}

// Data read before a change must not be cached after it: the change would have no effect for seconds.
func TestDropAffectsReadsInProgress(t *testing.T) {
	for name, drop := range map[string]func(*cache.Cache[string, string]){
		"by key":   func(c *cache.Cache[string, string]) { c.Drop("a") },
		"by value": func(c *cache.Cache[string, string]) { c.DropWhere(func(string) bool { return false }) },
	} {
		t.Run(name, func(t *testing.T) {
			c := cache.New[string, string](2, time.Second, nil)
			_, _ = c.Load("a", func() (string, error) {
				drop(c)
				fill(t, c, "a", "new") // read after the change

				return "old", nil
			})
			want(t, c, "a", "new")
		})
	}
}

func TestDropWhere(t *testing.T) {
	c := cache.New[string, string](3, time.Second, nil)
	fill(t, c, "a", "1")
	fill(t, c, "b", "2")
	fill(t, c, "c", "1")
	c.DropWhere(func(value string) bool { return value == "1" })
	want(t, c, "a", "")
	want(t, c, "b", "2")
	want(t, c, "c", "")
}

func TestOlderReadDoesNotReplaceANewerOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cache.New[string, string](2, time.Second, nil)
		_, _ = c.Load("a", func() (string, error) {
			time.Sleep(100 * time.Millisecond)
			fill(t, c, "a", "younger")

			return "older", nil
		})
		want(t, c, "a", "younger")
	})
}

func TestClockSetBackInvalidatesEntries(t *testing.T) {
	at := time.Unix(1000, 0)
	c := cache.New[string, string](2, time.Second, func() time.Time { return at })
	fill(t, c, "a", "1")
	at = at.Add(-time.Minute)
	want(t, c, "a", "")
}

func TestPanicLeavesNoEntry(t *testing.T) {
	c := cache.New[string, string](2, time.Second, nil)

	func() {
		defer func() { _ = recover() }()

		_, _ = c.Load("a", func() (string, error) { panic("out") })
	}()
	want(t, c, "a", "")
	fill(t, c, "a", "1")
	want(t, c, "a", "1")
}

// A counter that only grows is read through the cache while it is raised: after a drop nobody sees an older number.
func TestNoStaleEntryAfterADrop(t *testing.T) {
	c := cache.New[string, int64](4, time.Second, nil)

	var (
		group  sync.WaitGroup
		stored atomic.Int64
	)
	for range 4 {
		group.Go(func() {
			for range 3000 {
				raised := stored.Add(1)
				c.Drop("a")

				got, ok := c.Find("a")
				if !ok {
					got, _ = c.Load("a", func() (int64, error) { return stored.Load(), nil })
				}

				if got < raised {
					t.Errorf("got %d after %d was stored", got, raised)
					return
				}
			}
		})
	}
	group.Wait()
}

func BenchmarkFind(b *testing.B) {
	c := cache.New[string, string](1000, time.Second, nil)
	for n := range 1000 {
		_, _ = c.Load(fmt.Sprint(n), read("value"))
	}
	b.ReportAllocs()

	for b.Loop() {
		c.Find("500")
	}
}
