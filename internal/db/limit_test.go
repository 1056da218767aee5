package db_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/dbtest"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/pgtest"
)

// Several servers on one database, each with its own connections, share one limit. A restarted server shares it, too.
func TestLimitIsSharedByServersAndOutlivesThem(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { testSharedLimit(t, dbtest.SQLite(t)) })
	t.Run("Postgres", func(t *testing.T) { testSharedLimit(t, pgtest.URL(t)) })
}

func testSharedLimit(t *testing.T, url string) {
	t.Helper()
	options := db.Options{URL: url}
	rate, caller := limit.Rate{Count: 10, Per: time.Hour}, limit.NewCaller("account", "a")

	var (
		group   sync.WaitGroup
		through atomic.Int64
	)
	for range 4 {
		ledger := limit.NewLedger("mints", rate, open(t, options))
		for range 10 {
			group.Go(func() {
				if ledger.Take(t.Context(), caller) == nil {
					through.Add(1)
				}
			})
		}
	}
	group.Wait()

	if got := through.Load(); got != 10 {
		t.Errorf("got %d of 40 through four servers, want 10", got)
	}

	if err := limit.NewLedger("mints", rate, open(t, options)).Take(t.Context(), caller); err == nil {
		t.Error("a server started again lets one more through")
	}
}
