package keys_test

import (
	"errors"
	"testing"

	"github.com/upstash-connect/bff/internal/keys"
)

// recent returns the key that a read gets, and fails the test unless it is or is not read anew.
func (c *custody) recent(t *testing.T, n int, remembered bool) keys.Credential {
	t.Helper()
	before := c.RecentStats().Hits

	credential, err := c.Recent(t.Context(), accountOf(n))
	if err != nil {
		t.Fatal(err)
	}

	if got := c.RecentStats().Hits > before; got != remembered {
		t.Errorf("remembered: got %t, want %t", got, remembered)
	}

	return credential
}

func TestRecentKeyIsDecryptedOnce(t *testing.T) {
	c := newCustody(t)
	c.connect(t, login(1, "one"))
	c.connect(t, login(2, "two"))

	first := c.recent(t, 1, false)
	if again := c.recent(t, 1, true); again != first {
		t.Errorf("got %+v, want %+v", again, first)
	}

	if other := c.recent(t, 2, false); other.Key.Reveal() == first.Key.Reveal() {
		t.Error("two accounts have one key")
	}
}

// Whatever this server does to a connection, the next read knows: nothing remembered outlives it.
func TestConnectionChangesTakeEffectImmediately(t *testing.T) {
	for name, test := range map[string]struct {
		change func(t *testing.T, c *custody, credential keys.Credential)
		want   error // of the next read
	}{
		"disconnected": {
			func(t *testing.T, c *custody, _ keys.Credential) {
				t.Helper()
				c.disconnect(t, 1)
			}, keys.ErrConnectRequired,
		},
		"refused by Upstash permanently": {
			func(t *testing.T, c *custody, credential keys.Credential) {
				t.Helper()
				clear(c.upstream.keys)

				if err := c.ReportRejected(t.Context(), credential); !errors.Is(err, keys.ErrReconnectRequired) {
					t.Fatalf("got %v", err)
				}
			}, keys.ErrReconnectRequired,
		},
		"refused once": {
			func(t *testing.T, c *custody, credential keys.Credential) {
				t.Helper()

				if err := c.ReportRejected(t.Context(), credential); err != nil {
					t.Fatal(err)
				}
			}, nil,
		},
		"connected under another e-mail": {
			func(t *testing.T, c *custody, _ keys.Credential) {
				t.Helper()
				moved := login(1, "moved")
				moved.Email = "b@example.com"
				c.connect(t, moved)
			}, nil,
		},
		"disconnected and connected again": {
			func(t *testing.T, c *custody, _ keys.Credential) {
				t.Helper()
				c.disconnect(t, 1)
				again := login(1, "again")
				again.IssuedAt = again.IssuedAt.Add(1e9) // of the next second, so that it is no replay
				c.connect(t, again)
			}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCustody(t)
			c.connect(t, login(1, "one"))
			credential := c.recent(t, 1, false)
			c.recent(t, 1, true)
			test.change(t, c, credential)

			if test.want == nil {
				now, err := c.Credential(t.Context(), accountOf(1))
				if err != nil {
					t.Fatal(err)
				}

				got := c.recent(t, 1, false)
				if got.Key != now.Key || got.Email != now.Email || got.Binding != now.Binding {
					t.Errorf("got %+v, want %+v", got, now)
				}

				return
			}

			if _, err := c.Recent(t.Context(), accountOf(1)); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// An account that cannot be read is looked up each time: as soon as it can be, it is.
func TestRejectedKeyIsNotCached(t *testing.T) {
	c := newCustody(t)

	for range 2 {
		if _, err := c.Recent(t.Context(), accountOf(1)); !errors.Is(err, keys.ErrConnectRequired) {
			t.Fatalf("got %v", err)
		}
	}
	c.connect(t, login(1, "one"))
	c.recent(t, 1, false)
}

// A check of a suspect key changes its connection, so data that was read with the key is not cached.
func TestSuspectKeyIsProbedEachTime(t *testing.T) {
	c := newCustody(t)
	connection := c.connect(t, login(1, "one"))

	if moved, err := c.database.MoveConnection(
		t.Context(), connection.ID, connection.KeyName, keys.Active, keys.Suspect,
	); err != nil || !moved {
		t.Fatalf("got %t, %v", moved, err)
	}
	c.recent(t, 1, false)
	c.recent(t, 1, false)
	c.recent(t, 1, true)
}

// BenchmarkCredential compares a key that is read and opened with one that is remembered.
func BenchmarkCredential(b *testing.B) {
	c := newCustody(b)
	c.connect(b, login(1, "one"))

	b.Run("cold", func(b *testing.B) {
		b.ReportAllocs()

		for b.Loop() {
			if _, err := c.Credential(b.Context(), accountOf(1)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("remembered", func(b *testing.B) {
		b.ReportAllocs()

		for b.Loop() {
			if _, err := c.Recent(b.Context(), accountOf(1)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
