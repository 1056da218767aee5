package storetest

import (
	"testing"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/proxy"
)

// SendCreate reports whether the key for the call is still the account's key.
func createKeyChanged(t *testing.T, c *creator) {
	t.Helper()
	record := c.claim(t, "k", "x", "body", proxy.ClaimFresh)
	move := func(from, to keys.State) {
		if moved, err := c.MoveConnection(t.Context(), c.connection, "NAME_1", from, to); err != nil || !moved {
			t.Fatalf("move to %s: got %t, %v", to, moved, err)
		}
	}
	rename := func(from keys.State, email string) {
		if reused, err := c.ReuseConnection(t.Context(), c.connection, "NAME_1", from, email); err != nil || !reused {
			t.Fatalf("reuse as %s: got %t, %v", email, reused, err)
		}
	}
	wants := func(what string, sent proxy.Sending, want bool) {
		t.Helper()

		if current, err := c.SendCreate(t.Context(), sent); err != nil || current != want {
			t.Errorf("%s: got current %t, %v, want %t", what, current, err, want)
		}
	}
	another := sending(record)
	another.KeyName = "NAME_2"
	wants("the credential's key", sending(record), true)
	wants("another key", another, false)
	move(keys.Active, keys.Suspect)
	wants("a suspect key", sending(record), false)
	rename(keys.Suspect, "b@example.com")
	wants("another e-mail", sending(record), false)
	rename(keys.Active, "a@example.com")
	wants("the original e-mail again", sending(record), true)

	if _, err := c.DisconnectConnection(t.Context(), c.account, now()); err != nil {
		t.Fatal(err)
	}
	wants("disconnected", sending(record, "d1"), false)

	open, err := c.OpenCreates(t.Context(), c.connection)
	if err != nil || len(open) != 1 || open[0].State != proxy.CreateSent || len(open[0].KnownIDs) != 1 {
		t.Errorf("got %+v, %v, want it committed as sent", open, err)
	}
}
