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
	end := begun().Add(time.Hour)
	remember(t, "con_1", "before", end)
	remember(t, "con_1", "before", end) // used twice
	remember(t, "con_2", "before", end)
	t.Run("one in use is not spent", func(t *testing.T) { wantSpent(t, "con_1", "before", false) })

	if _, err := b.DisconnectConnection(t.Context(), account(1), begun()); err != nil {
		t.Fatal(err)
	}
	t.Run("a disconnect spends those of its account", func(t *testing.T) {
		wantSpent(t, "con_1", "before", true)
		wantSpent(t, "con_2", "before", false)
		wantSpent(t, "con_1", "never seen", false)
	})
	t.Run("remembered again, it stays spent", func(t *testing.T) {
		remember(t, "con_1", "before", end)
		wantSpent(t, "con_1", "before", true)
	})
	t.Run("one of afterwards is not spent", func(t *testing.T) {
		remember(t, "con_1", "after", end)
		wantSpent(t, "con_1", "after", false)
	})
	t.Run("forgotten some time after its end, not before", func(t *testing.T) {
		if err := b.Tidy(t.Context(), end.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		wantSpent(t, "con_1", "before", true) // leeway may still accept it

		if err := b.Tidy(t.Context(), end.Add(24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		wantSpent(t, "con_1", "before", false)
	})
}
