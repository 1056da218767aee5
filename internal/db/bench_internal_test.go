package db

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm/clause"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/webhook"
)

// BenchmarkCreateRecord measures the storage of a create: three commits for a new one, with its audit event in the
// last, and under a grant with the service's event; and a lookup for a replay. The Postgres of internal/pgtest does not
// sync to disk, so its results show round trips.
func BenchmarkCreateRecord(b *testing.B) {
	onBoth(b, func(b *testing.B, d *DB) {
		b.Helper()
		seedConnection(b, d)
		terms := proxy.ClaimTerms{Lease: time.Minute}
		sealed := make([]byte, 400)
		var made atomic.Int64

		storeCreate := func(ctx context.Context, wanted proxy.CreateRecord, terms proxy.ClaimTerms) error {
			record, _, err := d.ClaimCreate(ctx, wanted, terms)
			if err == nil {
				_, err = d.SendCreate(ctx, proxy.Sending{
					ID: record.ID, Fence: record.Fence, KnownIDs: []string{}, Lease: time.Minute,
				})
			}

			if err == nil {
				err = finishBench(ctx, d, record, sealed)
			}

			return err
		}
		create := func(ctx context.Context) error { return storeCreate(ctx, benchCreate(made.Add(1)), terms) }
		b.Run("new", func(b *testing.B) { each(b, create) })
		b.Run("under a grant", func(b *testing.B) {
			seedGrants(b, d)
			each(b, func(ctx context.Context) error {
				wanted := benchCreate(made.Add(1))
				wanted.GrantID = grantOfBench(wanted.ConnectionID)

				under := proxy.ClaimTerms{Lease: time.Minute, Grant: &proxy.Grant{ID: wanted.GrantID}}

				return storeCreate(ctx, wanted, under)
			})
		})
		b.Run("32 callers", func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(32 / runtime.GOMAXPROCS(0))

			begin := processTime(b)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := create(b.Context()); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64((processTime(b)-begin).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
		b.Run("replayed", func(b *testing.B) {
			again := benchCreate(1)
			each(b, func(ctx context.Context) error {
				_, claim, err := d.ClaimCreate(ctx, again, terms)
				if claim != proxy.ClaimReplay {
					b.Fatal(claim)
				}

				return err
			})
		})
	})
}

// benchCreate returns the nth create, of one of a hundred accounts.
func benchCreate(n int64) proxy.CreateRecord {
	hash := sha256.Sum256(fmt.Appendf(nil, "key-%d", n))

	return proxy.CreateRecord{
		Operation: "redis.create", Reserves: true,
		ID: fmt.Sprintf("cre_%d", n), ConnectionID: fmt.Sprintf("con_%d", n%100), KeyHash: hash[:],
		Name: fmt.Sprintf("db-%d", n), PrimaryRegion: "us-east-1", State: proxy.CreatePrepared,
		CreatedAt: time.Now(), ExpiresAt: time.Now().Add(24 * time.Hour),
	}
}

func grantOfBench(connection string) string { return "grt_" + connection }

// seedGrants gives the built-in service, which has a webhook endpoint, a grant on each of a hundred accounts.
func seedGrants(b *testing.B, d *DB) {
	b.Helper()

	at := time.Now()
	err := errors.Join(
		d.PutService(b.Context(), partner.Service{ID: partner.BuiltInID, Name: "Bench", CreatedAt: at}),
		d.PutEndpoint(b.Context(), webhook.Endpoint{ServiceID: partner.BuiltInID, URL: "https://hooks.example/"}),
	)

	for n := range 100 {
		connection := fmt.Sprintf("con_%d", n)
		err = errors.Join(err, d.write.Clauses(clause.OnConflict{DoNothing: true}).Create(&grantRow{
			ID: grantOfBench(connection), ServiceID: partner.BuiltInID, ExternalID: connection,
			ConnectionID: connection, Asked: "{}", Consent: "{}", CreatedAt: millis(at),
		}).Error)
	}

	if err != nil {
		b.Fatal(err)
	}
}

func finishBench(ctx context.Context, d *DB, record proxy.CreateRecord, sealed []byte) error {
	return d.FinishCreate(ctx, proxy.Finished{
		ID: record.ID, Fence: record.Fence, GrantID: record.GrantID, Operation: record.Operation, DatabaseID: record.ID,
		SealedAnswer: sealed,
		Event:        keys.Event{At: time.Now(), Action: keys.ActionDatabaseCreated, Detail: record.ID},
	})
}
