package storetest

import (
	"errors"
	"testing"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/proxy"
)

// The audit event of a create is committed once, with its outcome. If the event is rejected, the outcome is not stored.
func testCreateEvent(t *testing.T, b Backend) {
	t.Helper()
	c := newCreator(t, b, 1)
	record := c.claim(t, "k", "x", "body", proxy.ClaimFresh)
	c.send(t, record)
	outcome := outcomeOf(record, "d1")
	outcome.Event = keys.Event{
		At: now(), Action: keys.ActionDatabaseCreated, ConnectionID: c.connection, Detail: "d1",
		Actor: keys.Actor{Kind: keys.ActorService, ID: "svc", GrantID: "gra", RequestID: "req", Address: "192.0.2.1"},
	}
	late := outcome
	late.Fence++

	if err := c.FinishCreate(t.Context(), late); !errors.Is(err, proxy.ErrCreateFenced) {
		t.Errorf("a late holder: got %v, want ErrCreateFenced", err)
	}

	for range 2 { // as after a commit whose result was lost
		if err := c.FinishCreate(t.Context(), outcome); err != nil {
			t.Fatal(err)
		}
	}
	var events []keys.Event

	err := c.Events(t.Context(), keys.EventFilter{Action: keys.ActionDatabaseCreated}, func(event keys.Event) error {
		events = append(events, event)
		return nil
	})
	if err != nil || len(events) != 1 || events[0] != outcome.Event {
		t.Errorf("got %+v, %v, want %+v alone", events, err, outcome.Event)
	}

	next := c.claim(t, "k2", "y", "body", proxy.ClaimFresh)
	c.send(t, next)

	if err := c.RefuseEvents(t.Context()); err != nil {
		t.Fatal(err)
	}
	outcome.ID, outcome.Fence, outcome.DatabaseID = next.ID, next.Fence, "d2"

	if err := c.FinishCreate(t.Context(), outcome); err == nil || errors.Is(err, proxy.ErrCreateFenced) {
		t.Errorf("events rejected: got %v, want an error, and neither stored", err)
	}

	if err := c.SuspendCreate(t.Context(), next.ID, next.Fence, now()); err != nil {
		t.Errorf("got %v, want the create still open", err)
	}
}
