package db_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/pgtest"
	"github.com/upstash-connect/bff/internal/session"
)

// MarkSuspect makes active connections suspect, ends every session, records every transition, and changes nothing else.
func TestMarkSuspectChangesOnlyActiveConnections(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{
		"SQLite":   func(testing.TB) string { return "" }, // a new file
		"Postgres": pgtest.URL,
	} {
		t.Run(name, func(t *testing.T) {
			database := open(t, db.Options{URL: url(t)})

			account := func(n int) keys.Account {
				return keys.Account{Issuer: "https://issuer.example/", Subject: fmt.Sprint(n)}
			}
			for n, state := range []keys.State{
				keys.Active, keys.Active, keys.Suspect, keys.ReconnectRequired, keys.Disconnected, keys.Pending,
			} {
				id := fmt.Sprintf("con_%d", n)
				if _, err := database.EnsureConnection(t.Context(), account(n), id, now()); err != nil {
					t.Fatal(err)
				}

				if state == keys.Pending {
					continue
				}

				if state == keys.Disconnected {
					if _, err := database.DisconnectConnection(t.Context(), account(n), now()); err != nil {
						t.Fatal(err)
					}
					continue
				}
				hold(t, database, id)

				if state != keys.Active {
					if moved, err := database.MoveConnection(
						t.Context(), id, "NAME", keys.Active, state,
					); err != nil ||
						!moved {
						t.Fatal(moved, err)
					}
				}
			}

			token := sha256.Sum256([]byte("token"))
			if _, err := database.InsertSession(t.Context(), session.Session{
				TokenHash:    token,
				ConnectionID: "con_0",
				CreatedAt:    now(),
				IdleUntil:    now().Add(time.Hour),
				ExpiresAt:    now().Add(time.Hour),
			}, session.MaxActive); err != nil {
				t.Fatal(err)
			}

			for round, want := range []db.SuspectReport{{Connections: 2, Sessions: 1}, {}} {
				got, err := database.MarkSuspect(t.Context(), keys.ActionRestored, now())
				if err != nil || got != want {
					t.Errorf("round %d: got %+v, %v, want %+v", round, got, err, want)
				}
			}

			for n, want := range []keys.State{
				keys.Suspect, keys.Suspect, keys.Suspect, keys.ReconnectRequired, keys.Disconnected, keys.Pending,
			} {
				found, err := database.FindConnection(t.Context(), account(n))
				if err != nil || found.State != want {
					t.Errorf("connection %d: got %s, %v, want %s", n, found.State, err, want)
				}
			}

			if _, err := database.FindSession(t.Context(), token); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("session: got %v, want ErrNotFound", err)
			}
			var events []string
			err := database.Events(t.Context(), keys.EventFilter{}, func(event keys.Event) error {
				events = append(events, fmt.Sprint(event.Action, " ", event.ConnectionID, ": ", event.Detail))
				return nil
			})

			want := []string{
				"state_changed con_4: pending -> disconnected",
				"disconnected con_4: ",
				"state_changed con_0: active -> suspect",
				"state_changed con_1: active -> suspect",
				"restored : 2 connections marked suspect, 1 sessions ended",
				"restored : 0 connections marked suspect, 0 sessions ended",
			}
			if err != nil || fmt.Sprint(events) != fmt.Sprint(want) {
				t.Errorf("got events %q, %v, want %q", events, err, want)
			}
		})
	}
}

// hold stores a key called NAME for a connection.
func hold(t *testing.T, database *db.DB, id string) {
	t.Helper()

	_, fence, err := database.TakeLease(t.Context(), id, time.Minute)
	if err != nil {
		t.Fatal(err)
	}

	intent := keys.Intent{
		ID:           "int_" + id,
		ConnectionID: id,
		Name:         "NAME",
		State:        keys.IntentOpen,
		Fence:        fence,
		CreatedAt:    now(),
	}
	if err := database.OpenIntent(t.Context(), intent, time.Minute); err != nil {
		t.Fatal(err)
	}

	if _, err := database.StoreKey(t.Context(), keys.StoredKey{
		ConnectionID: id,
		IntentID:     intent.ID,
		Fence:        fence,
		Email:        "a@example.com",
		Name:         "NAME",
		Sealed:       []byte("sealed " + id),
		At:           now(),
	}); err != nil {
		t.Fatal(err)
	}
}
