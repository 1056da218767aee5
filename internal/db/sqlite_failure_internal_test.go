package db

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

// These tests are inside the package because they make SQLite fail by pragmas of its own connections.

func openSQLiteForTest(t *testing.T) (*DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bff.db")

	database, err := Open(t.Context(), Options{URL: "sqlite://" + path, Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close() })

	return database, path
}

func pragma(t *testing.T, database *DB, text string) {
	t.Helper()

	if err := database.write.Exec("PRAGMA " + text).Error; err != nil {
		t.Fatal(err)
	}
}

// counted is an upstream that counts the keys that it creates.
type counted struct{ made int }

func (c *counted) CreateKey(context.Context, string, secret.Text, string) (secret.Text, error) {
	c.made++
	return secret.New("0123456789"), nil
}

func (c *counted) Databases(context.Context, upstash.Credential) ([]upstash.Database, error) {
	return nil, nil
}

func newCustodian(t *testing.T, database *DB, upstream keys.Upstream) *keys.Custodian {
	t.Helper()

	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}

	box, err := seal.NewBox(keyset)
	if err != nil {
		t.Fatal(err)
	}

	custodian, err := keys.NewCustodian(keys.Options{
		AppName:     "ACME",
		Store:       database,
		Ledger:      database,
		Tokens:      database,
		Audit:       database,
		Upstream:    upstream,
		Box:         box,
		MaxTokenAge: time.Minute,
		Logger:      slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}

	return custodian
}

func aLogin() keys.Login {
	return keys.Login{
		Account: keys.Account{Issuer: "https://issuer.example/", Subject: "auth0|1"}, Email: "a@example.com",
		Token: secret.New("token"), IssuedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour),
	}
}

// The last line of the mint kill matrix: no key is requested whose intent cannot be stored.
func TestKillMatrixNoKeyIsMintedWhileTheDiskIsFullOrReadOnly(t *testing.T) {
	tests := map[string]struct {
		fail    func(*testing.T, *DB)
		recover string
	}{
		"disk full": {func(t *testing.T, d *DB) {
			t.Helper()
			pragma(t, d, "max_page_count = 1") // as small as the current size
			// Rows as large as the next one fill the free space in the existing pages.
			for n := 0; ; n++ {
				filler := keys.Account{Issuer: aLogin().Account.Issuer, Subject: fmt.Sprintf("auth%04d", n)}
				if _, err := d.EnsureConnection(t.Context(), filler, "con_"+rand.Text(), time.Now()); err != nil {
					return
				}
			}
		}, "max_page_count = 1000000"},
		"read-only": {func(t *testing.T, d *DB) { t.Helper(); pragma(t, d, "query_only = ON") }, "query_only = OFF"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			database, _ := openSQLiteForTest(t)
			upstream := &counted{}
			custodian := newCustodian(t, database, upstream)
			tc.fail(t, database)
			_, _, err := custodian.Connect(t.Context(), aLogin())

			var unavailable *UnavailableError
			if !errors.As(err, &unavailable) || problem.CodeOf(err) != problem.StorageUnavailable {
				t.Errorf("got %v, want UnavailableError", err)
			}

			if upstream.made != 0 {
				t.Errorf("got %d calls upstream, want none", upstream.made)
			}

			if err := database.Ready(t.Context()); !errors.As(err, &unavailable) {
				t.Errorf("ready: got %v, want the failure to affect readiness", err)
			}

			if err := database.checkRead(t.Context()); err != nil {
				t.Errorf("reading fails too: %v", err)
			}
			pragma(t, database, tc.recover)

			if got, _, err := custodian.Connect(
				t.Context(), aLogin(),
			); err != nil || got.State != keys.Active ||
				upstream.made != 1 {
				t.Errorf("recovered: got state %s, %v, %d calls; want active, none, 1", got.State, err, upstream.made)
			}
		})
	}
}

// The disk fills up during the call upstream: the key stays in memory until there is room.
func TestKeyIsRetainedWhenTheDiskFillsUpAfterTheCall(t *testing.T) {
	database, _ := openSQLiteForTest(t)
	upstream := &full{database: database, t: t}
	custodian := newCustodian(t, database, upstream)

	done := make(chan error, 1)
	go func() {
		_, _, err := custodian.Connect(t.Context(), aLogin())
		done <- err
	}()

	select {
	case err := <-done:
		t.Fatalf("got a result, %v, while the key could not be stored", err)
	case <-time.After(300 * time.Millisecond):
	}
	pragma(t, database, "query_only = OFF")

	if err := <-done; err != nil {
		t.Fatal(err)
	}

	if _, err := custodian.Credential(t.Context(), aLogin().Account); err != nil || upstream.made != 1 {
		t.Errorf("got %v and %d calls, want the key of the one call", err, upstream.made)
	}
}

// full makes the database read-only once a key was created.
type full struct {
	counted
	database *DB
	t        *testing.T
}

func (f *full) CreateKey(ctx context.Context, account string, token secret.Text, name string) (secret.Text, error) {
	pragma(f.t, f.database, "query_only = ON")
	return f.counted.CreateKey(ctx, account, token, name)
}

