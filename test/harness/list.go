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

// Helpers for the memory of lists.

// WithListCache lets lists be so old.
func WithListCache(fresh time.Duration) Option {
	return WithConfig(func(c *config.Config) { c.ListCache = fresh })
}

// Longest is as old as a list may ever be: on a busy machine, a test that needs one to be remembered has the best
// chance.
const Longest = 4 * time.Second

// Lists counts the lists that were asked of upstream.
func (p *Product) Lists(t *testing.T) int {
	t.Helper()
	return p.Calls(t, http.MethodGet, UpstreamList)
}

// Spent is how many lists may be asked of upstream in a time, when none is asked twice within fresh.
func Spent(since time.Time, fresh time.Duration) int { return 1 + int(time.Since(since)/fresh) }

// Names are the databases of the account, as the server lists them.
func (m Member) Names(t *testing.T) string {
	t.Helper()

	var names []string
	for _, database := range m.List(t) {
		names = append(names, database.Name)
	}
	slices.Sort(names)

	return strings.Join(names, " ")
}

// heldList is a list that upstream has answered, with what was there then, and that does not arrive until it is let go.
type heldList struct {
	Arrived chan struct{}
	let     chan struct{}
	once    sync.Once
}

// Holds makes the next list one that is held, and says that the account has no database.
func (f *Front) Holds(t *testing.T) *heldList {
	t.Helper()
	held := &heldList{Arrived: make(chan struct{}), let: make(chan struct{})}
	t.Cleanup(held.Release)
	var taken atomic.Bool
	f.Answers(func(w http.ResponseWriter, r *http.Request) bool {
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

// Begin sends a request and does not wait; the function it returns does.
func (m Member) Begin(ctx context.Context, path string) func() (Answer, error) {
	var got Answer
	var err error

	done := make(chan struct{})
	go func() {
		defer close(done)
		got, err = m.Try(ctx, "GET", path, m.Header, "")
	}()

	return func() (Answer, error) { <-done; return got, err }
}

// Await repeats a look until it is true.
func Await(t *testing.T, what string, look func() bool) {
	t.Helper()

	for deadline := time.Now().Add(20 * time.Second); !look(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
