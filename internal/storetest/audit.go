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
	const many = 600 // more than a store reads at once
	start := now()

	var all []keys.Event
	for n := range many {
		action := keys.Actions()[n%len(keys.Actions())]

		all = append(all, keys.Event{
			At: start.Add(
				time.Duration(n-many) * time.Minute,
			),
			Action:       action,
			ConnectionID: "con_1",
			Detail:       fmt.Sprintf("event\n%d'", n),
		})
		if err := b.Record(t.Context(), all[n]); err != nil {
			t.Fatal(err)
		}
		all[n].Actor = keys.Actor{Kind: keys.ActorServer} // the default actor
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
	t.Run("by connection, newest first", func(t *testing.T) {
		elsewhere := keys.Event{
			At: all[many-1].At, Action: keys.ActionMinted, ConnectionID: "con_2", Actor: keys.Actor{Kind: keys.ActorUser},
		}
		if err := b.Record(t.Context(), elsewhere); err != nil {
			t.Fatal(err)
		}

		want := []keys.Event{all[many-1], all[many-2]}
		if diff := cmp.Diff(want, list(t, keys.EventFilter{ConnectionID: "con_1", Last: 2})); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}

		if diff := cmp.Diff([]keys.Event{elsewhere}, list(t, keys.EventFilter{ConnectionID: "con_2"})); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		all = append(all, elsewhere)
	})
	t.Run("the context names the actor, unless the event does", func(t *testing.T) {
		actor := keys.Actor{
			Kind: keys.ActorService, ID: "self", GrantID: "grt_1", RequestID: "req_1", Address: "192.0.2.1",
		}
		event := keys.Event{At: start, Action: keys.ActionConnected, ConnectionID: "con_3"}
		other := event
		other.Actor = keys.Actor{Kind: keys.ActorOperator}

		for _, recorded := range []keys.Event{event, other} {
			if err := b.Record(keys.WithActor(t.Context(), actor), recorded); err != nil {
				t.Fatal(err)
			}
		}
		event.Actor = actor

		if diff := cmp.Diff([]keys.Event{event, other}, list(t, keys.EventFilter{ConnectionID: "con_3"})); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		all = append(all, event, other)
	})
	t.Run("the reader may stop", func(t *testing.T) {
		stop, seen := errors.New("enough"), 0

		err := b.Events(t.Context(), keys.EventFilter{}, func(keys.Event) error { seen++; return stop })
		if !errors.Is(err, stop) || seen != 1 {
			t.Errorf("got %v after %d events, want its own error after 1", err, seen)
		}
	})
	t.Run("only events beyond the retention are deleted", func(t *testing.T) {
		ancient := keys.Event{
			At:           start.Add(-401 * 24 * time.Hour),
			Action:       keys.ActionConnected,
			ConnectionID: "con_1",
			Detail:       "ancient",
		}

		old := keys.Event{
			At:           start.Add(-399 * 24 * time.Hour),
			Action:       keys.ActionConnected,
			ConnectionID: "con_1",
			Detail:       "old",
			Actor:        keys.Actor{Kind: keys.ActorOperator},
		}
		for _, event := range []keys.Event{ancient, old} {
			if err := b.Record(t.Context(), event); err != nil {
				t.Fatal(err)
			}
		}

		if err := b.DeleteExpired(t.Context(), start); err != nil {
			t.Fatal(err)
		}

		if diff := cmp.Diff(append(all, old), list(t, keys.EventFilter{})); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}
