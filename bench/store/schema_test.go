package store

import (
	"database/sql"
	"path/filepath"
	"slices"
	"testing"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/seal"
)

// A filled database has every index and trigger of the product's own: the measured schema is the same.
func TestFilledStoreHasEveryIndex(t *testing.T) {
	t.Parallel()

	schema := func(path string) []string {
		t.Helper()

		database, err := sql.Open("sqlite3", "file:"+path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = database.Close() }()

		indexes, err := findIndexes(t.Context(), database, false)
		if err != nil {
			t.Fatal(err)
		}

		var all []string
		for _, i := range indexes {
			all = append(all, i.create)
		}
		slices.Sort(all)

		return all
	}
	dir := t.TempDir()
	filled, fresh := filepath.Join(dir, "filled.db"), filepath.Join(dir, "fresh.db")

	keyset, err := seal.FreshKeyset()
	if err != nil {
		t.Fatal(err)
	}

	fill := Fill{URL: "sqlite://" + filled, Keyset: keyset, Issuer: "http://127.0.0.1:1/", Accounts: Spread(Active)}
	if err := fill.Run(t.Context()); err != nil {
		t.Fatal(err)
	}

	made, err := db.Open(t.Context(), db.Options{URL: "sqlite://" + fresh})
	if err != nil {
		t.Fatal(err)
	}

	if err := made.Close(); err != nil {
		t.Fatal(err)
	}

	got, want := schema(filled), schema(fresh)
	if len(want) < 10 || !slices.Equal(got, want) {
		t.Errorf("got %d indexes and triggers, want %d:\n%q\n%q", len(got), len(want), got, want)
	}
}
