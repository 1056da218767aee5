package harness

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
)

// Helpers for the list cache.

// WithListCache sets the maximum age of cached lists.
func WithListCache(fresh time.Duration) Option {
	return WithConfig(func(c *config.Config) { c.ListCache = fresh })
}

// MaxListAge is the highest permitted age of a cached list: it makes tests of the cache reliable on a busy machine.
const MaxListAge = 4 * time.Second

// ListCalls counts the list calls that reached upstream.
func (p *Product) ListCalls(t *testing.T) int {
	t.Helper()
	return p.Calls(t, http.MethodGet, UpstreamList)
}

// MaxListCalls is the highest permitted number of upstream lists since a time, with one list per fresh interval.
func MaxListCalls(since time.Time, fresh time.Duration) int { return 1 + int(time.Since(since)/fresh) }

// Names returns the names of the account's databases, as the server lists them.
func (m Member) Names(t *testing.T) string {
	t.Helper()

	var names []string
	for _, database := range m.List(t) {
		names = append(names, database.Name)
	}
	slices.Sort(names)

	return strings.Join(names, " ")
}

// heldList is an upstream list response that the front delays until Release.
type heldList struct {
	Arrived chan struct{}
	let     chan struct{}
	once    sync.Once
}

// HoldNextList delays the next list response, which has no databases.
func (f *Front) HoldNextList(t *testing.T) *heldList {
	t.Helper()
	held := &heldList{Arrived: make(chan struct{}), let: make(chan struct{})}
	t.Cleanup(held.Release)
	var taken atomic.Bool
	f.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || r.URL.Path != UpstreamList || !taken.CompareAndSwap(false, true) {
			return false
		}
		close(held.Arrived)
		<-held.let
		_, _ = w.Write([]byte(`[]`))

		return true
	})

	return held
}

func (h *heldList) Release() { h.once.Do(func() { close(h.let) }) }

// Begin sends a request without waiting. The returned function waits for the response.
func (m Member) Begin(ctx context.Context, path string) func() (Response, error) {
	var got Response
	var err error

	done := make(chan struct{})
	go func() {
		defer close(done)
		got, err = m.Try(ctx, "GET", path, m.Header, "")
	}()

	return func() (Response, error) { <-done; return got, err }
}

// Await repeats a check until it is true.
func Await(t *testing.T, what string, look func() bool) {
	t.Helper()

	for deadline := time.Now().Add(20 * time.Second); !look(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting: %s", what)
		}
	}
}
