package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/keys"
)

func testConnections(t *testing.T, b Backend) {
	t.Helper()
	t.Run("an unknown account is not found", func(t *testing.T) {
		if _, err := b.FindConnection(t.Context(), account(1)); !errors.Is(err, keys.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}

		if _, err := b.DisconnectConnection(t.Context(), account(1), now()); !errors.Is(err, keys.ErrNotFound) {
			t.Errorf("disconnect: got %v, want ErrNotFound", err)
		}
	})
	t.Run("ensuring twice keeps the first", func(t *testing.T) {
		first := pending(t, b, 1)
		if diff := cmp.Diff(find(t, b, 1), first); diff != "" {
			t.Errorf("as created (-want +got):\n%s", diff)
		}

		again, err := b.EnsureConnection(t.Context(), account(1), "con_other", now())
		if err != nil || again.ID != first.ID || again.State != keys.Pending {
			t.Errorf("got %+v, %v, want the pending connection %s", again, err, first.ID)
		}
	})
	t.Run("accounts differ by issuer and by subject", func(t *testing.T) {
		elsewhere := keys.Account{Issuer: "https://other.example/", Subject: account(1).Subject}
		if _, err := b.FindConnection(t.Context(), elsewhere); !errors.Is(err, keys.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
	})
	t.Run("a stored key is returned unchanged", func(t *testing.T) {
		got := active(t, b, 2)

		want := keys.Connection{
			ID: "con_2", Account: account(2), Email: "a@example.com", State: keys.Active, KeyName: "NAME_1",
			SealedKey: []byte("sealed NAME_1"), ConnectedAt: got.ConnectedAt, Intents: got.Intents,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("connection (-want +got):\n%s", diff)
		}

		if since := time.Since(got.ConnectedAt); since < 0 || since > time.Minute {
			t.Errorf("got connected_at %v, want the current time", got.ConnectedAt)
		}
	})
	t.Run("a transition requires the current state and key", func(t *testing.T) {
		moves := []struct {
			name, key string
			from, to  keys.State
			want      bool
		}{
			{"of another key", "OTHER", keys.Active, keys.Suspect, false},
			{"from another state", "NAME_1", keys.Suspect, keys.ReconnectRequired, false},
			{"from active", "NAME_1", keys.Active, keys.Suspect, true},
			{"the same again", "NAME_1", keys.Active, keys.Suspect, false},
			{"on", "NAME_1", keys.Suspect, keys.ReconnectRequired, true},
		}
		for _, move := range moves {
			got, err := b.MoveConnection(t.Context(), "con_2", move.key, move.from, move.to)
			if err != nil || got != move.want {
				t.Errorf("%s: got %t, %v, want %t", move.name, got, err, move.want)
			}
		}

		if got := find(t, b, 2).State; got != keys.ReconnectRequired {
			t.Errorf("got state %s, want reconnect_required", got)
		}
	})
	t.Run("reuse makes the same key active under a new e-mail", func(t *testing.T) {
		if reused, err := b.ReuseConnection(t.Context(), "con_2", "OTHER", keys.ReconnectRequired, "b@example.com"); err != nil || reused {
			t.Errorf("another key: got %t, %v, want false", reused, err)
		}

		// An event would record a transition that did not happen.
		event := keys.Event{At: now(), Action: keys.ActionStateChanged, ConnectionID: "con_2", Detail: "suspect -> active"}
		if reused, err := b.ReuseConnection(
			t.Context(), "con_2", "NAME_1", keys.Suspect, "b@example.com", event,
		); err != nil || reused {
			t.Errorf("from another state: got %t, %v, want false", reused, err)
		}

		if reused, err := b.ReuseConnection(
			t.Context(), "con_2", "NAME_1", keys.ReconnectRequired, "b@example.com",
		); err != nil || !reused {
			t.Errorf("the key: got %t, %v, want true", reused, err)
		}

		if got := find(t, b, 2); got.State != keys.Active || got.Email != "b@example.com" {
			t.Errorf("got state %s and e-mail %s, want active and b@example.com", got.State, got.Email)
		}
	})
}

func testDisconnect(t *testing.T, b Backend) {
	t.Helper()
	t.Run("the key is deleted and its name listed", func(t *testing.T) {
		active(t, b, 1)

		at := now()
		if _, err := b.DisconnectConnection(t.Context(), account(1), at); err != nil {
			t.Fatal(err)
		}

		got := find(t, b, 1)
		if got.State != keys.Disconnected || len(got.SealedKey) != 0 || got.KeyName != "" ||
			!got.DisconnectedAt.Equal(at) {
			t.Errorf("got %+v, want disconnected at %v and without a key", got, at)
		}

		if diff := cmp.Diff(map[string]keys.IntentState{"NAME_1": keys.IntentLeftBehind}, states(got)); diff != "" {
			t.Errorf("intents (-want +got):\n%s", diff)
		}

		if reused, err := b.ReuseConnection(t.Context(), got.ID, "", keys.Disconnected, "a@example.com"); err != nil || reused {
			t.Errorf("reuse of nothing: got %t, %v, want false", reused, err)
		}
	})

	for name, disconnectedBefore := range map[string]bool{"a mint in progress stores nothing": false, "nor does one after a second connect": true} {
		t.Run(name, func(t *testing.T) {
			n := 2
			if disconnectedBefore {
				n = 3
			}

			connection := pending(t, b, n)
			if disconnectedBefore {
				if _, err := b.DisconnectConnection(t.Context(), account(n), now()); err != nil {
					t.Fatal(err)
				}
			}

			intent := openIntent(t, b, connection.ID, "IN_PROGRESS", takeLease(t, b, connection.ID))
			if _, err := b.DisconnectConnection(t.Context(), account(n), now()); err != nil {
				t.Fatal(err)
			}

			if _, err := b.StoreKey(t.Context(), stored(intent)); !errors.Is(err, keys.ErrFenced) {
				t.Errorf("StoreKey: got %v, want ErrFenced", err)
			}

			if err := b.CloseIntent(t.Context(), intent, keys.IntentLeftBehind); err != nil {
				t.Error(err)
			}

			got := find(t, b, n)
			if got.State != keys.Disconnected || len(got.SealedKey) != 0 || got.LeaseHeld {
				t.Errorf("got %+v, want disconnected, without key and lease", got)
			}

			if left := got.Leftovers(); len(left) != 1 || left[0].Name != "IN_PROGRESS" || !left[0].Certain {
				t.Errorf("got leftovers %+v, want IN_PROGRESS for certain", left)
			}
		})
	}
}
