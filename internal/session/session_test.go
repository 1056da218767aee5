package session

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"
)

// memory is a Store that counts its writes.
type memory struct {
	rows    map[[sha256.Size]byte]Session
	touches int
	asked   int
	fault   error
	ended   [][sha256.Size]byte // sessions that the next login ends
}

func (m *memory) InsertSession(_ context.Context, s Session, _ int) ([][sha256.Size]byte, error) {
	m.rows[s.TokenHash] = s
	return m.ended, m.fault
}

func (m *memory) FindSession(_ context.Context, hash [sha256.Size]byte) (Session, error) {
	m.asked++

	s, found := m.rows[hash]
	if !found {
		return Session{}, ErrNotFound
	}

	return s, m.fault
}

func (m *memory) ExtendSession(_ context.Context, hash [sha256.Size]byte, until time.Time) error {
	m.touches++
	if s, found := m.rows[hash]; found { // like an UPDATE, does not create a deleted row
		s.IdleUntil = until
		m.rows[hash] = s
	}

	return m.fault
}

func (m *memory) DeleteSessions(_ context.Context, hashes ...[sha256.Size]byte) error {
	for _, hash := range hashes {
		delete(m.rows, hash)
	}

	return m.fault
}

func (m *memory) DeleteSessionsOf(_ context.Context, connectionID string) error {
	for hash, s := range m.rows {
		if s.ConnectionID == connectionID {
			delete(m.rows, hash)
		}
	}

	return m.fault
}

const (
	idle = 2 * time.Hour
	most = 48 * time.Hour
)

// managed returns a manager with a clock that the test sets.
func managed(t *testing.T) (*Manager, *memory, *time.Time) {
	t.Helper()
	store, now := &memory{rows: map[[sha256.Size]byte]Session{}}, time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

	manager, err := NewManager(Options{Store: store, Idle: idle, Max: most, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}

	return manager, store, &now
}

func TestWhenASessionEnds(t *testing.T) {
	for name, test := range map[string]struct {
		tokenLife time.Duration
		requests  []time.Duration // times after the login
		last      time.Duration   // time of the last request
		alive     bool
	}{
		"in use":        {most, nil, idle - time.Second, true},
		"idle too long": {most, nil, idle, false},
		"kept alive by requests": {
			most, []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour}, 4 * time.Hour, true,
		},
		"idle too long after some":         {most, []time.Duration{time.Hour}, 3 * time.Hour, false},
		"at its absolute end":              {2 * most, every(time.Hour, most), most, false},
		"a second before its absolute end": {2 * most, every(time.Hour, most), most - time.Second, true},
		"at its token's end":               {90 * time.Minute, nil, 90 * time.Minute, false},
		"at its token's end, in use":       {3 * time.Hour, every(time.Hour, 3*time.Hour), 3 * time.Hour, false},
		"of a token that is at its end":    {0, nil, 0, false},
		"of a token in its leeway":         {-20 * time.Second, nil, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			manager, _, now := managed(t)
			start := *now

			token, started, err := manager.Start(t.Context(), "con_1", Login{TokenExpiresAt: start.Add(test.tokenLife)})
			if err != nil {
				t.Fatal(err)
			}

			if end := start.Add(
				min(test.tokenLife, most),
			); !started.ExpiresAt.Equal(end) ||
				started.IdleUntil.After(end) {
				t.Errorf(
					"got ends %s and, when idle, %s; want none after %s", started.ExpiresAt, started.IdleUntil, end,
				)
			}

			for _, after := range test.requests {
				*now = start.Add(after)
				if _, err := manager.Find(t.Context(), token.Reveal()); err != nil {
					t.Fatalf("the request after %s: %v", after, err)
				}
			}

			*now = start.Add(test.last)
			if _, err := manager.Find(
				t.Context(), token.Reveal(),
			); (err == nil) != test.alive ||
				(err != nil && !errors.Is(err, ErrNotFound)) {
				t.Errorf("got %v, want alive: %t", err, test.alive)
			}
		})
	}
}

// The time of the login does not move with the session's use.
func TestSessionKeepsTheTimeOfItsLogin(t *testing.T) {
	manager, _, now := managed(t)
	login := Login{AuthenticatedAt: now.Add(-time.Hour), TokenExpiresAt: now.Add(most)}

	token, started, err := manager.Start(t.Context(), "con_1", login)
	if err != nil {
		t.Fatal(err)
	}

	if !started.AuthenticatedAt.Equal(login.AuthenticatedAt) {
		t.Errorf("got a login at %v, want %v", started.AuthenticatedAt, login.AuthenticatedAt)
	}
	*now = now.Add(idle / 2)

	found, err := manager.Find(t.Context(), token.Reveal())
	if err != nil || !found.AuthenticatedAt.Equal(login.AuthenticatedAt) {
		t.Errorf("later: got a login at %v, %v, want %v", found.AuthenticatedAt, err, login.AuthenticatedAt)
	}
}

func every(step, until time.Duration) (times []time.Duration) {
	for at := step; at < until; at += step {
		times = append(times, at)
	}

	return times
}

