package storetest

import (
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// A change and its audit event are one commit: if the event is rejected, nothing changes.
func testChangeEvents(t *testing.T, b Backend) {
	t.Helper()

	connection, err := b.EnsureConnection(t.Context(), account(1), "con_1", now())
	if err != nil {
		t.Fatal(err)
	}
	event := keys.Event{At: now(), Action: keys.ActionStateChanged, ConnectionID: connection.ID, Detail: "x"}

	moved, err := b.MoveConnection(t.Context(), connection.ID, "", keys.Active, keys.Suspect, event)
	if err != nil || moved {
		t.Errorf("got %t, %v, want it not moved: wrong state", moved, err)
	}

	if got := details(t, b); len(got) != 0 {
		t.Errorf("got %q, want no event", got)
	}

	moved, err = b.MoveConnection(t.Context(), connection.ID, "", keys.Pending, keys.Active, event)
	if err != nil || !moved {
		t.Errorf("got %t, %v, want it moved", moved, err)
	}

	if got := details(t, b); len(got) != 1 || got[0] != "x" {
		t.Errorf("got %q, want its event", got)
	}

	if err := b.RefuseEvents(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, moveErr := b.MoveConnection(t.Context(), connection.ID, "", keys.Active, keys.Suspect, event)
	rememberErr := b.RememberToken(t.Context(), connection.ID, digest("one"), now().Add(time.Hour), event)

	_, disconnectErr := b.DisconnectConnection(t.Context(), account(1), now())
	for name, err := range map[string]error{
		"move": moveErr, "remember": rememberErr, "disconnect": disconnectErr,
	} {
		if err == nil {
			t.Errorf("%s: it succeeded, though its event was rejected", name)
		}
	}

	if got := find(t, b, 1); got.State != keys.Active {
		t.Errorf("got state %s, want it unchanged", got.State)
	}
}

// details returns the details of all audit events, oldest first.
func details(t *testing.T, b Backend) []string {
	t.Helper()
	var found []string

	err := b.Events(t.Context(), keys.EventFilter{}, func(event keys.Event) error {
		found = append(found, event.Detail)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	return found
}

// A disconnect records what it ended, once.
func testDisconnectEvents(t *testing.T, b Backend) {
	t.Helper()

	if _, err := b.EnsureConnection(t.Context(), account(1), "con_1", now()); err != nil {
		t.Fatal(err)
	}

	for range 2 {
		if _, err := b.DisconnectConnection(t.Context(), account(1), now()); err != nil {
			t.Fatal(err)
		}
	}

	if got := details(t, b); len(got) != 2 || got[0] != "pending -> disconnected" {
		t.Errorf("got %q, want only the first transition and disconnect", got)
	}
}
