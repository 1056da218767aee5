//go:build unix

package test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/test/harness"
)

// After a user is erased while a server runs, no file of its database and no new backup contains them. The audit log
// still has the events, and other users are unaffected.
func TestErasedUserIsInNoFileAndNoNewBackup(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	s, environ := f.Service(t)
	f.Serve(t, environ...)

	const email, externalID, displayName = "ada.gone@people.example", "customer-0815-gone", "Ada Gone of Shop Four"
	const stays, staysID = "bob.stays@people.example", "customer-4711-stays"
	grant := s.Granted(t, externalID, email, `"login_hint":"`+email+`","display_name":"`+displayName+`"`)
	s.Invite(t, externalID, `"login_hint":"`+email+`","display_name":"`+displayName+`"`) // nobody opens it
	s.Granted(t, staysID, stays, "")

	for _, user := range []string{externalID, staysID} {
		header, body := harness.Keyed(s.As(user), "k"), harness.CreateBody("orders-of-"+user)
		s.Do(t, "POST", harness.DatabasesPath, header, body).Is(t, 201)
	}
	connection := f.Connection(t, email)
	words := []string{email, externalID, displayName, connection.KeyName}
	kept := []string{stays, staysID, f.Connection(t, stays).KeyName}

	for _, path := range []string{f.Database, f.Backup(t, "before.db")} {
		if got := wordsIn(t, path, words); len(got) != len(words) {
			t.Fatalf("%s holds only %q before: this test would show nothing", path, got)
		}
	}
	ran := f.Succeeds(t, "user", "erase", email, "--yes")

	if !strings.Contains(ran.Stdout, connection.ID) || !strings.Contains(ran.Stdout, connection.KeyName) {
		t.Errorf("got %s, want the connection and the key that is left at Upstash", ran.Stdout)
	}

	for _, path := range []string{f.Database, f.Backup(t, "after.db")} {
		if got := wordsIn(t, path, words); len(got) > 0 {
			t.Errorf("%s holds %q", path, got)
		}

		if got := wordsIn(t, path, kept); len(got) != len(kept) {
			t.Errorf("%s holds only %q of another user", path, got)
		}
	}

	var actions []keys.Action
	for _, event := range f.Audit(t, "") {
		if event.ConnectionID != connection.ID {
			continue
		}
		actions = append(actions, event.Action)

		if event.Detail != "" || event.RequestID != "" || event.Address != "" {
			t.Errorf("got %+v, want it blanked", event)
		}
	}

	for _, action := range []keys.Action{
		keys.ActionConnected, keys.ActionMinted, keys.ActionGrantCreated, keys.ActionDatabaseCreated,
		keys.ActionUserErased,
	} {
		if !slices.Contains(actions, action) {
			t.Errorf("the audit log has %v of the user, and lacks %s", actions, action)
		}
	}
	s.Do(t, "GET", harness.DatabasesPath, s.As(externalID), "").IsProblem(t, 409, "grant_required")
	s.Call(t, "GET", "/api/v1/grants/"+grant.ID, "").IsProblem(t, 404, "not_found")
	s.Do(t, "GET", harness.DatabasesPath, s.As(staysID), "").Is(t, 200)
	f.List(t, email).IsProblem(t, 409, "connect_required")
}

// wordsIn lists the words that are in a database's files, whatever they are part of.
func wordsIn(t *testing.T, path string, words []string) []string {
	t.Helper()
	var content []byte

	for _, suffix := range []string{"", "-wal", "-shm"} {
		part, err := os.ReadFile(path + suffix)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		content = append(content, part...)
	}

	return slices.DeleteFunc(slices.Clone(words), func(word string) bool {
		return !bytes.Contains(content, []byte(word))
	})
}
