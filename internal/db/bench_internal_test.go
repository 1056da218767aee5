package db

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/pgtest"
	"github.com/upstash-connect/bff/internal/proxy"
)

// BenchmarkCreateRecord is what remembering a create costs: three commits to disk for a new one, a lookup for a replay.
// On Postgres they are commits of a server whose disk does not sync (internal/pgtest): its round trips are what is
// seen.
func BenchmarkCreateRecord(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { benchmarkCreateRecord(b, "sqlite://"+filepath.Join(b.TempDir(), "bff.db")) })
	b.Run("Postgres", func(b *testing.B) { benchmarkCreateRecord(b, pgtest.URL(b)) })
}

func benchmarkCreateRecord(b *testing.B, address string) {
	b.Helper()

	d, err := Open(b.Context(), Options{URL: address, Exclusive: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close() })

	connection, err := d.EnsureConnection(b.Context(), keys.Account{Issuer: "i", Subject: "s"}, "con_1", time.Now())
	if err != nil {
		b.Fatal(err)
	}
	terms := proxy.ClaimTerms{Lease: time.Minute}
	n := 0
	wanted := func(n int) proxy.CreateRecord {
		hash := sha256.Sum256(fmt.Appendf(nil, "key-%d", n))

		return proxy.CreateRecord{
			ID: fmt.Sprintf(
				"cre_%d", n,
			),
			ConnectionID:  connection.ID,
			KeyHash:       hash[:],
			Name:          fmt.Sprintf("db-%d", n),
			PrimaryRegion: "us-east-1",
			State:         proxy.CreatePrepared,
			CreatedAt:     time.Now(),
			ExpiresAt:     time.Now().Add(24 * time.Hour),
		}
	}
	sealed := make([]byte, 400)
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()

		for b.Loop() {
			n++

			record, _, err := d.ClaimCreate(b.Context(), wanted(n), terms)
			if err == nil {
				_, err = d.SendCreate(b.Context(), proxy.Sending{
					ID: record.ID, Fence: record.Fence, KnownIDs: []string{}, Lease: time.Minute,
				})
			}

			if err == nil {
				err = d.FinishCreate(b.Context(), record.ID, record.Fence, record.ID, sealed)
			}

			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("replayed", func(b *testing.B) {
		b.ReportAllocs()

		again := wanted(1)
		for b.Loop() {
			if _, claim, err := d.ClaimCreate(b.Context(), again, terms); err != nil || claim != proxy.ClaimReplay {
				b.Fatal(claim, err)
			}
		}
	})
	b.Run("connection found", func(b *testing.B) { // what every call of the API begins with
		b.ReportAllocs()

		for b.Loop() {
			if _, err := d.FindConnection(b.Context(), keys.Account{Issuer: "i", Subject: "s"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
