package keys_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// Threat model: T29.
func TestTokensFromBeforeADisconnectConnectNothing(t *testing.T) {
	used := func(skew time.Duration) keys.Login {
		l := login(1, "used")
		l.IssuedAt = l.IssuedAt.Add(skew)
		return l
	}

	tests := map[string]struct {
		before  keys.Login // connects, then the account disconnects
		replay  keys.Login
		refused bool
	}{
		"the token that connected":                  {used(0), used(0), true},
		"the same, issued by a clock ahead of ours": {used(20 * time.Second), used(20 * time.Second), true},
		"another, never used, issued a minute before": {
			used(0),
			func() keys.Login { l := login(1, "other"); l.IssuedAt = l.IssuedAt.Add(-time.Minute); return l }(),
			true,
		},
		"another, issued within the second of disconnect": {used(0), login(1, "new"), false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			at := tc.before.IssuedAt
			if tc.before.IssuedAt.After(time.Now()) {
				at = time.Now()
			}
			c := newCustody(t, func(o *keys.Options) { o.Now = func() time.Time { return at } })
			c.connect(t, tc.before)
			c.disconnect(t, 1)

			for range 2 { // the second time it is known as used after the disconnect
				_, _, err := c.Connect(t.Context(), tc.replay)
				if got := errors.Is(err, keys.ErrTokenAlreadyUsed); got != tc.refused || (err != nil && !got) {
					t.Errorf("got %v, want refused: %t", err, tc.refused)
				}
			}
		})
	}
}

// A disconnect during a mint wins: nothing is stored, and the key is reported. This holds whether or not the account
// was disconnected before.
func TestDisconnectDuringAMintIsNotUndone(t *testing.T) {
	for name, before := range map[string]bool{"of a first connect": false, "of a connect after a disconnect": true} {
		t.Run(name, func(t *testing.T) {
			c := newCustody(t)

			keysBefore := 0
			if before {
				c.connect(t, login(1, "first"))
				c.disconnect(t, 1)
				keysBefore = 1
			}
			entered, release := c.credential(t)

			result := make(chan error, 1)
			go func() {
				_, _, err := c.Connect(t.Context(), login(1, "in progress"))
				result <- err
			}()
			made := <-entered
			c.disconnect(t, 1)
			release()

			if err := <-result; !errors.Is(err, keys.ErrTokenAlreadyUsed) {
				t.Errorf("got %v, want ErrTokenAlreadyUsed", err)
			}

			connection := c.find(t, 1)
			if connection.State != keys.Disconnected || len(connection.SealedKey) != 0 {
				t.Errorf(
					"got state %s and a key of %d bytes, want disconnected and none",
					connection.State,
					len(connection.SealedKey),
				)
			}

			left := connection.Leftovers()
			if len(left) != keysBefore+1 || left[len(left)-1].Name != made || !left[len(left)-1].Certain {
				t.Errorf("got leftovers %+v, want %d with %s for certain", left, keysBefore+1, made)
			}

			if got := c.connect(t, login(1, "afterwards")); got.State != keys.Active || got.KeyName == made {
				t.Errorf("a new login: got %s with key %s, want active with another", got.State, got.KeyName)
			}
		})
	}
}

// interrupted disconnects the account between a connect's look at it and its lease.
type interrupted struct {
	keys.Ledger
	do func()
}

func (i *interrupted) TakeLease(
	ctx context.Context, connectionID string, lease time.Duration,
) (keys.Connection, int64, error) {
	if do := i.do; do != nil {
		i.do = nil
		do()
	}

	return i.Ledger.TakeLease(ctx, connectionID, lease)
}

// Threat model: T29.
func TestDisconnectJustBeforeTheMintLease(t *testing.T) {
	ledger := &interrupted{}
	now := time.Now()
	c := newCustody(t, func(o *keys.Options) {
		ledger.Ledger, o.Ledger = o.Ledger, ledger
		o.Now = func() time.Time { return now }
	})
	late := login(1, "late")
	ledger.do = func() {
		now = now.Add(2 * time.Second)
		c.disconnect(t, 1)
	}

	if _, _, err := c.Connect(t.Context(), late); !errors.Is(err, keys.ErrTokenAlreadyUsed) {
		t.Errorf("got %v, want ErrTokenAlreadyUsed", err)
	}

	if c.upstream.calls != 0 {
		t.Errorf("got %d calls upstream, want none", c.upstream.calls)
	}
}
