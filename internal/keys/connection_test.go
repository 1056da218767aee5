package keys_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/upstash"
)

// A login of before a change of e-mail, or of after it, costs no key while the old key works under either.
func TestChangedEmailIsProbedWithTheOldKey(t *testing.T) {
	tests := map[string]struct {
		upstreams, login string // e-mail upstream takes, and the login's
		stored           string // at the end
		keys             int
	}{
		"changed upstream, new login":           {"new@example.com", "new@example.com", "new@example.com", 1},
		"not changed upstream, odd login":       {"a@example.com", "old@example.com", "a@example.com", 1},
		"changed upstream again, neither works": {"third@example.com", "new@example.com", "new@example.com", 2},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCustody(t)
			first := c.connect(t, login(1, "one"))
			c.upstream.email = tc.upstreams
			second := login(1, "two")
			second.Email = tc.login

			got := c.connect(t, second)
			if got.Email != tc.stored || got.ID != first.ID || c.upstream.hasLiveIntent() != tc.keys {
				t.Errorf(
					"got e-mail %s, connection %s, %d keys; want %s, %s, %d",
					got.Email,
					got.ID,
					c.upstream.hasLiveIntent(),
					tc.stored,
					first.ID,
					tc.keys,
				)
			}
		})
	}
}

func TestUndecryptableKeyAffectsOnlyItsConnection(t *testing.T) {
	c := newCustody(t)
	damaged, other := c.connect(t, login(1, "one")), c.connect(t, login(2, "two"))
	// The other's sealed key, moved into this row: genuine, and still not openable here.
	_, fence, err := c.database.TakeLease(t.Context(), damaged.ID, 1)
	if err != nil {
		t.Fatal(err)
	}

	_, err = c.database.StoreKey(t.Context(), keys.StoredKey{
		ConnectionID: damaged.ID, IntentID: damaged.Intents[0].ID, Fence: fence, Email: damaged.Email,
		Name: damaged.KeyName, Sealed: other.SealedKey, At: damaged.ConnectedAt,
	})
	if err != nil {
		t.Fatal(err)
	}

	if _, err := c.Credential(t.Context(), accountOf(1)); !errors.Is(err, keys.ErrReconnectRequired) {
		t.Errorf("got %v, want ErrReconnectRequired", err)
	}

	if got := c.find(t, 1).State; got != keys.ReconnectRequired {
		t.Errorf("got state %s, want reconnect_required", got)
	}

	if _, err := c.Credential(t.Context(), accountOf(2)); err != nil {
		t.Errorf("the other account: %v", err)
	}

	repaired := c.connect(t, login(1, "again"))
	if repaired.ID != damaged.ID || repaired.State != keys.Active || repaired.KeyName == damaged.KeyName {
		t.Errorf(
			"got %s in state %s with key %s, want %s active with a new one",
			repaired.ID,
			repaired.State,
			repaired.KeyName,
			damaged.ID,
		)
	}

	if left := repaired.Leftovers(); len(left) != 1 || left[0].Name != damaged.KeyName {
		t.Errorf("got leftovers %+v, want %s", left, damaged.KeyName)
	}
}

func TestUnusableEmailMintsNothing(t *testing.T) {
	usable := []string{"a@example.com", "first.last+tag@sub.example.com", "ünï@exämple.com", "o'brien@example.com"}
	unusable := []string{
		"",
		"a",
		"@",
		"a@",
		"@example.com",
		"a@b@c",
		"a:b@example.com",
		"a@example.com\r\nX: y",
		"a\x00@example.com",
		"a b@example.com",
		"a@example.com\u202e",
		"a\u200b@example.com",
		"\"a\"@example.com",
		"<a@example.com>",
		"a@\xff",
		strings.Repeat("a", 255) + "@example.com",
	}

	c := newCustody(t)
	for _, email := range unusable {
		l := login(1, "token of "+email)

		l.Email = email
		if _, _, err := c.Connect(t.Context(), l); !errors.Is(err, keys.ErrEmailUnusable) {
			t.Errorf("%q: got %v, want ErrEmailUnusable", email, err)
		}
	}

	if c.upstream.calls != 0 {
		t.Errorf("got %d calls upstream, want none", c.upstream.calls)
	}

	for n, email := range usable {
		l := login(n, "token of "+email)

		l.Email = email
		if got := c.connect(t, l).Email; got != email {
			t.Errorf("got e-mail %q, want %q", got, email)
		}
	}
}

func TestKeyNames(t *testing.T) {
	for app, prefix := range map[string]string{
		"ACME": "ACME_API_KEY_", "my shop": "MY_SHOP_API_KEY_", "--x--": "X_API_KEY_", "A&B": "A_B_API_KEY_",
		"École": "ECOLE_API_KEY_", "Müller & Söhne GmbH": "MULLER_SOHNE_GMBH_API_KEY_", "Łódź": "LODZ_API_KEY_",
		"株式会社": "ZHU_SHI_HUI_SHE_API_KEY_", "メルカリ": "MERUKARI_API_KEY_", "쿠팡": "KUPANG_API_KEY_",
		"Яндекс": "IANDEKS_API_KEY_", "Straße №5": "STRASSE_NO_5_API_KEY_", "e\u0301cole": "ECOLE_API_KEY_",
		"🚀": "APP_API_KEY_", "株式会社メルカリホールディングス": "ZHU_SHI_HUI_SHE_MERUKARI_API_KEY_",
		strings.Repeat("long", 10): strings.Repeat("LONG", 6) + "_API_KEY_",
	} {
		c := newCustody(t, func(o *keys.Options) { o.AppName = app })
		name := c.connect(t, login(1, "one")).KeyName

		time, random, _ := strings.Cut(strings.TrimPrefix(name, prefix), "_")
		if !strings.HasPrefix(name, prefix) || len(time) != 13 || len(random) != 8 {
			t.Errorf("%s: got %s, want %s<ms>_<8 random>", app, name, prefix)
		}
	}
}

// A key whose name was made by another rule, or for another application name, is the same key: it is used again, and
// an interrupted mint is settled under its own name.
func TestKeysWithAnEarlierAppNameStayValid(t *testing.T) {
	var options keys.Options

	before := newCustody(t, func(o *keys.Options) { o.AppName = "COLE"; options = *o })
	connected := before.connect(t, login(1, "one"))

	before.upstream.on(nil, func(string) error { return upstash.ErrOutcomeUnknown })

	if _, _, err := before.Connect(t.Context(), login(2, "two")); !errors.Is(err, upstash.ErrOutcomeUnknown) {
		t.Fatalf("got %v, want an unknown outcome", err)
	}
	before.upstream.on(nil, nil)

	options.AppName, options.Upstream = "École", before.upstream

	renamed, err := keys.NewCustodian(options)
	if err != nil {
		t.Fatal(err)
	}
	after := &custody{Custodian: renamed, database: before.database, upstream: before.upstream, log: before.log}

	if again := after.connect(t, login(1, "again")); again.KeyName != connected.KeyName {
		t.Errorf("got the key %s, want %s", again.KeyName, connected.KeyName)
	}

	settled := after.connect(t, login(2, "later"))
	if left := settled.Leftovers(); !strings.HasPrefix(settled.KeyName, "ECOLE_API_KEY_") || len(left) != 1 ||
		!strings.HasPrefix(left[0].Name, "COLE_API_KEY_") {
		t.Errorf("got the key %s and %+v left over, want a new one and the one that was cut off",
			settled.KeyName, left)
	}
}
