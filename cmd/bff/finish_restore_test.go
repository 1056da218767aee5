package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/pgtest"
)

// The same command makes a restored Postgres ready; it makes no tables where none were restored.
func TestFinishRestoreOfPostgres(t *testing.T) {
	address := pgtest.URL(t)

	restored := func() (int, string) {
		var out bytes.Buffer
		code := run(t.Context(), []string{"finish-restore"}, []string{"BFF_DATABASE_URL=" + address}, &out, &out)
		return code, out.String()
	}
	if code, output := restored(); code != 1 || !strings.Contains(output, "there is no database to read") {
		t.Errorf("nothing restored: got %d %q, want a refusal", code, output)
	}

	database, err := db.Open(t.Context(), db.Options{URL: address})
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = database.Close() }()

	account := keys.Account{Issuer: "https://issuer.example/", Subject: "1"}
	if _, err := database.EnsureConnection(t.Context(), account, "con_1", time.Now()); err != nil {
		t.Fatal(err)
	}

	if kept, err := database.MoveConnection(t.Context(), "con_1", "", keys.Pending, keys.Active); err != nil || !kept {
		t.Fatal(kept, err)
	}

	if code, output := restored(); code != 0 || !strings.HasPrefix(output, "Ready: 1 connections ") {
		t.Errorf("got %d %q, want one connection", code, output)
	}

	if found, err := database.FindConnection(t.Context(), account); err != nil || found.State != keys.Suspect {
		t.Errorf("got %s, %v, want suspect", found.State, err)
	}
}
