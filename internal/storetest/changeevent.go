package storetest

import (
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// A change and the audit event of it are one commit: where the event is refused, nothing is changed.
func testChangeEvents(t *testing.T, b Backend) {
	t.Helper()

	connection, err := b.EnsureConnection(t.Context(), account(1), "con_1", begun())
	if err != nil {
		t.Fatal(err)
	}
	event := keys.Event{At: begun(), Action: keys.ActionStateChanged, ConnectionID: connection.ID, Detail: "x"}

	moved, err := b.MoveConnection(t.Context(), connection.ID, "", keys.Active, keys.Suspect, event)
	if err != nil || moved {
		t.Errorf("got %t, %v, want it not moved: it was in another state", moved, err)
	}

	if got := details(t, b); len(got) != 0 {
		t.Errorf("got %q, want no event of what was not done", got)
	}

	moved, err = b.MoveConnection(t.Context(), connection.ID, "", keys.Pending, keys.Active, event)
	if err != nil || !moved {
		t.Errorf("got %t, %v, want it moved", moved, err)
	}

	if got := details(t, b); len(got) != 1 || got[0] != "x" {
		t.Errorf("got %q, want the event of it", got)
	}

	if err := b.RefuseEvents(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, moveErr := b.MoveConnection(t.Context(), connection.ID, "", keys.Active, keys.Suspect, event)
	rememberErr := b.RememberToken(t.Context(), connection.ID, digest("one"), begun().Add(time.Hour), event)

	_, disconnectErr := b.DisconnectConnection(t.Context(), account(1), begun())
	for name, err := range map[string]error{
		"move": moveErr, "remember": rememberErr, "disconnect": disconnectErr,
	} {
		if err == nil {
			t.Errorf("%s: done, though its event was refused", name)
		}
	}

	if got := find(t, b, 1); got.State != keys.Active {
		t.Errorf("got state %s, want it as it was", got.State)
	}
}

// details are those of all audit events, oldest first.
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

// A disconnect says what it ended, once.
func testDisconnectEvents(t *testing.T, b Backend) {
	t.Helper()

	if _, err := b.EnsureConnection(t.Context(), account(1), "con_1", begun()); err != nil {
		t.Fatal(err)
	}

	for range 2 {
		if _, err := b.DisconnectConnection(t.Context(), account(1), begun()); err != nil {
			t.Fatal(err)
		}
	}

	if got := details(t, b); len(got) != 2 || got[0] != "pending -> disconnected" {
		t.Errorf("got %q, want the edge and the disconnect, of the first alone", got)
	}
}
