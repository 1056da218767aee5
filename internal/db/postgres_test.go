package db_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/pgtest"
)

func query(t *testing.T, address, statement string, into ...any) error {
	t.Helper()

	database, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = database.Close() }()

	if len(into) == 0 {
		_, err = database.ExecContext(t.Context(), statement)
		return err
	}

	return database.QueryRowContext(t.Context(), statement).Scan(into...)
}

func isUnavailable(err error) bool {
	var unavailable *db.UnavailableError
	return errors.As(err, &unavailable)
}

// The server stops and restarts. Meanwhile every call fails as unavailable; afterwards calls succeed without a
// reconnect by the caller.
func TestCallsRecoverAfterPostgresRestarts(t *testing.T) {
	cluster := pgtest.New(t)
	database := open(t, db.Options{URL: cluster.Database(t)})
	connectOne(t, database, "1")

	if err := database.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	account := keys.Account{Issuer: "https://issuer.example/", Subject: "1"}
	cluster.Stop()

	_, findErr := database.FindConnection(t.Context(), account)

	_, writeErr := database.DisconnectConnection(t.Context(), account, now())
	for name, err := range map[string]error{
		"ready": database.Ready(t.Context()), "read": findErr, "write": writeErr,
	} {
		if !isUnavailable(err) {
			t.Errorf("%s: got %v, want UnavailableError", name, err)
		}
	}

	if err := cluster.Start(); err != nil {
		t.Fatal(err)
	}

	if err := database.Ready(t.Context()); err != nil {
		t.Errorf("after the restart, Ready: %v", err)
	}

	if found, err := database.FindConnection(t.Context(), account); err != nil || found.State != keys.Pending {
		t.Errorf("got state %s, %v; want the connection as it was", found.State, err)
	}

	if _, err := database.DisconnectConnection(t.Context(), account, now()); err != nil {
		t.Error(err)
	}
}

// A standby, or a primary set to read-only, can be read but is not ready.
func TestReadOnlyPostgresIsNotReady(t *testing.T) {
	address := pgtest.URL(t)
	connectOne(t, open(t, db.Options{URL: address}), "1")

	var name string
	if err := query(t, address, "SELECT current_database()", &name); err != nil {
		t.Fatal(err)
	}
	parsed, _ := url.Parse(address)
	values := parsed.Query()
	values.Set("default_transaction_read_only", "on")
	parsed.RawQuery = values.Encode()

	database := open(t, db.Options{URL: parsed.String()})
	if err := database.Ready(t.Context()); !isUnavailable(err) {
		t.Errorf("ready: got %v, want UnavailableError", err)
	}

	account := keys.Account{Issuer: "https://issuer.example/", Subject: "1"}
	if _, err := database.FindConnection(t.Context(), account); err != nil {
		t.Errorf("read: %v", err)
	}

	if _, err := database.DisconnectConnection(t.Context(), account, now()); !isUnavailable(err) {
		t.Errorf("write: got %v, want UnavailableError", err)
	}
}

func TestReadOnlyOpenDoesNotChangePostgres(t *testing.T) {
	address := pgtest.URL(t)
	if _, err := db.Open(
		t.Context(), db.Options{URL: address, ReadOnly: true},
	); err == nil ||
		!strings.Contains(err.Error(), "bff serve") {
		t.Errorf("without a schema: got %v, want a hint at the command that creates one", err)
	}

	var tables int
	if err := query(
		t, address, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", &tables,
	); err != nil ||
		tables != 0 {
		t.Errorf("opening created %d tables, %v", tables, err)
	}
	server := open(t, db.Options{URL: address})
	connectOne(t, server, "1")

	reader := open(t, db.Options{URL: address, ReadOnly: true})
	if err := reader.Record(t.Context(), keys.Event{At: now(), Action: keys.ActionMinted}); !isUnavailable(err) {
		t.Errorf("a reader wrote: got %v", err)
	}

	if err := server.Record(t.Context(), keys.Event{At: now(), Action: keys.ActionMinted, Detail: "seen"}); err != nil {
		t.Fatal(err)
	}

	seen := ""
	if err := reader.Events(
		t.Context(), keys.EventFilter{}, func(event keys.Event) error { seen = event.Detail; return nil },
	); err != nil ||
		seen != "seen" {
		t.Errorf("got %q, %v; want the running server's event", seen, err)
	}
}

// The audit log is append-only even for the owner of its tables.
func TestAuditEventsInPostgresCannotBeChanged(t *testing.T) {
	address := pgtest.URL(t)

	database := open(t, db.Options{URL: address})
	if err := database.Record(t.Context(), keys.Event{At: now(), Action: keys.ActionMinted, Detail: "a"}); err != nil {
		t.Fatal(err)
	}

	for _, statement := range []string{
		"UPDATE audit_events SET detail = 'b'",
		"DELETE FROM audit_events",
		"TRUNCATE audit_events",
		"INSERT INTO audit_events (id, at, action, connection_id, detail) VALUES (1, 0, 'minted', '', 'b') ON CONFLICT (id) DO UPDATE SET detail = 'b'",
		"SET session_replication_role = replica; DELETE FROM audit_events",
	} {
		if err := query(t, address, statement); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: got %v, want an error", statement, err)
		}
	}
}

// The leases of a stopped replica end only when they expire: the next replica cannot know which others run.
func TestStartingReplicaEndsNoLease(t *testing.T) {
	address := pgtest.URL(t)
	first := open(t, db.Options{URL: address, Exclusive: true})
	connectOne(t, first, "1")

	if _, _, err := first.TakeLease(t.Context(), "con_1", time.Hour); err != nil {
		t.Fatal(err)
	}

	second := open(t, db.Options{URL: address, Exclusive: true})
	if _, _, err := second.TakeLease(t.Context(), "con_1", time.Hour); !errors.Is(err, keys.ErrLeaseHeld) {
		t.Errorf("got %v, want ErrLeaseHeld", err)
	}
}

// No error about the URL or its server contains the password.
func TestErrorsHoldNoPassword(t *testing.T) {
	const password = "canary-hunter2"

	good, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	wrong := *good
	wrong.User = url.UserPassword(good.User.Username(), password)
	absent := wrong
	absent.Host = "127.0.0.1:1"

	tests := map[string]string{
		"the password is wrong":       wrong.String(),
		"no server is there":          absent.String(),
		"the port is not a number":    "postgres://bff:" + password + "@localhost:port/bff",
		"an unknown sslmode":          "postgres://bff:" + password + "@localhost/bff?sslmode=" + password,
		"an invalid number":           "postgres://bff@localhost/bff?connect_timeout=" + password,
		"the password is not encoded": "postgres://bff:" + password + "%zz@localhost/bff",
		"an @ in the password":        "postgres://bff:p@" + password + "@localhost/bff?sslmode=require",
		"a slash in the password":     "postgres://bff:" + password + "/x@localhost/bff",
		"a missing root certificate":  "postgres://bff:" + password + "@db.example.com/bff?sslmode=verify-full&sslrootcert=/nowhere",
		"the scheme is misspelt":      "postgress://bff:" + password + "@localhost/bff",
	}
	for name, address := range tests {
		t.Run(name, func(t *testing.T) {
			database, err := db.Open(t.Context(), db.Options{URL: address})
			if err == nil {
				_ = database.Close()
				t.Fatal("it was opened")
			}

			for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprint(db.CheckURL(address))} {
				if strings.Contains(text, password) {
					t.Errorf("the error contains the password: %s", text)
				}
			}
		})
	}
}