// Threat model: I14.
func TestCorruptDatabasePageFailsClosed(t *testing.T) {
	database, path := openSQLiteForTest(t)
	if _, _, err := newCustodian(t, database, &counted{}).Connect(t.Context(), aLogin()); err != nil {
		t.Fatal(err)
	}

	if err := database.Close(); err != nil { // everything is in one file now
		t.Fatal(err)
	}

	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}

	size, _ := file.Seek(0, io.SeekEnd)
	for offset := int64(4096); offset < size; offset += 4096 { // all pages except the first, which has the schema's root
		if _, err := file.WriteAt([]byte(strings.Repeat("\xde", 100)), offset); err != nil {
			t.Fatal(err)
		}
	}

	if err := file.Close(); err != nil {
		t.Fatal(err)
	}

	database, err = Open(t.Context(), Options{URL: "sqlite://" + path})
	if err == nil {
		_, err = database.FindConnection(t.Context(), aLogin().Account)
		_ = database.Close()
	}

	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) {
		t.Errorf("got %v, want UnavailableError", err)
	}
}

func TestPragmasAreSetOnEveryConnection(t *testing.T) {
	database, _ := openSQLiteForTest(t)
	for name, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "secure_delete": "1", "foreign_keys": "1", "busy_timeout": "5000",
	} {
		for pool, handle := range map[string]interface {
			get(string) (string, error)
		}{"write": pragmaReader{database, true}, "read": pragmaReader{database, false}} {
			if got, err := handle.get(name); err != nil || got != want {
				t.Errorf("%s of the %s pool: got %s, %v, want %s", name, pool, got, err, want)
			}
		}
	}

	if err := database.read.Exec("DELETE FROM connections").Error; err == nil {
		t.Error("the read pool can write")
	}
}

type pragmaReader struct {
	database *DB
	write    bool
}

func (k pragmaReader) get(name string) (value string, err error) {
	pool := k.database.read
	if k.write {
		pool = k.database.write
	}
	err = pool.Raw("PRAGMA " + name).Scan(&value).Error

	return value, err
}

// The audit log is append-only even for a process that has the database open.
func TestAuditEventsCannotBeChanged(t *testing.T) {
	database, _ := openSQLiteForTest(t)
	if err := database.Record(
		t.Context(), keys.Event{At: time.Now(), Action: keys.ActionMinted, Detail: "a"},
	); err != nil {
		t.Fatal(err)
	}

	for _, statement := range []string{
		"UPDATE audit_events SET detail = 'b'",
		"DELETE FROM audit_events",
		"INSERT OR REPLACE INTO audit_events (id, at, action, connection_id, detail) VALUES (1, 0, 'minted', '', 'b')",
	} {
		if err := database.write.Exec(statement).Error; err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: got %v, want an error", statement, err)
		}
	}
}

// After a disconnect and a checkpoint, no file contains the sealed key.
//
// Threat model: S12.
func TestDestroyedKeyLeavesNoBytes(t *testing.T) {
	database, path := openSQLiteForTest(t)

	custodian := newCustodian(t, database, &counted{})
	for range 20 { // rows around it, so that pages are split and moved
		login := aLogin()

		login.Account.Subject += rand.Text()
		if _, _, err := custodian.Connect(t.Context(), login); err != nil {
			t.Fatal(err)
		}
	}

	connection, _, err := custodian.Connect(t.Context(), aLogin())
	if err != nil {
		t.Fatal(err)
	}

	if got := filesWith(t, path, connection.SealedKey); len(got) == 0 {
		t.Fatal("the sealed key is in no file before: this test would show nothing")
	}

	stop, cancel := context.WithCancel(t.Context())
	defer cancel()

	go database.Maintain(stop, slog.New(slog.DiscardHandler))

	if _, err := custodian.Disconnect(t.Context(), aLogin().Account); err != nil {
		t.Fatal(err)
	}

	var left []string
	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		if left = filesWith(t, path, connection.SealedKey); len(left) == 0 {
			return
		}
	}
	t.Errorf("the sealed key is still in %v", left)
}

// A reader with an old snapshot prevents the checkpoint. Maintain retries until it succeeds.
//
// Threat model: S12.
func TestCheckpointIsRetriedWhileAReaderBlocksIt(t *testing.T) {
	database, path := openSQLiteForTest(t)
	pragma(t, database, "busy_timeout = 10")
	custodian := newCustodian(t, database, &counted{})

	connection, _, err := custodian.Connect(t.Context(), aLogin())
	if err != nil {
		t.Fatal(err)
	}
	reader := database.read.Begin()

	var count int64
	if err := reader.Model(&connectionRow{}).Count(&count).Error; err != nil {
		t.Fatal(err)
	}

	stop, cancel := context.WithCancel(t.Context())
	defer cancel()

	go database.Maintain(stop, slog.New(slog.DiscardHandler))

	if _, err := custodian.Disconnect(t.Context(), aLogin().Account); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)

	if err := database.checkpoint(t.Context()); !errors.Is(err, errCheckpointBusy) {
		t.Errorf("got %v, want errCheckpointBusy while a reader holds the log", err)
	}
	reader.Rollback()

	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		if len(filesWith(t, path, connection.SealedKey)) == 0 {
			return
		}
	}
	t.Error("the sealed key is still there")
}
