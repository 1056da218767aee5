package db_test

import (
	"testing"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/pgtest"
	"github.com/upstash-connect/bff/internal/storetest"
)

// Through a pooler in transaction mode, the store behaves the same: its migrations, locks and statements need no
// session of their own.
func TestStoreConformsBehindAPooler(t *testing.T) {
	pooler := pgtest.NewPooler(t, pgtest.URL(t), "transaction")

	storetest.Run(t, func(t *testing.T) storetest.Backend {
		t.Helper()
		return open(t, db.Options{URL: pooler.URLFor(t, pgtest.URL(t))})
	})
}
