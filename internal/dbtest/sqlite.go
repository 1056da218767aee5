// Package dbtest creates databases for tests.
package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/upstash-connect/bff/internal/db"
)

// migrated returns the file of an empty database with the current schema. The first test of a process migrates it.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "bff-schema-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)

	path := filepath.Join(dir, "bff.db")

	database, err := db.Open(context.Background(), db.Options{URL: "sqlite://" + path})
	if err != nil {
		return nil, err
	}

	// The last connection that closes moves the write-ahead log into the file.
	if err := database.Close(); err != nil {
		return nil, err
	}

	return os.ReadFile(path)
})

// SQLite creates an empty database, and returns its URL. The directory is the test's.
//
// It copies a migrated database. Under the race detector the migrations themselves would take a fifth of the time of a
// test of the server: their parser takes 4 MB from a pool for each line, and the detector empties that pool at random.
func SQLite(tb testing.TB) string {
	tb.Helper()

	path := filepath.Join(tb.TempDir(), "bff.db")
	CreateSQLite(tb, path)

	return "sqlite://" + path
}

// CreateSQLite creates an empty database at this path.
func CreateSQLite(tb testing.TB, path string) {
	tb.Helper()

	schema, err := migrated()
	if err != nil {
		tb.Fatal(err)
	}

	if err := os.WriteFile(path, schema, 0o600); err != nil {
		tb.Fatal(err)
	}
}
