package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/keys"
)

func testAudit(t *testing.T, b Backend) {
	t.Helper()
	const many = 600 // more than a store may read at a time
	now := begun()

	var all []keys.Event
	for n := range many {
		action := keys.Actions()[n%len(keys.Actions())]

		all = append(all, keys.Event{
			At: now.Add(
				time.Duration(n-many) * time.Minute,
			),
			Action:       action,
			ConnectionID: "con_1",
			Detail:       fmt.Sprintf("event\n%d'", n),
		})
		if err := b.Record(t.Context(), all[n]); err != nil {
			t.Fatal(err)
		}
	}
	list := func(t *testing.T, filter keys.EventFilter) []keys.Event {
		t.Helper()
		var found []keys.Event

		err := b.Events(t.Context(), filter, func(event keys.Event) error {
			found = append(found, event)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}

		return found
	}
	t.Run("all, oldest first", func(t *testing.T) {
		if diff := cmp.Diff(all, list(t, keys.EventFilter{})); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
	t.Run("by time and action", func(t *testing.T) {
		var want []keys.Event
		for _, event := range all[many-100:] {
			if event.Action == keys.ActionMinted {
				want = append(want, event)
			}
		}

		got := list(t, keys.EventFilter{Since: all[many-100].At, Action: keys.ActionMinted})
		if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
	t.Run("the reader may stop", func(t *testing.T) {
		stop, seen := errors.New("enough"), 0

		err := b.Events(t.Context(), keys.EventFilter{}, func(keys.Event) error { seen++; return stop })
		if !errors.Is(err, stop) || seen != 1 {
			t.Errorf("got %v after %d events, want its own error after 1", err, seen)
		}
	})
	t.Run("only what is very old is deleted", func(t *testing.T) {
		ancient := keys.Event{
			At:           now.Add(-401 * 24 * time.Hour),
			Action:       keys.ActionConnected,
			ConnectionID: "con_1",
			Detail:       "ancient",
		}

		old := keys.Event{
			At:           now.Add(-399 * 24 * time.Hour),
			Action:       keys.ActionConnected,
			ConnectionID: "con_1",
			Detail:       "old",
		}
		for _, event := range []keys.Event{ancient, old} {
			if err := b.Record(t.Context(), event); err != nil {
				t.Fatal(err)
			}
		}

		if err := b.Tidy(t.Context(), now); err != nil {
			t.Fatal(err)
		}

		if diff := cmp.Diff(append(all, old), list(t, keys.EventFilter{})); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}
