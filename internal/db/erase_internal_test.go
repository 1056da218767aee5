package db

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

// person is what a database stores about one end user. Its strings are unique to that user.
type person struct{ connection, email, keyName, externalID, displayName, address string }

func (p person) words() []string {
	return []string{p.email, p.keyName, p.externalID, p.displayName, p.address}
}

func newPerson(n int) person {
	return person{
		connection:  fmt.Sprintf("con_%03d", n),
		email:       fmt.Sprintf("ada.%03d@people.example", n),
		keyName:     fmt.Sprintf("APP-KEY-NAME-%03d", n),
		externalID:  fmt.Sprintf("external-user-%03d", n),
		displayName: fmt.Sprintf("Ada Lovelace the %03drd", n),
		address:     fmt.Sprintf("192.0.2.1%03d", n),
	}
}

// store stores everything that services and users store about a person.
func (p person) store(t *testing.T, d *DB) {
	t.Helper()
	ctx, at := t.Context(), time.Now()
	must := func(err error) {
		t.Helper()

		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := d.EnsureConnection(ctx, keys.Account{Issuer: "i", Subject: p.connection}, p.connection, at)
	must(err)
	_, fence, err := d.TakeLease(ctx, p.connection, time.Minute)
	must(err)
	intent := keys.Intent{
		ID: "int_" + p.connection, ConnectionID: p.connection, Name: p.keyName, Fence: fence, CreatedAt: at,
	}
	must(d.OpenIntent(ctx, intent, time.Minute))
	newEvent := func(action keys.Action) keys.Event {
		return keys.Event{
			At: at, Action: action, ConnectionID: p.connection, Detail: p.keyName + " of " + p.email,
			Actor: keys.Actor{Kind: keys.ActorUser, RequestID: "req " + p.externalID, Address: p.address},
		}
	}
	_, err = d.StoreKey(ctx, keys.StoredKey{
		ConnectionID: p.connection, IntentID: intent.ID, Fence: fence, Email: p.email, Name: p.keyName,
		Sealed: []byte("sealed " + p.keyName), At: at, Events: []keys.Event{newEvent(keys.ActionMinted)},
	})
	must(err)

	session := partner.ConnectSession{
		ID: "cs_" + p.connection, ServiceID: "first", ExternalID: p.externalID, DisplayName: p.displayName,
		LoginHint: p.email, ConnectionID: p.connection, State: partner.SessionAwaitingCompletion,
		InvitationHash: []byte("i" + p.connection), StatusHash: []byte("s" + p.connection), ExpiresAt: at.Add(time.Hour),
	}
	must(d.InsertConnectSession(ctx, session))
	_, err = d.CompleteConnectSession(ctx, session, partner.Grant{
		ID: "grt_" + p.connection, ServiceID: "first", ExternalID: p.externalID, DisplayName: p.displayName,
	}, newEvent(keys.ActionGrantCreated))
	must(err)
	session.ID, session.State, session.ConnectionID = "open_"+session.ID, partner.SessionOpen, ""
	session.InvitationHash = []byte("j" + p.connection)
	must(d.InsertConnectSession(ctx, session))
}

// leftovers lists which of the person's strings are in the database's files, and in which file.
func (p person) leftovers(t *testing.T, path string) (found []string) {
	t.Helper()

	for _, suffix := range []string{"", "-wal", "-shm"} {
		content, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}

		for _, word := range p.words() {
			if bytes.Contains(content, []byte(word)) {
				found = append(found, word+" in the database"+suffix)
			}
		}
	}

	return found
}

// No file of the database contains an erased user. Other users are unaffected.
func TestErasedUserLeavesNoBytes(t *testing.T) {
	database, path := openSQLiteForTest(t)
	if err := database.PutService(t.Context(), partner.Service{ID: "first", Name: "First"}); err != nil {
		t.Fatal(err)
	}

	for n := range 100 { // rows around them, so that pages are split and moved
		newPerson(n).store(t, database)
	}

	erased := []person{newPerson(17), newPerson(18), newPerson(99)}
	for _, user := range erased {
		if before := user.leftovers(t, path); len(before) < len(user.words()) {
			t.Fatalf("only %v are in the files before: this test would show nothing", before)
		}

		err := database.EraseConnection(t.Context(), user.connection, keys.Event{
			At: time.Now(), Action: keys.ActionUserErased, ConnectionID: user.connection,
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	for _, user := range erased {
		if left := user.leftovers(t, path); len(left) != 0 {
			t.Errorf("left of %s: %v", user.connection, left)
		}
	}

	if other := newPerson(50).leftovers(t, path); len(other) < len(newPerson(50).words()) {
		t.Errorf("of another user only %v are left", other)
	}
}

// The audit log allows events to be blanked only after their connection is erased. It rejects every other change.
func TestOnlyEventsOfErasedConnectionsAreBlanked(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		database, _ := openSQLiteForTest(t)
		testOnlyEventsOfErasedConnectionsAreBlanked(t, database, "")
	})
	t.Run("Postgres", func(t *testing.T) {
		database, _ := openPostgresForTest(t)
		testOnlyEventsOfErasedConnectionsAreBlanked(t, database, "")
	})
	t.Run("Postgres, as a replica", func(t *testing.T) {
		database, _ := openPostgresForTest(t)
		testOnlyEventsOfErasedConnectionsAreBlanked(t, database, "SET LOCAL session_replication_role = replica")
	})
}

func testOnlyEventsOfErasedConnectionsAreBlanked(t *testing.T, d *DB, first string) {
	t.Helper()

	account := keys.Account{Issuer: "i", Subject: "s"}
	if _, err := d.EnsureConnection(t.Context(), account, "con_1", time.Now()); err != nil {
		t.Fatal(err)
	}

	for _, connection := range []string{"", "con_1", "con_erased"} {
		event := keys.Event{At: time.Now(), Action: keys.ActionMinted, ConnectionID: connection, Detail: "a"}
		if err := d.Record(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	change := func(statement string) error {
		tx := d.write.Begin()
		defer tx.Rollback()

		if first != "" {
			if err := tx.Exec(first).Error; err != nil {
				t.Fatal(err)
			}
		}

		return tx.Exec(statement).Error
	}
	const blank = "UPDATE audit_events SET detail = '', request_id = '', address = ''"

	for _, statement := range []string{
		blank, blank + " WHERE connection_id = ''", blank + " WHERE connection_id = 'con_1'",
		"UPDATE audit_events SET detail = 'b' WHERE connection_id = 'con_erased'",
		blank + ", at = 1 WHERE connection_id = 'con_erased'", blank + ", action = 'x' WHERE connection_id = 'con_erased'",
		blank + ", connection_id = '' WHERE connection_id = 'con_erased'",
		blank + ", actor_kind = 'x' WHERE connection_id = 'con_erased'",
		blank + ", actor_id = 'x' WHERE connection_id = 'con_erased'",
		blank + ", grant_id = 'x' WHERE connection_id = 'con_erased'", blank + ", id = 99 WHERE connection_id = 'con_erased'",
		"DELETE FROM audit_events WHERE connection_id = 'con_erased'",
	} {
		if err := change(statement); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: got %v, want an error", statement, err)
		}
	}

	if err := change(blank + " WHERE connection_id = 'con_erased'"); err != nil {
		t.Errorf("blanking: %v", err)
	}
}
