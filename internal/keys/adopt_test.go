package keys_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// kept is a login with a key that the user still has; it is alive upstream if live.
func (c *custody) kept(live bool) keys.Login {
	l := login(1, "one")

	l.LocalKey = keys.LocalKey{Email: "before@example.com", Name: "ACME_API_KEY_1", Key: secret.New("secret-of-ACME_API_KEY_1")}
	if live {
		c.upstream.keys[l.LocalKey.Name] = l.LocalKey.Key.Reveal()
	}

	return l
}

// A key that the server lost and the user still has is stored again: no other is minted, whatever the budget and the
// login's age.
func TestConnectAdoptsTheLocalKey(t *testing.T) {
	c := newCustody(t, func(o *keys.Options) { o.Mints = spent{} })
	l := c.kept(true)
	l.IssuedAt = time.Now().Add(-time.Hour)

	connection, made, err := c.Connect(t.Context(), l)
	if err != nil || made || connection.State != keys.Active || connection.KeyName != l.LocalKey.Name ||
		connection.Email != l.Email ||
		len(connection.Leftovers()) != 0 {
		t.Fatalf("got %+v, made %t, %v", connection, made, err)
	}

	credential, err := c.Credential(t.Context(), l.Account)
	if err != nil || credential.Key.Reveal() != l.LocalKey.Key.Reveal() {
		t.Errorf("custody does not hold the kept key: %v", err)
	}

	if c.upstream.calls != 0 {
		t.Errorf("%d keys were asked for", c.upstream.calls)
	}

	if again, made, err := c.Connect(t.Context(), l); err != nil || made || again.ID != connection.ID {
		t.Errorf("connected again: got %+v, made %t, %v", again, made, err)
	}
}

// spent is an exhausted budget.
type spent struct{}

func (spent) Take(context.Context, limit.Caller) error   { return &limit.ExceededError{} }
func (spent) Refund(context.Context, limit.Caller) error { return nil }

// silent is an upstream that cannot be reached.
type silent struct{ *upstream }

func (silent) Databases(context.Context, upstash.Credential) ([]upstash.Database, error) {
	return nil, &upstash.UnavailableError{}
}

// A login with another e-mail than the local key works with keeps the e-mail that works.
func TestAdoptedKeyKeepsItsEmail(t *testing.T) {
	c := newCustody(t)
	l := c.kept(true)

	c.upstream.email = l.LocalKey.Email
	if got := c.connect(t, l); got.Email != l.LocalKey.Email || got.KeyName != l.LocalKey.Name {
		t.Errorf("got %+v", got)
	}
}

// A key that upstream rejects is replaced; if upstream cannot be reached, the connection does not change.
func TestLocalKeyIsProbedBeforeAdoption(t *testing.T) {
	c := newCustody(t)
	l := c.kept(false)

	connection, made, err := c.Connect(t.Context(), l)
	if err != nil || !made || connection.KeyName == l.LocalKey.Name {
		t.Errorf("refused: got %+v, made %t, %v", connection, made, err)
	}
	away := newCustody(t, func(o *keys.Options) { o.Upstream = silent{newUpstream()} })

	var unavailable *upstash.UnavailableError
	if _, _, err := away.Connect(t.Context(), away.kept(true)); !errors.As(err, &unavailable) {
		t.Errorf("unreachable: got %v", err)
	}
}

// After a disconnect, the user's key is one of those left behind.
func TestLocalKeyDoesNotUndoADisconnect(t *testing.T) {
	c := newCustody(t)
	first := c.connect(t, c.kept(true))
	c.disconnect(t, 1)
	l := c.kept(true)
	l.Token, l.Digest, l.IssuedAt = secret.New("two"), login(1, "two").Digest, time.Now().Add(2*time.Second)

	connection, made, err := c.Connect(t.Context(), l)
	if err != nil || !made || connection.KeyName == first.KeyName {
		t.Fatalf("got %+v, made %t, %v", connection, made, err)
	}

	if left := connection.Leftovers(); len(left) != 1 || left[0].Name != first.KeyName {
		t.Errorf("got leftovers %v, want %s", left, first.KeyName)
	}
}

// A run that was interrupted after it committed the name continues.
func TestAdoptionResumesAfterAnInterruption(t *testing.T) {
	c := newCustody(t)
	l := c.kept(true)

	pending, err := c.database.EnsureConnection(t.Context(), l.Account, "con_1", time.Now())
	if err != nil {
		t.Fatal(err)
	}

	_, fence, err := c.database.TakeLease(t.Context(), pending.ID, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}

	cut := keys.Intent{
		ID:           "int_1",
		ConnectionID: pending.ID,
		Name:         l.LocalKey.Name,
		State:        keys.IntentOpen,
		Fence:        fence,
		CreatedAt:    time.Now(),
	}
	if err := c.database.OpenIntent(t.Context(), cut, time.Millisecond); err != nil {
		t.Fatal(err)
	}

	connection, made, err := c.Connect(t.Context(), l)
	if err != nil || made || connection.KeyName != l.LocalKey.Name || len(connection.Intents) != 1 ||
		c.upstream.calls != 0 {
		t.Errorf("got %+v, made %t, %d calls, %v", connection, made, c.upstream.calls, err)
	}
}
