package store

import (
	"context"
	"crypto/sha256"
	"path/filepath"
	"testing"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/seal"
)

// What is filled is found by the product's own store, opens with its keyset, and has the sessions that we know.
func TestFilledStoreIsTheProducts(t *testing.T) {
	t.Parallel()

	const issuer = "http://127.0.0.1:1/"
	url := "sqlite://" + filepath.Join(t.TempDir(), "bff.db")

	keyset, err := seal.FreshKeyset()
	if err != nil {
		t.Fatal(err)
	}

	fill := Fill{URL: url, Keyset: keyset, Issuer: issuer, Accounts: Spread(2000)}
	if err := fill.Run(t.Context()); err != nil {
		t.Fatal(err)
	}

	opened, err := db.Open(t.Context(), db.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })

	for _, account := range ActiveAccounts()[:10] {
		found, err := opened.FindConnection(t.Context(), keys.Account{Issuer: issuer, Subject: account.Subject()})
		if err != nil {
			t.Fatal(err)
		}
		at := seal.Cell{Table: "connections", Row: found.ID, Column: "sealed_key"}

		key, err := keyset.Open(found.SealedKey, at)
		if err != nil || string(key) != account.Key() || found.State != keys.Active {
			t.Errorf("got %q, %v, state %s", key, err, found.State)
		}

		session, err := opened.FindSession(context.WithoutCancel(t.Context()), sha256.Sum256([]byte(account.Session)))
		if err != nil || session.ConnectionID != found.ID {
			t.Errorf("got session %+v, %v", session, err)
		}
	}

	if counted, err := opened.Count(t.Context()); err != nil || counted.Connections["active"] != 2000 {
		t.Errorf("got %+v, %v", counted, err)
	}
}
