package test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/server"
	"github.com/upstash-connect/bff/test/harness"
)

// A valid keyset that is not this database's would make every connection look damaged, and every connect mint again.
//
// Threat model: S04.
func TestServerRejectsAnotherKeysetAtStart(t *testing.T) {
	url := "sqlite://" + filepath.Join(t.TempDir(), "bff.db")
	own, other := newKeyset(t), newKeyset(t)
	sealOneKey(t, url, own)

	_, err := server.New(
		t.Context(),
		server.Options{
			Config:  &config.Config{DatabaseURL: secret.New(url), Keyset: secret.New(string(other))},
			Logger:  slog.New(slog.DiscardHandler),
			Version: harness.TestVersion,
		},
	)
	if !errors.Is(err, keys.ErrWrongKeyset) {
		t.Errorf("newApp with another keyset = %v, want ErrWrongKeyset", err)
	}
	// It got past the check, and fails on what this half-made configuration lacks.
	_, err = server.New(
		t.Context(),
		server.Options{
			Config:  &config.Config{DatabaseURL: secret.New(url), Keyset: secret.New(string(own))},
			Logger:  slog.New(slog.DiscardHandler),
			Version: harness.TestVersion,
		},
	)
	if err == nil || errors.Is(err, keys.ErrWrongKeyset) || errors.Is(err, db.ErrInUse) {
		t.Errorf("newApp with its own keyset = %v, want a complaint about the rest of the configuration", err)
	}
}

func newKeyset(t *testing.T) []byte {
	t.Helper()

	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}

	return keyset
}

// sealOneKey connects an account in the database, by hand.
func sealOneKey(t *testing.T, url string, keyset []byte) {
	t.Helper()
	ctx := context.Background()

	database, err := db.Open(ctx, db.Options{URL: url, Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}

	box, err := seal.NewBox(keyset)
	if err != nil {
		t.Fatal(err)
	}

	connection, err := database.EnsureConnection(
		ctx,
		keys.Account{Issuer: "https://issuer/", Subject: "auth0|1"},
		"con_1",
		time.Now(),
	)
	if err != nil {
		t.Fatal(err)
	}

	sealed, err := box.Seal(
		[]byte("a-developer-key"), seal.Cell{Table: "connections", Row: connection.ID, Column: "sealed_key"},
	)
	if err != nil {
		t.Fatal(err)
	}

	_, fence, err := database.TakeLease(ctx, connection.ID, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	intent := keys.Intent{
		ID:           "int_1",
		ConnectionID: connection.ID,
		Name:         "ACME_API_KEY_1",
		Fence:        fence,
		CreatedAt:    time.Now(),
	}
	stored := keys.StoredKey{
		ConnectionID: connection.ID,
		IntentID:     intent.ID,
		Fence:        fence,
		Email:        "a@example.com",
		Name:         intent.Name,
		Sealed:       sealed,
		At:           time.Now(),
	}
	opened := database.OpenIntent(ctx, intent, time.Minute)

	_, err = database.StoreKey(ctx, stored)
	if err := errors.Join(opened, err, database.Close()); err != nil {
		t.Fatal(err)
	}
}
