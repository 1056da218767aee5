package keys_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/dbtest"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// upstream is a fake Upstash: it stores keys by name, rejects a duplicate name, and runs a test's hooks.
type upstream struct {
	mu       sync.Mutex
	keys     map[string]string // secret by name
	email    string            // that Basic calls must have; empty: any
	calls    int
	create   func(name string) error // before the key is made; its error is the response
	answered func(name string) error // after it
}

func newUpstream() *upstream { return &upstream{keys: map[string]string{}} }

func (u *upstream) CreateKey(_ context.Context, _ string, _ secret.Text, name string) (secret.Text, error) {
	u.mu.Lock()
	u.calls++
	create, answered := u.create, u.answered
	u.mu.Unlock()

	if create != nil {
		if err := create(name); err != nil {
			return secret.Text{}, err
		}
	}
	u.mu.Lock()
	_, taken := u.keys[name]

	key := fmt.Sprintf("secret-of-%s", name)
	if !taken {
		u.keys[name] = key
	}
	u.mu.Unlock()

	if taken {
		return secret.Text{}, &upstash.RejectedError{Status: 400, Reason: upstash.ReasonNameTaken}
	}

	if answered != nil {
		if err := answered(name); err != nil {
			return secret.Text{}, err
		}
	}

	return secret.New(key), nil
}

func (u *upstream) Databases(_ context.Context, credential upstash.Credential) ([]upstash.Database, error) {
	u.mu.Lock()
	defer u.mu.Unlock()

	if u.email != "" && credential.Email != u.email {
		return nil, upstash.ErrCredentialRefused
	}

	for _, key := range u.keys {
		if key == credential.Key.Reveal() {
			return nil, nil
		}
	}

	return nil, upstash.ErrCredentialRefused
}

func (u *upstream) on(create, answered func(string) error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.create, u.answered = create, answered
}

func (u *upstream) hasLiveIntent() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.keys)
}

// custody is a custodian on its own database, in front of an upstream of the test's.
type custody struct {
	*keys.Custodian
	database *db.DB
	upstream *upstream
	log      *bytes.Buffer
}

func newCustody(tb testing.TB, change ...func(*keys.Options)) *custody {
	tb.Helper()

	database, err := db.Open(tb.Context(), db.Options{URL: dbtest.SQLite(tb)})
	if err != nil {
		tb.Fatal(err)
	}

	keyset, err := seal.NewKeyset()
	if err != nil {
		tb.Fatal(err)
	}

	box, err := seal.NewBox(keyset)
	if err != nil {
		tb.Fatal(err)
	}
	c := &custody{database: database, upstream: newUpstream(), log: &bytes.Buffer{}}

	options := keys.Options{
		AppName:     "ACME",
		Store:       database,
		Ledger:      database,
		Tokens:      database,
		Audit:       database,
		Upstream:    c.upstream,
		Box:         box,
		MaxTokenAge: 10 * time.Minute,
		Patience:    5 * time.Second,
		Logger:      slog.New(slog.NewTextHandler(c.log, nil)),
	}
	for _, apply := range change {
		apply(&options)
	}

	if c.Custodian, err = keys.NewCustodian(options); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		stop, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()

		if err := c.Drain(stop); err != nil {
			tb.Errorf("drain: %v", err)
		}

		if err := database.Close(); err != nil {
			tb.Error(err)
		}
	})

	return c
}

func accountOf(n int) keys.Account {
	return keys.Account{Issuer: "https://issuer.example/", Subject: fmt.Sprintf("auth0|%d", n)}
}

// login is a fresh login of account n; each token differs.
func login(n int, token string) keys.Login {
	return keys.Login{
		Account: accountOf(n), Email: "a@example.com", Token: secret.New(token), Digest: sha256.Sum256([]byte(token)),
		IssuedAt: time.Now().Truncate(time.Second), ExpiresAt: time.Now().Add(time.Hour),
	}
}

func (c *custody) connect(tb testing.TB, login keys.Login) keys.Connection {
	tb.Helper()

	connection, _, err := c.Connect(tb.Context(), login)
	if err != nil {
		tb.Fatal(err)
	}

	return connection
}

func (c *custody) disconnect(tb testing.TB, n int) keys.Connection {
	tb.Helper()

	connection, err := c.Disconnect(tb.Context(), accountOf(n))
	if err != nil {
		tb.Fatal(err)
	}

	return connection
}

func (c *custody) find(t *testing.T, n int) keys.Connection {
	t.Helper()

	connection, err := c.Find(t.Context(), accountOf(n))
	if err != nil {
		t.Fatal(err)
	}

	return connection
}

// eventually waits for what must become true.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()

	for limit := time.Now().Add(10 * time.Second); time.Now().Before(limit); time.Sleep(time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within ten seconds: %s", what)
}
