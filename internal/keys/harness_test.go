package keys_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// upstream stands in for the far end: it keeps keys by name, refuses a name twice, and does what a test hooks in.
type upstream struct {
	mu       sync.Mutex
	keys     map[string]string // secret by name
	email    string            // that Basic calls must bear; empty: any
	calls    int
	create   func(name string) error // before the key is made; its error is the answer
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

func (u *upstream) live() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.keys)
}

// custody is a custodian on a database of its own, in front of an upstream of the test's.
type custody struct {
	*keys.Custodian
	database *db.DB
	upstream *upstream
	log      *bytes.Buffer
}

func newCustody(t testing.TB, change ...func(*keys.Options)) *custody {
	t.Helper()

	database, err := db.Open(t.Context(), db.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "bff.db")})
	if err != nil {
		t.Fatal(err)
	}

	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}

	box, err := seal.NewBox(keyset)
	if err != nil {
		t.Fatal(err)
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
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()

		if err := c.Drain(stop); err != nil {
			t.Errorf("drain: %v", err)
		}

		if err := database.Close(); err != nil {
			t.Error(err)
		}
	})

	return c
}

func accountOf(n int) keys.Account {
	return keys.Account{Issuer: "https://issuer.example/", Subject: fmt.Sprintf("auth0|%d", n)}
}

// login is a fresh log-in of account n; each token differs.
func login(n int, token string) keys.Login {
	return keys.Login{
		Account: accountOf(n), Email: "a@example.com", Token: secret.New(token), Digest: sha256.Sum256([]byte(token)),
		IssuedAt: time.Now().Truncate(time.Second), ExpiresAt: time.Now().Add(time.Hour),
	}
}

func (c *custody) connect(t testing.TB, login keys.Login) keys.Connection {
	t.Helper()

	connection, _, err := c.Connect(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}

	return connection
}

func (c *custody) disconnect(t testing.TB, n int) keys.Connection {
	t.Helper()

	connection, err := c.Disconnect(t.Context(), accountOf(n))
	if err != nil {
		t.Fatal(err)
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
