package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/keys"
)

func testStoreKey(t *testing.T, b Backend) {
	t.Helper()
	active(t, b, 1)
	second := openIntent(t, b, "con_1", "NAME_2", takeLease(t, b, "con_1"))
	t.Run("an old fence stores nothing", func(t *testing.T) {
		old := stored(second)

		old.Fence--
		if _, err := b.StoreKey(t.Context(), old); !errors.Is(err, keys.ErrFenced) {
			t.Errorf("got %v, want ErrFenced", err)
		}

		if got := find(t, b, 1).KeyName; got != "NAME_1" {
			t.Errorf("got key %s, want NAME_1", got)
		}
	})
	t.Run("an unknown intent stores nothing", func(t *testing.T) {
		unknown := stored(second)

		unknown.IntentID = "int_unknown"
		if _, err := b.StoreKey(t.Context(), unknown); !errors.Is(err, keys.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}

		if got := find(t, b, 1); got.KeyName != "NAME_1" || string(got.SealedKey) != "sealed NAME_1" {
			t.Errorf("got key %s sealed as %s, want NAME_1's", got.KeyName, got.SealedKey)
		}
	})
	t.Run("a new key makes the old one unconfirmed and releases the lease", func(t *testing.T) {
		for range 2 { // repeated, as after a commit whose result was lost
			returned, err := b.StoreKey(t.Context(), stored(second))
			if err != nil {
				t.Fatal(err)
			}

			if diff := cmp.Diff(find(t, b, 1), returned); diff != "" {
				t.Errorf("returned (-want +got):\n%s", diff)
			}
		}
		got := find(t, b, 1)

		want := map[string]keys.IntentState{"NAME_1": keys.IntentUnconfirmed, "NAME_2": keys.IntentLive}
		if diff := cmp.Diff(want, states(got)); diff != "" {
			t.Errorf("intents (-want +got):\n%s", diff)
		}

		if got.LeaseHeld {
			t.Error("the lease is still held")
		}
	})
	t.Run("a live intent stays live", func(t *testing.T) {
		for _, state := range []keys.IntentState{keys.IntentLeftBehind, keys.IntentRefused, keys.IntentUncertain} {
			if err := b.CloseIntent(t.Context(), second, state); err != nil {
				t.Fatal(err)
			}
		}

		if got := intentState(t, b, second.ID); got != keys.IntentLive {
			t.Errorf("got state %s, want live", got)
		}
	})
}

// recorded returns a stored key with the events of its mint.
func recorded(intent keys.Intent) keys.StoredKey {
	storing := stored(intent)
	for _, action := range []keys.Action{keys.ActionMinted, keys.ActionStateChanged, keys.ActionConnected} {
		storing.Events = append(storing.Events, keys.Event{
			At: storing.At, Action: action, ConnectionID: intent.ConnectionID, Detail: intent.Name,
		})
	}

	return storing
}

func events(t *testing.T, b Backend) []keys.Event {
	t.Helper()
	var found []keys.Event

	err := b.Events(t.Context(), keys.EventFilter{}, func(event keys.Event) error {
		found = append(found, event)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	return found
}

// A key and the events of its mint are stored together or not at all.
func testStoreKeyEvents(t *testing.T, b Backend) {
	t.Helper()
	connection := pending(t, b, 1)
	first := openIntent(t, b, connection.ID, "NAME_1", takeLease(t, b, connection.ID))
	storing := recorded(first)

	t.Run("a rejected key records no event", func(t *testing.T) {
		fenced := storing
		fenced.Fence--
		unknown := storing

		unknown.IntentID = "int_unknown"
		for _, rejected := range []keys.StoredKey{fenced, unknown} {
			if _, err := b.StoreKey(t.Context(), rejected); err == nil {
				t.Error("a key was stored, want an error")
			}
		}

		if got := events(t, b); len(got) != 0 {
			t.Errorf("got events %+v, want none", got)
		}
	})
	t.Run("a stored key records its events once, in order, with the actor", func(t *testing.T) {
		actor := keys.Actor{Kind: keys.ActorUser, RequestID: "req_1", Address: "192.0.2.1"}
		for range 2 { // repeated, as after a commit whose result was lost
			if _, err := b.StoreKey(keys.WithActor(t.Context(), actor), storing); err != nil {
				t.Fatal(err)
			}
		}
		want := slices.Clone(storing.Events)

		for n := range want {
			want[n].Actor = actor
		}

		if diff := cmp.Diff(want, events(t, b)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
	t.Run("a key whose events are rejected is not stored", func(t *testing.T) {
		second := openIntent(t, b, connection.ID, "NAME_2", takeLease(t, b, connection.ID))

		before := find(t, b, 1)
		if err := b.RefuseEvents(t.Context()); err != nil {
			t.Fatal(err)
		}

		if _, err := b.StoreKey(t.Context(), recorded(second)); err == nil {
			t.Error("the key was stored")
		}

		if diff := cmp.Diff(before, find(t, b, 1)); diff != "" {
			t.Errorf("connection (-before +after):\n%s", diff)
		}

		if got := events(t, b); len(got) != len(storing.Events) {
			t.Errorf("got %d events, want the %d of the first key", len(got), len(storing.Events))
		}
	})
}
