package db

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/session"
)

// statements records the SQL of every statement as the driver gets it: with placeholders for bound values.
type statements struct {
	mu     sync.Mutex
	sql    []string
	values [][]any
}

func (s *statements) watch(t *testing.T, d *DB) {
	t.Helper()
	s.watchPool(t, d.write)
	d.reads.observer = func(statement string, values []any) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sql = append(s.sql, statement)
		s.values = append(s.values, slices.Clone(values))
	}
	d.writes.observer = d.reads.observer

	if d.read != d.write {
		s.watchPool(t, d.read)
	}
}

func (s *statements) watchPool(t *testing.T, database *gorm.DB) {
	t.Helper()
	note := func(tx *gorm.DB) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sql = append(s.sql, tx.Statement.SQL.String())
		s.values = append(s.values, slices.Clone(tx.Statement.Vars))
	}

	callbacks := database.Callback()
	for _, err := range []error{
		callbacks.Create().After("*").Register("note", note), callbacks.Query().After("*").Register("note", note), callbacks.Update().After("*").Register("note", note),
		callbacks.Delete().After("*").Register("note", note), callbacks.Row().After("*").Register("note", note), callbacks.Raw().After("*").Register("note", note),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Every value is bound. None is part of a statement, where it could be read as SQL.
//
// Threat model: P21.
func TestSQLValuesAreBound(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		database, _ := openSQLiteForTest(t)
		testValuesAreBound(t, database, "?")
	})
	t.Run("Postgres", func(t *testing.T) {
		database, _ := openPostgresForTest(t)
		testValuesAreBound(t, database, "$1")
	})
}

func testValuesAreBound(t *testing.T, d *DB, placeholder string) {
	t.Helper()
	var seen statements
	seen.watch(t, d)
	const canary = "canary' OR '1'='1"
	exerciseAll(t, d, canary)

	if err := d.Events(
		t.Context(), keys.EventFilter{Action: canary}, func(keys.Event) error { return nil },
	); err != nil {
		t.Fatal(err)
	}

	if len(seen.sql) < 25 {
		t.Fatalf("only %d statements were recorded", len(seen.sql))
	}

	bound := 0
	for _, sql := range seen.sql {
		if strings.Contains(sql, "canary") {
			t.Errorf("a value is part of a statement: %s", sql)
		}

		if strings.Contains(sql, placeholder) {
			bound++
		}
	}

	if bound < 25 {
		t.Errorf("only %d statements bind values: %s", bound, fmt.Sprint(seen.sql))
	}
}

// exerciseAll calls everything that a server calls on a database, for an account whose every string is canary.
func exerciseAll(t *testing.T, d *DB, canary string) {
	t.Helper()
	ctx, at := t.Context(), time.Now()
	account := keys.Account{Issuer: canary, Subject: canary}
	must := func(err error) {
		t.Helper()

		if err != nil {
			t.Fatal(err)
		}
	}
	connection, err := d.EnsureConnection(ctx, account, canary, at)
	must(err)
	_, fence, err := d.TakeLease(ctx, connection.ID, time.Minute)
	must(err)
	intent := keys.Intent{ID: canary, ConnectionID: canary, Name: canary, Fence: fence, CreatedAt: at}
	must(d.OpenIntent(ctx, intent, time.Minute))
	_, err = d.StoreKey(ctx, keys.StoredKey{
		ConnectionID: canary,
		IntentID:     canary,
		Fence:        fence,
		Email:        canary,
		Name:         canary,
		Sealed:       []byte(canary),
		At:           at,
		Events:       []keys.Event{{At: at, Action: keys.Action(canary), ConnectionID: canary, Detail: canary}},
	})
	must(err)
	_, err = d.FindIntent(ctx, canary)
	must(err)
	must(d.CloseIntent(ctx, intent, keys.IntentLeftBehind))
	_, err = d.ReuseConnection(ctx, canary, canary, keys.State(canary), canary)
	must(err)
	must(d.ReleaseLease(ctx, canary, fence))
	must(d.RememberToken(ctx, canary, sha256.Sum256([]byte(canary)), at.Add(time.Hour)))
	_, err = d.TokenSpent(ctx, canary, sha256.Sum256([]byte(canary)))
	must(err)
	_, err = d.InsertSession(ctx, session.Session{
		TokenHash: sha256.Sum256([]byte(canary)), ConnectionID: canary, ExpiresAt: at.Add(time.Hour),
		IdleUntil: at.Add(time.Hour),
	}, session.MaxActive)
	must(err)
	must(d.SetAuditRetention(ctx, 400*24*time.Hour))
	_, err = d.FindSession(ctx, sha256.Sum256([]byte(canary)))
	must(err)
	must(d.ExtendSession(ctx, sha256.Sum256([]byte(canary)), at.Add(time.Hour)))
	must(d.DeleteSessions(ctx, sha256.Sum256([]byte(canary))))
	must(d.DeleteSessionsOf(ctx, canary))
	rate := limit.Rate{Count: 1, Per: time.Hour}
	_, _, err = d.Charge(ctx, canary, limit.Caller(canary), rate)
	must(err)
	must(d.Refund(ctx, canary, limit.Caller(canary), rate))
	must(d.Record(ctx, keys.Event{At: at, Action: keys.Action(canary), ConnectionID: canary, Detail: canary}))
	_, err = d.MoveConnection(ctx, canary, canary, keys.State(canary), keys.State(canary))
	must(err)
	terms := proxy.ClaimTerms{Lease: time.Minute, Exclusive: true}
	record, _, err := d.ClaimCreate(ctx, proxy.CreateRecord{
		Operation: "redis.create", Reserves: true,
		ID:            canary,
		ConnectionID:  canary,
		KeyHash:       []byte(canary),
		Name:          canary,
		PrimaryRegion: canary,
		State:         proxy.CreatePrepared,
		CreatedAt:     at,
		ExpiresAt:     at.Add(time.Hour),
	}, terms)
	must(err)
	_, err = d.SendCreate(ctx, proxy.Sending{
		ID: canary, Fence: record.Fence, KnownIDs: []string{canary}, Lease: time.Minute, KeyName: canary, Email: canary,
	})
	must(err)
	must(d.SuspendCreate(ctx, canary, record.Fence, at))
	_, err = d.OpenCreates(ctx, canary)
	must(err)
	must(d.FinishCreate(ctx, proxy.Finished{
		ID: canary, Fence: record.Fence, DatabaseID: canary, SealedAnswer: []byte(canary),
		Event: keys.Event{At: at, Action: keys.Action(canary), ConnectionID: canary, Detail: canary},
	}))
	must(d.DropCreate(ctx, canary, record.Fence))
	_, err = d.SealedSample(ctx, 16)
	must(err)
	_, err = d.KeysInUse(ctx, 2)
	must(err)
	_, err = d.RetiredKey(ctx, 1)
	must(err)
	_, err = d.Count(ctx)
	must(err)
	must(d.DeleteExpired(ctx, at))
	exercisePartner(t, d, canary, at)
	_, err = d.DisconnectConnection(ctx, account, at)
	must(err)
	found, err := d.FindConnection(ctx, account)
	must(err)

	if found.ID != canary {
		t.Errorf("got connection %q, want the canary's: the values did not arrive unchanged", found.ID)
	}
	must(d.EraseConnection(ctx, canary, keys.Event{At: at, Action: keys.Action(canary), ConnectionID: canary}))
}
