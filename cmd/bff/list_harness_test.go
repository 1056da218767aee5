package main

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

// withListCache lets lists be so old.
func withListCache(fresh time.Duration) option {
	return withConfig(func(c *config.Config) { c.ListCache = fresh })
}

// longest is as old as a list may ever be: on a busy machine, a test that needs one to be remembered has the best chance.
const longest = 4 * time.Second

// lists counts the lists that were asked of upstream.
func (p *product) lists(t *testing.T) int {
	t.Helper()
	return p.calls(t, http.MethodGet, upstreamList)
}

// spent is how many lists may be asked of upstream in a time, when none is asked twice within fresh.
func spent(since time.Time, fresh time.Duration) int { return 1 + int(time.Since(since)/fresh) }

// names are the databases of the account, as the server lists them.
func (m member) names(t *testing.T) string {
	t.Helper()
	var names []string
	for _, database := range m.list(t) {
		names = append(names, database.Name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// heldList is a list that upstream has answered, with what was there then, and that does not arrive until it is let go.
type heldList struct {
	arrived chan struct{}
	let     chan struct{}
	once    sync.Once
}

// holds makes the next list one that is held, and says that the account has no database.
func (f *front) holds(t *testing.T) *heldList {
	t.Helper()
	held := &heldList{arrived: make(chan struct{}), let: make(chan struct{})}
	t.Cleanup(held.release)
	var taken atomic.Bool
	f.answers(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || r.URL.Path != upstreamList || !taken.CompareAndSwap(false, true) {
			return false
		}
		close(held.arrived)
		<-held.let
		_, _ = w.Write([]byte(`[]`))
		return true
	})
	return held
}

func (h *heldList) release() { h.once.Do(func() { close(h.let) }) }

// begin sends a request and does not wait; the function it returns does.
func (m member) begin(ctx context.Context, path string) func() (answer, error) {
	var got answer
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		got, err = m.try(ctx, "GET", path, m.header, "")
	}()
	return func() (answer, error) { <-done; return got, err }
}

// await repeats a look until it is true.
func await(t *testing.T, what string, look func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !look(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
