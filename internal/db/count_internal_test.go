package db

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/session"
)

// The counts that triggers maintain equal the counted rows, after every kind of change.
func TestCountsAreExact(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		d, _ := openSQLiteForTest(t)
		testCounts(t, d, goose.DialectSQLite3, "sqlite")
	})
	t.Run("Postgres", func(t *testing.T) {
		d, _ := openPostgresForTest(t)
		testCounts(t, d, goose.DialectPostgres, "postgres")
	})
}

func testCounts(t *testing.T, d *DB, dialect goose.Dialect, name string) {
	t.Helper()
	must := func(err error) {
		t.Helper()

		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()

	compareCounts(t, d, "empty")
	exerciseAll(t, d, "someone") // it ends with an erasure
	compareCounts(t, d, "after everything")

	var crowd sync.WaitGroup
	for n := range 40 {
		crowd.Go(func() {
			if err := live(ctx, d, n); err != nil {
				t.Error(err)
			}
		})
	}
	crowd.Wait()
	compareCounts(t, d, "after a crowd")

	must(d.DeleteExpired(ctx, time.Now()))
	compareCounts(t, d, "after DeleteExpired")

	folder, err := fs.Sub(migrations, "migrations/"+name)
	must(err)
	provider, err := goose.NewProvider(dialect, d.writes.pool, folder)
	must(err)
	_, err = provider.DownTo(ctx, 7)
	must(err)
	must(liveBefore(ctx, d))
	_, err = provider.Up(ctx)
	must(err)
	compareCounts(t, d, "after the migration")

	_, err = d.MarkSuspect(ctx, keys.ActionRestored, time.Now())
	must(err)
	compareCounts(t, d, "marked suspect")

	if !d.file {
		must(d.compactCounts(ctx))
		var rows int64
		must(d.read.Raw("SELECT count(*) FROM row_counts").Scan(&rows).Error)

		if rows > 12 {
			t.Errorf("%d rows are left after compacting", rows)
		}
		compareCounts(t, d, "compacted")
	}
}

// liveBefore writes what a server of version 7 wrote, whose tables lack the columns of today: an account with sessions,
// one of them expired.
func liveBefore(ctx context.Context, d *DB) error {
	at := millis(time.Now())

	_, err := d.writes.pool.ExecContext(ctx, "INSERT INTO connections (id, issuer, subject, state, created_at) "+
		"VALUES ('con_1000', 'i', '1000', 'active', $1)", at)

	for n := range 3 {
		if err == nil {
			until := at + int64(n)*time.Hour.Milliseconds() - 1
			_, err = d.writes.pool.ExecContext(ctx, "INSERT INTO sessions (token_hash, connection_id, created_at, idle_until, "+
				"expires_at) VALUES ($1, 'con_1000', $2, $3, $4)", fmt.Append(nil, "before ", n), at, until, until)
		}
	}

	return err
}

// live creates an account and takes it through as many steps as n selects.
func live(ctx context.Context, d *DB, n int) error {
	id, at := fmt.Sprint("con_", n), time.Now()
	account := keys.Account{Issuer: "i", Subject: fmt.Sprint(n)}

	if _, err := d.EnsureConnection(ctx, account, id, at); err != nil {
		return err
	}

	_, fence, err := d.TakeLease(ctx, id, time.Minute)
	if err == nil {
		intent := keys.Intent{ID: id, ConnectionID: id, Name: "n", Fence: fence, CreatedAt: at}
		err = d.OpenIntent(ctx, intent, time.Minute)
	}

	if err == nil && n%4 > 0 {
		_, err = d.StoreKey(ctx, keys.StoredKey{
			ConnectionID: id, IntentID: id, Fence: fence, Email: "e", Name: "n", Sealed: []byte("sealed"), At: at,
		})
	}

	for s := range 3 { // the second is idle, the third expired; some are both
		if err == nil {
			_, err = d.InsertSession(ctx, session.Session{
				TokenHash: sha256.Sum256(fmt.Append(nil, n, " ", s)), ConnectionID: id, CreatedAt: at,
				IdleUntil: at.Add(time.Hour - time.Duration(s%2)*2*time.Hour - time.Duration(n%2*s/2)*2*time.Hour),
				ExpiresAt: at.Add(time.Hour - time.Duration(s/2)*2*time.Hour),
			}, session.MaxActive)
		}
	}

	if err == nil && n%4 == 2 {
		_, err = d.DisconnectConnection(ctx, account, at)
	}

	if err == nil && n%4 == 3 {
		err = d.EraseConnection(ctx, id, keys.Event{At: at, ConnectionID: id})
	}

	return err
}

func compareCounts(t *testing.T, d *DB, when string) {
	t.Helper()

	got, err := d.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	count := func(table string) map[string]int64 {
		var rows []struct {
			State string
			N     int64
		}

		err := d.read.Raw("SELECT state, count(*) AS n FROM " + table + " GROUP BY state").Scan(&rows).Error
		if err != nil {
			t.Fatal(err)
		}

		states := map[string]int64{}
		for _, row := range rows {
			states[row.State] = row.N
		}

		return states
	}
	text := func(states map[string]int64) string { return fmt.Sprint(states) }
	var sessions int64

	at := millis(time.Now())
	if err := d.read.Model(&sessionRow{}).Where("idle_until >= ? AND expires_at >= ?", at, at).
		Count(&sessions).Error; err != nil {
		t.Fatal(err)
	}

	if want := count("connections"); text(want) != fmt.Sprint(got.Connections) {
		t.Errorf("%s: got connections %v, want %v", when, got.Connections, want)
	}

	if want := count("mint_intents"); text(want) != fmt.Sprint(got.Intents) {
		t.Errorf("%s: got intents %v, want %v", when, got.Intents, want)
	}

	creates := count("creates")
	maps.DeleteFunc(creates, func(state string, _ int64) bool { return state == "done" })

	if text(creates) != fmt.Sprint(got.Creates) || sessions != got.Sessions {
		t.Errorf("%s: got creates %v, %d sessions, want %v, %d", when, got.Creates, got.Sessions, creates, sessions)
	}
}
