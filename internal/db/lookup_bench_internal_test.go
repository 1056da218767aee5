package db

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/pgtest"
	"github.com/upstash-connect/bff/internal/session"
)

// onBoth runs a benchmark on both databases. cpu-ns/op covers this process only, not the Postgres server.
func onBoth(b *testing.B, run func(b *testing.B, d *DB)) {
	b.Helper()

	urls := map[string]func(b *testing.B) string{
		"SQLite":   func(b *testing.B) string { b.Helper(); return "sqlite://" + filepath.Join(b.TempDir(), "bff.db") },
		"Postgres": func(b *testing.B) string { b.Helper(); return pgtest.URL(b) + "?statement_timeout=0" },
	}
	for _, name := range []string{"SQLite", "Postgres"} {
		b.Run(name, func(b *testing.B) {
			d, err := Open(b.Context(), Options{URL: urls[name](b), Exclusive: true})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = d.Close() })
			run(b, d)
		})
	}
}

// each measures one call with a context that can be cancelled, as requests have.
func each(b *testing.B, call func(ctx context.Context) error) {
	b.Helper()
	b.ReportAllocs()

	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	begin := processTime(b)

	for b.Loop() {
		if err := call(ctx); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((processTime(b)-begin).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

func processTime(b *testing.B) time.Duration {
	b.Helper()

	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}

	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

var benchAccount = keys.Account{Issuer: "https://login.example/", Subject: "auth0|0123456789"}

// seedConnection creates a connected account among a hundred others.
func seedConnection(b *testing.B, d *DB) keys.Connection {
	b.Helper()
	must := func(err error) {
		b.Helper()

		if err != nil {
			b.Fatal(err)
		}
	}

	ctx, at := b.Context(), time.Now()
	for n := range 100 {
		_, err := d.EnsureConnection(ctx, keys.Account{Issuer: "i", Subject: fmt.Sprint(n)}, fmt.Sprintf("con_%d", n), at)
		must(err)
	}
	_, err := d.EnsureConnection(ctx, benchAccount, "con_bench", at)
	must(err)
	_, fence, err := d.TakeLease(ctx, "con_bench", time.Minute)
	must(err)
	must(d.OpenIntent(
		ctx, keys.Intent{ID: "int_1", ConnectionID: "con_bench", Name: "key", Fence: fence, CreatedAt: at}, time.Minute,
	))
	connection, err := d.StoreKey(ctx, keys.StoredKey{
		ConnectionID: "con_bench", IntentID: "int_1", Fence: fence, Email: "a@example.com", Name: "key",
		Sealed: make([]byte, 100), At: at,
	})
	must(err)

	return connection
}

func BenchmarkFindConnection(b *testing.B) {
	onBoth(b, func(b *testing.B, d *DB) {
		b.Helper()
		seedConnection(b, d)
		each(b, func(ctx context.Context) error {
			_, err := d.FindConnection(ctx, benchAccount)
			return err
		})
	})
}

func BenchmarkFindSession(b *testing.B) {
	onBoth(b, func(b *testing.B, d *DB) {
		b.Helper()
		connection := seedConnection(b, d)
		hash := sha256.Sum256([]byte("token"))

		if _, err := d.InsertSession(b.Context(), session.Session{
			TokenHash: hash, ConnectionID: connection.ID, CreatedAt: time.Now(),
			IdleUntil: time.Now().Add(time.Hour), ExpiresAt: time.Now().Add(time.Hour),
		}, session.MaxActive); err != nil {
			b.Fatal(err)
		}
		each(b, func(ctx context.Context) error {
			_, err := d.FindSession(ctx, hash)
			return err
		})
	})
}

// BenchmarkService measures the lookups that begin every call of a service.
func BenchmarkService(b *testing.B) {
	onBoth(b, func(b *testing.B, d *DB) {
		b.Helper()
		connection := seedConnection(b, d)
		service := partner.Service{
			ID: "svc_1", Name: "s", ReturnURLs: []string{"https://a.example/", "https://b.example/"}, CreatedAt: time.Now(),
		}
		token := partner.Token{
			ID: "tok_1", ServiceID: "svc_1", Scopes: []string{"databases:list"}, CreatedAt: time.Now(),
			ExpiresAt: time.Now().Add(time.Hour),
		}

		err := d.InsertService(b.Context(), service, keys.Event{At: time.Now(), Action: "x"})
		if err == nil {
			err = d.InsertToken(b.Context(), token, keys.Event{At: time.Now(), Action: "x"})
		}

		if err == nil {
			err = d.write.Create(&grantRow{
				ID: "gra_1", ServiceID: "svc_1", ExternalID: "user", ConnectionID: connection.ID,
				Asked: "{}", Consent: "{}",
			}).Error
		}

		for n := range 10 {
			if err == nil {
				err = d.write.Create(&grantDatabaseRow{GrantID: "gra_1", DatabaseID: fmt.Sprint("db-", n)}).Error
			}
		}

		if err != nil {
			b.Fatal(err)
		}
		b.Run("token", func(b *testing.B) {
			each(b, func(ctx context.Context) error {
				_, _, err := d.FindToken(ctx, "tok_1")
				return err
			})
		})
		b.Run("grant", func(b *testing.B) {
			each(b, func(ctx context.Context) error {
				_, err := d.ActiveGrant(ctx, "svc_1", "", "user")
				return err
			})
		})
		b.Run("databases", func(b *testing.B) {
			each(b, func(ctx context.Context) error {
				found, err := d.GrantDatabases(ctx, "gra_1")
				if len(found) != 10 {
					b.Fatal(len(found))
				}

				return err
			})
		})
	})
}
