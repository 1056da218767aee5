package storetest

import (
	"testing"
	"time"
)

func testTokens(t *testing.T, b Backend) {
	t.Helper()
	pending(t, b, 1)
	pending(t, b, 2)
	remember := func(t *testing.T, connectionID, token string, expires time.Time) {
		t.Helper()

		if err := b.RememberToken(t.Context(), connectionID, digest(token), expires); err != nil {
			t.Fatal(err)
		}
	}
	wantSpent := func(t *testing.T, connectionID, token string, want bool) {
		t.Helper()

		if got, err := b.TokenSpent(t.Context(), connectionID, digest(token)); err != nil || got != want {
			t.Errorf("%s of %s spent: got %t, %v, want %t", token, connectionID, got, err, want)
		}
	}
	end := now().Add(time.Hour)
	remember(t, "con_1", "before", end)
	remember(t, "con_1", "before", end) // used twice
	remember(t, "con_2", "before", end)
	t.Run("a used token is not spent", func(t *testing.T) { wantSpent(t, "con_1", "before", false) })

	if _, err := b.DisconnectConnection(t.Context(), account(1), now()); err != nil {
		t.Fatal(err)
	}
	t.Run("a disconnect spends the account's tokens", func(t *testing.T) {
		wantSpent(t, "con_1", "before", true)
		wantSpent(t, "con_2", "before", false)
		wantSpent(t, "con_1", "never seen", false)
	})
	t.Run("a spent token stays spent when it is remembered again", func(t *testing.T) {
		remember(t, "con_1", "before", end)
		wantSpent(t, "con_1", "before", true)
	})
	t.Run("a later token is not spent", func(t *testing.T) {
		remember(t, "con_1", "after", end)
		wantSpent(t, "con_1", "after", false)
	})
	t.Run("deleted some time after its expiry, not before", func(t *testing.T) {
		if err := b.DeleteExpired(t.Context(), end.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		wantSpent(t, "con_1", "before", true) // leeway may still accept it

		if err := b.DeleteExpired(t.Context(), end.Add(24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		wantSpent(t, "con_1", "before", false)
	})
}
