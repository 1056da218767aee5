package keys_test

import (
	"errors"
	"testing"

	"github.com/upstash-connect/bff/internal/keys"
)

// Renew returns the same key while its connection is unchanged, and what Credential returns otherwise.
func TestRenewReturnsTheCurrentKey(t *testing.T) {
	c := newCustody(t)
	first := c.connect(t, login(1, "one"))

	credential, err := c.Credential(t.Context(), accountOf(1))
	if err != nil {
		t.Fatal(err)
	}
	renew := func(t *testing.T) keys.Credential {
		t.Helper()

		renewed, err := c.Renew(t.Context(), credential)
		if err != nil {
			t.Fatal(err)
		}

		return renewed
	}
	t.Run("unchanged", func(t *testing.T) {
		if renewed := renew(t); renewed != credential {
			t.Errorf("got %+v, want %+v", renewed, credential)
		}
	})
	t.Run("under another e-mail", func(t *testing.T) {
		updated, err := c.database.ReuseConnection(t.Context(), first.ID, first.KeyName, keys.Active, "b@example.com")
		if err != nil || !updated {
			t.Fatalf("got %t, %v", updated, err)
		}
		renewed := renew(t)

		same := renewed.Key.Reveal() == credential.Key.Reveal()
		if !same || renewed.Email != "b@example.com" || renewed.Binding == credential.Binding {
			t.Errorf("got %+v, want the same key under the new e-mail", renewed)
		}
	})
	t.Run("in doubt, it is tried", func(t *testing.T) {
		doubt := func() {
			moved, err := c.database.MoveConnection(t.Context(), first.ID, first.KeyName, keys.Active, keys.Suspect)
			if err != nil || !moved {
				t.Fatalf("got %t, %v", moved, err)
			}
		}
		doubt()
		renew(t)

		if got := c.find(t, 1).State; got != keys.Active {
			t.Errorf("got state %s, want active: upstream takes the key", got)
		}
		doubt()

		c.upstream.email = "nobody@example.com"
		if _, err := c.Renew(t.Context(), credential); !errors.Is(err, keys.ErrReconnectRequired) {
			t.Errorf("got %v, want ErrReconnectRequired: upstream refuses the key", err)
		}
		c.upstream.email = ""
	})
	t.Run("disconnected", func(t *testing.T) {
		c.disconnect(t, 1)

		if _, err := c.Renew(t.Context(), credential); !errors.Is(err, keys.ErrConnectRequired) {
			t.Errorf("got %v, want ErrConnectRequired", err)
		}
	})
}

func TestRenewRejectsAnUnknownAccount(t *testing.T) {
	if _, err := newCustody(t).Renew(t.Context(), keys.Credential{}); !errors.Is(err, keys.ErrConnectRequired) {
		t.Errorf("got %v, want ErrConnectRequired", err)
	}
}
