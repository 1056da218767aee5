package db

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/pgtest"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/secret"
)

// openPostgresForTest returns a new database and its URL.
func openPostgresForTest(t *testing.T) (*DB, string) {
	t.Helper()
	address := pgtest.URL(t)
	return openAt(t, address), address
}

func openAt(t *testing.T, address string) *DB {
	t.Helper()

	database, err := Open(t.Context(), Options{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close() })

	return database
}

func execute(t *testing.T, database *DB, statement string, values ...any) {
	t.Helper()

	if err := database.write.Exec(statement, values...).Error; err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// The connection is lost while the commit of a minted key is in progress. The custodian reads whether the commit
// happened instead of assuming it: one key is minted, and it is the stored one.
func TestCutCommitIsVerifiedByReading(t *testing.T) {
	for name, reaches := range map[string]bool{"committed": true, "not committed": false} {
		t.Run(name, func(t *testing.T) {
			direct, address := openPostgresForTest(t)
			wire, through := startWire(t, address)
			upstream := &cutting{wire: wire, reaches: reaches}
			custodian := newCustodian(t, openAt(t, through), upstream)

			got, _, err := custodian.Connect(t.Context(), aLogin())
			if err != nil || got.State != keys.Active {
				t.Fatalf("got state %s, %v; want active", got.State, err)
			}

			if wire.cutCount() != 1 || upstream.made != 1 {
				t.Errorf("got %d cuts and %d calls, want one of each", wire.cutCount(), upstream.made)
			}

			found, err := direct.FindConnection(t.Context(), aLogin().Account)
			if err != nil || found.State != keys.Active || len(found.SealedKey) == 0 || len(found.Intents) != 1 ||
				found.Intents[0].State != keys.IntentLive {
				t.Errorf("got %+v, %v; want the one key stored and live", found, err)
			}
		})
	}
}

// cutting is an upstream that cuts the commit after its call.
type cutting struct {
	counted
	wire    *wire
	reaches bool
}

func (c *cutting) CreateKey(ctx context.Context, account string, token secret.Text, name string) (secret.Text, error) {
	c.wire.cutOnce(isCommit, c.reaches)
	return c.counted.CreateKey(ctx, account, token, name)
}

// An unknown outcome is distinguished from a failure.
func TestLostResponseToAChangeIsUnknown(t *testing.T) {
	changes := map[string]struct {
		at     func([]byte) bool
		change func(context.Context, *DB, proxy.CreateRecord) error
	}{
		"one statement": {isExecute, func(ctx context.Context, d *DB, record proxy.CreateRecord) error {
			return d.FinishCreate(ctx, proxy.Finished{
				ID: record.ID, Fence: record.Fence, DatabaseID: "d1", SealedAnswer: []byte("sealed"),
				Event: keys.Event{At: time.Now(), Action: keys.ActionDatabaseCreated},
			})
		}},
		"a transaction": {isCommit, func(ctx context.Context, d *DB, _ proxy.CreateRecord) error {
			_, err := d.DisconnectConnection(ctx, aLogin().Account, time.Now())
			return err
		}},
	}
	for name, tc := range changes {
		for landing, reaches := range map[string]bool{"committed": true, "not committed": false} {
			t.Run(name+", "+landing, func(t *testing.T) {
				direct, address := openPostgresForTest(t)
				wire, through := startWire(t, address)

				database := openAt(t, through)
				if _, err := direct.EnsureConnection(t.Context(), aLogin().Account, "con_1", time.Now()); err != nil {
					t.Fatal(err)
				}

				record, _, err := direct.ClaimCreate(t.Context(), proxy.CreateRecord{
					Operation: "redis.create", Reserves: true,
					ID:           "cre_1",
					ConnectionID: "con_1",
					KeyHash:      []byte("k"),
					Name:         "x",
					State:        proxy.CreatePrepared,
					CreatedAt:    time.Now(),
					ExpiresAt:    time.Now().Add(time.Hour),
				}, proxy.ClaimTerms{Lease: time.Minute})
				if err != nil {
					t.Fatal(err)
				}
				wire.cutOnce(tc.at, reaches)
				err = tc.change(t.Context(), database, record)

				var unavailable *UnavailableError
				if !errors.As(err, &unavailable) || !unavailable.Unknown {
					t.Errorf("got %v, want Unknown", err)
				}

				found, err := direct.FindConnection(t.Context(), aLogin().Account)
				if err != nil {
					t.Fatal(err)
				}

				var state string
				if err := direct.read.Model(&createRow{}).Pluck("state", &state).Error; err != nil {
					t.Fatal(err)
				}

				if done := found.State == keys.Disconnected || state == string(proxy.CreateDone); done != reaches {
					t.Errorf("done is %t, want %t: this test would show nothing", done, reaches)
				}
				// A caller that continues as after a failure reverts nothing.
				if err := database.SuspendCreate(
					t.Context(), record.ID, record.Fence, time.Now(),
				); err != nil &&
					!errors.Is(err, proxy.ErrCreateFenced) {
					t.Error(err)
				}

				if err := direct.read.Model(&createRow{}).Pluck("state", &state).Error; err != nil {
					t.Fatal(err)
				}

				if name == "one statement" && reaches && state != string(proxy.CreateDone) {
					t.Errorf("got state %s, want done: the outcome was reverted", state)
				}
			})
		}
	}
}

// A read is repeated on a new connection when the server ended the first one.
func TestReadsSurviveKilledConnections(t *testing.T) {
	database, address := openPostgresForTest(t)

	killer := openAt(t, address)
	if _, err := database.EnsureConnection(t.Context(), aLogin().Account, "con_1", time.Now()); err != nil {
		t.Fatal(err)
	}

	for n := range 20 {
		var killed []bool

		err := killer.read.Raw(
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
		).Scan(
			&killed,
		).Error
		if err != nil || len(killed) == 0 {
			t.Fatalf("round %d: killed %d, %v: this test would show nothing", n, len(killed), err)
		}

		if _, err := database.FindConnection(t.Context(), aLogin().Account); err != nil {
			t.Fatalf("round %d: %v", n, err)
		}
	}
}

// Two transactions deadlock: the server rolls one back, and it runs again.
func TestDeadlockIsRetried(t *testing.T) {
	database, _ := openPostgresForTest(t)
	for _, id := range []string{"a", "b"} {
		account := keys.Account{Issuer: "https://issuer.example/", Subject: id}
		if _, err := database.EnsureConnection(t.Context(), account, id, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	var (
		group, met sync.WaitGroup
		runs       atomic.Int64
	)
	met.Add(2)
	cross := func(first, second string) {
		once := sync.OnceFunc(func() { met.Done(); met.Wait() })

		err := database.inTransaction(t.Context(), func(tx *gorm.DB) error {
			runs.Add(1)

			if err := tx.Exec("UPDATE connections SET email = ? WHERE id = ?", first+second, first).Error; err != nil {
				return err
			}
			once() // both have their first row locked

			return tx.Exec("UPDATE connections SET email = ? WHERE id = ?", first+second, second).Error
		})
		if err != nil {
			t.Error(err)
		}
	}
	group.Go(func() { cross("a", "b") })
	group.Go(func() { cross("b", "a") })
	group.Wait()

	if runs.Load() < 3 {
		t.Errorf("got %d runs, want one of the two run again: this test shows nothing", runs.Load())
	}

	var emails []string
	if err := database.read.Model(
		&connectionRow{},
	).Pluck(
		"email", &emails,
	).Error; err != nil || len(emails) != 2 ||
		emails[0] != emails[1] {
		t.Errorf("got %v, %v; want both rows as the later wrote them", emails, err)
	}
}

// A transaction that cannot be serialized runs again completely, but not forever.
func TestSerializationFailureIsRetriedAFewTimes(t *testing.T) {
	database, _ := openPostgresForTest(t)
	const fail = "DO $$ BEGIN RAISE EXCEPTION 'out of order' USING ERRCODE = '40001'; END $$"
	runs := 0

	err := database.inTransaction(t.Context(), func(tx *gorm.DB) error {
		runs++

		account := keys.Account{Issuer: "https://issuer.example/", Subject: "1"}
		if err := tx.Create(
			&connectionRow{ID: "con_1", Issuer: account.Issuer, Subject: account.Subject, State: "pending"},
		).Error; err != nil {
			return err // the previous run must leave no row
		}

		if runs < 3 {
			return tx.Exec(fail).Error
		}

		return nil
	})
	if err != nil || runs != 3 {
		t.Errorf("got %d runs, %v; want the third to commit", runs, err)
	}
	runs = 0
	err = database.inTransaction(t.Context(), func(tx *gorm.DB) error { runs++; return tx.Exec(fail).Error })

	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) || unavailable.Unknown || runs != maxAttempts {
		t.Errorf("got %d runs, %v; want %d and UnavailableError", runs, err, maxAttempts)
	}
}

// A server that does not respond does not block callers forever, even when the network works.
func TestUnresponsivePostgresTimesOut(t *testing.T) {
	other, address := openPostgresForTest(t)

	database := openAt(t, address+"?lock_timeout=0&statement_timeout=0") // the server itself sets no timeout
	if _, err := database.EnsureConnection(t.Context(), aLogin().Account, "con_1", time.Now()); err != nil {
		t.Fatal(err)
	}

	holder := other.write.Begin()
	defer holder.Rollback()

	if err := holder.Exec("UPDATE connections SET email = 'held'").Error; err != nil {
		t.Fatal(err)
	}
	database.callTimeout = 100 * time.Millisecond

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := database.MoveConnection(ctx, "con_1", "", keys.Pending, keys.Active)

	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) || ctx.Err() != nil {
		t.Errorf("got %v, want UnavailableError before its caller has lost callTimeout", err)
	}
	cancel()

	if _, err := database.MoveConnection(
		ctx, "con_1", "", keys.Pending, keys.Active,
	); !errors.Is(
		err, context.Canceled,
	) {
		t.Errorf("a caller that left: got %v, want its own error", err)
	}
}

// A replica of the previous version continues while a newer one changes a table.
func TestQueriesSurviveAMigration(t *testing.T) {
	database, address := openPostgresForTest(t)
	if _, err := database.EnsureConnection(t.Context(), aLogin().Account, "con_1", time.Now()); err != nil {
		t.Fatal(err)
	}
	find := func() {
		t.Helper()

		if _, err := database.FindConnection(t.Context(), aLogin().Account); err != nil {
			t.Error(err)
		}
	}
	find()
	execute(t, openAt(t, address), "ALTER TABLE connections ADD COLUMN later TEXT")
	find()
}