func TestCookieValueIsRandomAndNotStored(t *testing.T) {
	manager, store, now := managed(t)

	seen := map[string]bool{}
	for range 100 {
		token, started, err := manager.Start(t.Context(), "con_1", Login{TokenExpiresAt: now.Add(most)})
		if err != nil {
			t.Fatal(err)
		}

		raw, err := base64.RawURLEncoding.DecodeString(token.Reveal())
		if err != nil || len(raw) != 32 || seen[token.Reveal()] {
			t.Fatalf(
				"got a value of %d bytes (%v, seen before: %t), want 32 fresh ones",
				len(raw),
				err,
				seen[token.Reveal()],
			)
		}

		seen[token.Reveal()] = true
		if started.TokenHash != sha256.Sum256([]byte(token.Reveal())) {
			t.Error("the stored value is not the hash of the cookie")
		}
	}

	if len(store.rows) != 100 {
		t.Errorf("got %d rows, want 100", len(store.rows))
	}
}

func TestValueOfTheWrongLengthIsNotLookedUp(t *testing.T) {
	manager, store, _ := managed(t)
	for _, value := range []string{"", "A", strings.Repeat("A", 42), strings.Repeat("A", 44), strings.Repeat("A", 64<<10)} {
		if _, err := manager.Find(t.Context(), value); !errors.Is(err, ErrNotFound) {
			t.Errorf("%d characters: got %v, want not found", len(value), err)
		}
	}

	if store.asked != 0 {
		t.Errorf("got %d queries of the store, want none", store.asked)
	}
}

func TestIdleEndIsWrittenRarely(t *testing.T) {
	manager, store, now := managed(t)

	token, started, err := manager.Start(t.Context(), "con_1", Login{TokenExpiresAt: now.Add(most)})
	if err != nil {
		t.Fatal(err)
	}

	for range 600 { // one request a second for ten minutes
		*now = now.Add(time.Second)

		if _, err := manager.Find(t.Context(), token.Reveal()); err != nil {
			t.Fatal(err)
		}
	}

	if store.touches != 0 {
		t.Errorf("got %d writes in the first tenth of the idle time, want none", store.touches)
	}
	*now = now.Add(idle / 10)

	found, err := manager.Find(t.Context(), token.Reveal())
	if err != nil {
		t.Fatal(err)
	}

	if want := now.Add(
		idle,
	); store.touches != 1 || !found.IdleUntil.Equal(want) ||
		!found.ExpiresAt.Equal(started.ExpiresAt) {
		t.Errorf(
			"got %d writes, idle end %s, absolute end %s; want 1, %s, unmoved",
			store.touches,
			found.IdleUntil,
			found.ExpiresAt,
			want,
		)
	}
}

// Threat model: C22.
func TestEndedSessionIsNotRecreated(t *testing.T) {
	manager, store, now := managed(t)
	start := func(connection string) string {
		t.Helper()

		token, _, err := manager.Start(t.Context(), connection, Login{TokenExpiresAt: now.Add(most)})
		if err != nil {
			t.Fatal(err)
		}

		return token.Reveal()
	}

	ended, other, elsewhere := start("con_1"), start("con_1"), start("con_2")
	if err := manager.End(t.Context(), ended); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(idle / 2)

	if _, err := manager.Find(t.Context(), ended); !errors.Is(err, ErrNotFound) {
		t.Errorf("the ended one: got %v, want not found", err)
	}

	if err := manager.EndAll(t.Context(), "con_1"); err != nil {
		t.Fatal(err)
	}

	if _, err := manager.Find(t.Context(), other); !errors.Is(err, ErrNotFound) {
		t.Errorf("another of its connection: got %v, want not found", err)
	}

	if _, err := manager.Find(t.Context(), elsewhere); err != nil {
		t.Errorf("one of another connection: got %v, want it alive", err)
	}

	if len(store.rows) != 1 {
		t.Errorf("got %d rows, want 1", len(store.rows))
	}
}

func TestStorageErrorIsNotAMissingSession(t *testing.T) {
	manager, store, now := managed(t)

	token, _, err := manager.Start(t.Context(), "con_1", Login{TokenExpiresAt: now.Add(most)})
	if err != nil {
		t.Fatal(err)
	}

	store.fault = errors.New("disk full")
	if _, err := manager.Find(
		t.Context(), token.Reveal(),
	); !errors.Is(err, store.fault) ||
		errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want the store's error: an unreadable session has not necessarily ended", err)
	}

	if got, _, err := manager.Start(
		t.Context(), "con_1", Login{TokenExpiresAt: now.Add(most)},
	); !errors.Is(err, store.fault) ||
		!got.IsZero() {
		t.Errorf("got %v and a value: %t; want the store's error and no value", err, !got.IsZero())
	}
}

func TestManagerRequiresItsOptions(t *testing.T) {
	store := &memory{}
	for name, options := range map[string]Options{
		"no store": {Idle: idle, Max: most}, "no idle time": {Store: store, Max: most}, "no absolute time": {Store: store, Idle: idle},
		"a negative time": {Store: store, Idle: -idle, Max: most},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewManager(options); err == nil {
				t.Error("got no error")
			}
		})
	}
}
