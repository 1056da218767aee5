package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/proxy"
)

func testErase(t *testing.T, b Backend) {
	t.Helper()
	insertService(t, b, "first")
	erased, other := newBounded(t, b, 1), newBounded(t, b, 2)
	erased.finish(t, erased.claimUnder(t, "k", 1, proxy.ClaimFresh), "d1")
	waiting := aSession("cs_waiting", "first", "user 1")
	insertConnectSession(t, b, waiting)
	foreign := aSession("cs_foreign", "first", "user 2")
	insertConnectSession(t, b, foreign)

	for _, connection := range []string{erased.connection, other.connection} {
		recorded := keys.Event{
			At: now(), Action: keys.ActionConnected, ConnectionID: connection, Detail: "Created developer key NAME_1",
			Actor: keys.Actor{Kind: keys.ActorUser, RequestID: "req", Address: "192.0.2.1"},
		}
		if err := b.Record(t.Context(), recorded); err != nil {
			t.Fatal(err)
		}
	}
	before := connectionEvents(t, b, other.connection)

	t.Run("found by e-mail and by id", func(t *testing.T) {
		byEmail, err := b.ConnectionsOf(t.Context(), "a@example.com")
		if diff := cmp.Diff([]keys.Connection{find(t, b, 1), find(t, b, 2)}, byEmail); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}

		byID, err := b.ConnectionsOf(t.Context(), "con_2")
		if diff := cmp.Diff([]keys.Connection{find(t, b, 2)}, byID); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}

		for _, nobody := range []string{"", "b@example.com", "%"} {
			if found, err := b.ConnectionsOf(t.Context(), nobody); err != nil || len(found) != 0 {
				t.Errorf("%q: got %v, %v; want none", nobody, found, err)
			}
		}
	})
	t.Run("everything that refers to it is deleted", func(t *testing.T) {
		recorded := event(keys.ActionUserErased)
		recorded.ConnectionID = erased.connection

		if err := b.EraseConnection(t.Context(), erased.connection, recorded); err != nil {
			t.Fatal(err)
		}

		if _, err := b.FindConnection(t.Context(), account(1)); !errors.Is(err, keys.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}

		grants, err := b.Grants(t.Context(), partner.GrantFilter{})
		if err != nil || len(grants) != 1 || grants[0].ID != other.grant.ID {
			t.Errorf("got %+v, %v; want only the other grant", grants, err)
		}

		if got := erased.covered(t); len(got) != 0 {
			t.Errorf("got %v, want no database", got)
		}

		_, _, err = b.FindConnectSession(t.Context(), partner.SessionKey{ID: waiting.ID})
		if !errors.Is(err, partner.ErrSessionNotFound) {
			t.Errorf("got %v, want the end user's open session gone", err)
		}
		findConnectSession(t, b, foreign.ID)

		err = b.EraseConnection(t.Context(), erased.connection, recorded)
		if !errors.Is(err, keys.ErrNotFound) {
			t.Errorf("again: got %v, want ErrNotFound", err)
		}
	})
	t.Run("its events keep action and time, but no person", func(t *testing.T) {
		written := connectionEvents(t, b, erased.connection)
		if len(written) < 3 || written[len(written)-1].Action != keys.ActionUserErased {
			t.Errorf("got %+v, want its events and that it was erased", written)
		}

		for _, event := range written {
			if event.Detail != "" || event.Actor.RequestID != "" || event.Actor.Address != "" || event.At.IsZero() {
				t.Errorf("got %+v, want it blanked", event)
			}
		}

		if diff := cmp.Diff(before, connectionEvents(t, b, other.connection)); diff != "" {
			t.Errorf("the other's events (-want +got):\n%s", diff)
		}
	})
	t.Run("the account may reconnect as a new connection", func(t *testing.T) {
		back, err := b.EnsureConnection(t.Context(), account(1), "con_back", now().Add(time.Second))
		if err != nil || back.ID != "con_back" || back.Epoch != 0 {
			t.Errorf("got %+v, %v", back, err)
		}
	})
}

func connectionEvents(t *testing.T, b Backend, connectionID string) (found []keys.Event) {
	t.Helper()

	err := b.Events(t.Context(), keys.EventFilter{ConnectionID: connectionID}, func(event keys.Event) error {
		found = append(found, event)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	return found
}
