package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/session"
)

func testSessions(t *testing.T, b Backend) {
	t.Helper()
	active(t, b, 1)
	active(t, b, 2)
	start := func(t *testing.T, token, connectionID string, n int) session.Session {
		t.Helper()

		made := session.Session{
			TokenHash: digest(
				token,
			),
			ConnectionID: connectionID,
			Issuer:       account(n).Issuer,
			Subject:      account(n).Subject,
			CreatedAt:    now(),
			IdleUntil:    now().Add(time.Hour),
			ExpiresAt:    now().Add(2 * time.Hour),

			AuthenticatedAt: now().Add(-time.Minute),
		}
		if _, err := b.InsertSession(t.Context(), made, session.MaxActive); err != nil {
			t.Fatal(err)
		}

		return made
	}
	ended := func(t *testing.T, token string) {
		t.Helper()

		if _, err := b.FindSession(t.Context(), digest(token)); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("session %s: got %v, want ErrNotFound", token, err)
		}
	}
	lives := func(t *testing.T, token string) session.Session {
		t.Helper()

		found, err := b.FindSession(t.Context(), digest(token))
		if err != nil {
			t.Errorf("session %s: %v", token, err)
		}

		return found
	}
	t.Run("returned unchanged, with its account", func(t *testing.T) {
		want := start(t, "first", "con_1", 1)
		if diff := cmp.Diff(want, lives(t, "first")); diff != "" {
			t.Errorf("session (-want +got):\n%s", diff)
		}
		ended(t, "never started")
	})
	t.Run("the time of a login can be unknown", func(t *testing.T) {
		unknown := session.Session{
			TokenHash: digest("unknown login"), ConnectionID: "con_1",
			CreatedAt: now(), IdleUntil: now().Add(time.Hour), ExpiresAt: now().Add(time.Hour),
		}
		if _, err := b.InsertSession(t.Context(), unknown, session.MaxActive); err != nil {
			t.Fatal(err)
		}

		if got := lives(t, "unknown login").AuthenticatedAt; !got.IsZero() {
			t.Errorf("got a login at %v, want none", got)
		}
	})
	t.Run("a touch extends the idle time", func(t *testing.T) {
		login, later := lives(t, "first").AuthenticatedAt, now().Add(90*time.Minute)
		if err := b.ExtendSession(t.Context(), digest("first"), later); err != nil {
			t.Fatal(err)
		}

		got := lives(t, "first")
		if !got.IdleUntil.Equal(later) {
			t.Errorf("got idle_until %v, want %v", got.IdleUntil, later)
		}

		if !got.AuthenticatedAt.Equal(login) {
			t.Errorf("got a login at %v, want it unchanged at %v", got.AuthenticatedAt, login)
		}
	})
	t.Run("C22 a touch does not restore an ended session", func(t *testing.T) {
		if err := b.DeleteSessions(t.Context(), digest("first")); err != nil {
			t.Fatal(err)
		}

		if err := b.ExtendSession(t.Context(), digest("first"), now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		ended(t, "first")
	})
	t.Run("all sessions of one account end together", func(t *testing.T) {
		start(t, "a", "con_1", 1)
		start(t, "b", "con_1", 1)
		start(t, "other's", "con_2", 2)

		if err := b.DeleteSessionsOf(t.Context(), "con_1"); err != nil {
			t.Fatal(err)
		}
		ended(t, "a")
		ended(t, "b")
		lives(t, "other's")
	})
	t.Run("a disconnect ends sessions and prevents new ones", func(t *testing.T) {
		start(t, "c", "con_1", 1)

		if _, err := b.DisconnectConnection(t.Context(), account(1), now()); err != nil {
			t.Fatal(err)
		}
		ended(t, "c")

		late := session.Session{
			TokenHash:    digest("late"),
			ConnectionID: "con_1",
			CreatedAt:    now(),
			IdleUntil:    now(),
			ExpiresAt:    now(),
		}
		if _, err := b.InsertSession(t.Context(), late, session.MaxActive); err == nil {
			t.Error("a session was started for a disconnected account")
		}
		ended(t, "late")
		lives(t, "other's")
	})
	t.Run("ended sessions are deleted", func(t *testing.T) {
		if err := b.DeleteExpired(t.Context(), now().Add(61*time.Minute)); err != nil { // idle, but not expired
			t.Fatal(err)
		}
		ended(t, "other's")
	})
}
