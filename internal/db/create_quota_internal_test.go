package db

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/proxy"
)

// Keys of creates are stored for a day and never deleted early: a forgotten key could create a second database.
// Therefore the number per account is limited.
func TestStoredCreatesOfAnAccountAreLimited(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		d, _ := openSQLiteForTest(t)
		testCreatesKept(t, d, "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?) SELECT n FROM n")
	})
	t.Run("Postgres", func(t *testing.T) {
		d, _ := openPostgresForTest(t)
		testCreatesKept(t, d, "SELECT n FROM generate_series(1, CAST(? AS INTEGER)) AS s(n)")
	})
}

// The creates of one grant leave room for the user and for other services.
func TestStoredCreatesOfAGrantAreLimited(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		d, _ := openSQLiteForTest(t)
		testCreatesKeptOfGrant(t, d,
			"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?) SELECT n FROM n")
	})
	t.Run("Postgres", func(t *testing.T) {
		d, _ := openPostgresForTest(t)
		testCreatesKeptOfGrant(t, d, "SELECT n FROM generate_series(1, CAST(? AS INTEGER)) AS s(n)")
	})
}

func testCreatesKeptOfGrant(t *testing.T, d *DB, numbers string) {
	t.Helper()
	ctx, now := t.Context(), time.Now()

	account := keys.Account{Issuer: "https://issuer.example/", Subject: "many"}

	connection, err := d.EnsureConnection(ctx, account, "con_many", now)
	if err != nil {
		t.Fatal(err)
	}

	for _, id := range []string{"first", "second"} {
		service := partner.Service{ID: id, Name: id, CreatedAt: now}
		if err := d.InsertService(ctx, service, keys.Event{At: now}); err != nil {
			t.Fatal(err)
		}

		execute(t, d, "INSERT INTO grants (id, service_id, external_id, connection_id, epoch, asked, consent, created_at) "+
			"VALUES (?, ?, 'user', ?, 1, '{}', '{}', ?)", id, id, connection.ID, millis(now))
	}

	claim := func(key, grantID string) error {
		sum := sha256.Sum256([]byte(key))

		_, _, err := d.ClaimCreate(ctx, proxy.CreateRecord{
			Operation: "redis.create", Reserves: true,
			ID: "cre_" + key, ConnectionID: connection.ID, GrantID: grantID, KeyHash: sum[:], Name: "name of " + key,
			PrimaryRegion: "us-east-1", State: proxy.CreatePrepared, CreatedAt: now, ExpiresAt: now.Add(24 * time.Hour),
		}, proxy.ClaimTerms{Lease: time.Minute})

		return err
	}

	execute(t, d, "INSERT INTO creates (id, connection_id, grant_id, fingerprint, name, primary_region, state, known_ids, "+
		"lease_fence, lease_until, created_at, expires_at) "+
		"SELECT 'cre_old_' || n, ?, 'first', ?, 'old', 'us-east-1', 'done', '[]', 1, 0, ?, ? FROM ("+numbers+") AS numbers",
		connection.ID, make([]byte, 32), millis(now), millis(now.Add(time.Hour)), proxy.MaxCreateRecordsPerGrant-1)

	if err := claim("last", "first"); err != nil {
		t.Fatalf("the last of the grant's share: got %v", err)
	}
	var full *proxy.CreateRecordLimitError

	err = claim("beyond", "first")
	if !errors.As(err, &full) || !full.OfGrant || full.RetryAfter <= 0 || full.RetryAfter > time.Hour {
		t.Fatalf("one more: got %v, want the grant's share used up for an hour at most", err)
	}

	if got := full.Problem(); !strings.Contains(got.Detail, "this grant created 2500") {
		t.Errorf("got %q", got.Detail)
	}

	if err := errors.Join(claim("own", ""), claim("other", "second")); err != nil {
		t.Errorf("the user and another service: got %v, want room", err)
	}
}

func testCreatesKept(t *testing.T, d *DB, numbers string) {
	t.Helper()
	ctx, now := t.Context(), time.Now()

	account := keys.Account{Issuer: "https://issuer.example/", Subject: "many"}

	connection, err := d.EnsureConnection(ctx, account, "con_many", now)
	if err != nil {
		t.Fatal(err)
	}

	claim := func(key string) (proxy.CreateRecord, proxy.Claim, error) {
		sum := sha256.Sum256([]byte(key))

		return d.ClaimCreate(ctx, proxy.CreateRecord{
			Operation: "redis.create", Reserves: true,
			ID: "cre_" + key, ConnectionID: connection.ID, KeyHash: sum[:], Name: "name of " + key, PrimaryRegion: "us-east-1",
			State: proxy.CreatePrepared, CreatedAt: now, ExpiresAt: now.Add(24 * time.Hour),
		}, proxy.ClaimTerms{Lease: time.Minute})
	}

	fill := "INSERT INTO creates (id, connection_id, fingerprint, name, primary_region, state, known_ids, lease_fence, " +
		"lease_until, created_at, expires_at) SELECT 'cre_old_' || n, ?, ?, 'old', 'us-east-1', 'done', '[]', 1, 0, ?, ? " +
		"FROM (" + numbers + ") AS numbers"
	soon := now.Add(time.Hour)

	err = d.write.Exec(fill, connection.ID, make([]byte, 32), millis(now), millis(soon), proxy.MaxCreateRecords-1).Error
	if err != nil {
		t.Fatal(err)
	}

	if _, got, err := claim("last"); err != nil || got != proxy.ClaimFresh {
		t.Fatalf("the last within the limit: got %d, %v", got, err)
	}
	var full *proxy.CreateRecordLimitError

	if _, _, err := claim("beyond"); !errors.As(err, &full) || full.RetryAfter <= 0 || full.RetryAfter > time.Hour {
		t.Fatalf("one more: got %v, want an error with a retry within an hour", err)
	}

	if _, got, err := claim("last"); got != proxy.ClaimResumed && err == nil {
		t.Errorf("a stored key: got %d, %v, want its own create", got, err)
	}

	if err := d.write.Exec("UPDATE creates SET expires_at = ? WHERE id LIKE 'cre_old_%'", millis(now)-1).Error; err != nil {
		t.Fatal(err)
	}

	if _, got, err := claim("beyond"); err != nil || got != proxy.ClaimFresh {
		t.Errorf("once the old ones have expired: got %d, %v", got, err)
	}
	var left int64

	if err := d.read.Raw("SELECT count(*) FROM creates").Scan(&left).Error; err != nil || left != 2 {
		t.Errorf("got %d creates, %v, want two", left, err)
	}
}
