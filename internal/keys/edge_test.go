package keys_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// betweenReads is a store in which another call moves the connection after it was read and before it is written.
type betweenReads struct {
	keys.Store
	first func(ctx context.Context) error
}

func (s *betweenReads) ReuseConnection(
	ctx context.Context, id, keyName string, from keys.State, email string, events ...keys.Event,
) (bool, error) {
	if first := s.first; first != nil {
		s.first = nil
		if err := first(ctx); err != nil {
			return false, err
		}
	}

	return s.Store.ReuseConnection(ctx, id, keyName, from, email, events...)
}

// Each edge in the audit log begins where the one before ended, whichever caller moves the connection.
func TestAuditLogHasEveryStateChange(t *testing.T) {
	var store *betweenReads

	c := newCustody(t, func(o *keys.Options) {
		store = &betweenReads{Store: o.Store}
		o.Store = store
	})
	connection := c.connect(t, login(1, "one"))

	move := func(ctx context.Context, from, to keys.State) error {
		moved, err := c.database.MoveConnection(ctx, connection.ID, connection.KeyName, from, to, keys.Event{
			At: time.Now(), Action: keys.ActionStateChanged, ConnectionID: connection.ID,
			Detail: string(from) + " -> " + string(to),
		})
		if err == nil && !moved {
			t.Errorf("not moved from %s", from)
		}

		return err
	}
	if err := move(t.Context(), keys.Active, keys.Suspect); err != nil {
		t.Fatal(err)
	}

	store.first = func(ctx context.Context) error { return move(ctx, keys.Suspect, keys.ReconnectRequired) }

	if again := c.connect(t, login(1, "two")); again.KeyName != connection.KeyName || again.State != keys.Active {
		t.Errorf("got %s, %s, want the same key, active", again.KeyName, again.State)
	}

	var edges []string

	err := c.database.Events(t.Context(), keys.EventFilter{Action: keys.ActionStateChanged}, func(e keys.Event) error {
		edges = append(edges, e.Detail)
		return nil
	})
	want := []string{
		"pending -> active", "active -> suspect", "suspect -> reconnect_required", "reconnect_required -> active",
	}

	if err != nil || !slices.Equal(edges, want) {
		t.Errorf("got %q, %v, want %q", edges, err, want)
	}

	if live := c.upstream.hasLiveIntent(); live != 1 {
		t.Errorf("got %d keys upstream, want that one alone", live)
	}
}
