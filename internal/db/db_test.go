package db_test

import (
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/dbtest"
	"github.com/upstash-connect/bff/internal/pgtest"
	"github.com/upstash-connect/bff/internal/storetest"
)

// open opens a database and closes it with the test.
func open(t *testing.T, options db.Options) *db.DB {
	t.Helper()

	if options.URL == "" {
		options.URL = dbtest.SQLite(t)
	}

	database, err := db.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})

	return database
}

func TestStoreConforms(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) storetest.Backend {
			t.Helper()
			return open(t, db.Options{Exclusive: true})
		})
	})
	t.Run("Postgres", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) storetest.Backend {
			t.Helper()
			return open(t, db.Options{URL: pgtest.URL(t)})
		})
	})
	t.Run("two replicas on one Postgres", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) storetest.Backend {
			t.Helper()
			url := pgtest.URL(t)
			return storetest.RoundRobin(open(t, db.Options{URL: url}), open(t, db.Options{URL: url}))
		})
	})
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
