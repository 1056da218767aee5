//go:build unix

package test

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/upstash-connect/bff/test/harness"
)

// A backup is created while the server runs, keys change, and the backup is restored. The server probes every key
// before it uses it. A deleted key becomes reconnect_required, and nobody is logged in.
func TestRestoredBackupTriesEveryKeyFirst(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	server := f.Serve(t)
	const keeps, gone, leaves, late = "keeps@example.com", "gone@example.com", "leaves@example.com", "late@example.com"
	m := f.AddMember(t, keeps)
	made := m.Create(t, "first", harness.CreateBody("first")).Database(t, 201)
	first := f.Connect(t, gone).Connection(t, 201)
	f.Connect(t, leaves).Is(t, 201)
	cookie := f.Login(t, f.TokenOf(t, late))
	f.Do(t, "DELETE", "/api/v1/connection", f.FromPage(cookie), "").Is(t, 200)
	cookie = f.SessionCookie(t, f.Do(t, "POST", "/api/v1/session", harness.Bearer(f.TokenOf(t, keeps)), "").Is(t, 201))
	saved := f.Backup(t, "bff.db")

	f.Control(t, "DELETE", "/accounts/"+url.PathEscape(gone)+"/keys/"+first.KeyName, nil, nil)
	f.List(t, gone).IsProblem(t, 409, "reconnect_required")
	f.Connect(t, gone).Is(t, 201)
	f.Do(t, "DELETE", "/api/v1/connection", harness.Bearer(f.TokenOf(t, leaves)), "").Is(t, 200)
	f.Connect(t, late).Is(t, 201)
	server.Terminated(t)
	f.Restore(t, saved)
	server = f.Serve(t)

	f.Do(t, "GET", "/api/v1/session", f.FromPage(cookie), "").IsProblem(t, 401, "session_expired")
	f.Do(t, "GET", harness.DatabasesPath, f.FromPage(cookie), "").IsProblem(t, 401, "session_expired")

	const probe, missing = "GET /v2/redis/databases -> 200", "GET /v2/redis/databases -> 401"
	calls := len(f.Journal(t))
	f.Do(t, "GET", harness.DatabasesPath+"/"+made.ID, harness.Bearer(f.TokenOf(t, keeps)), "").Is(t, 200)
	f.Do(t, "GET", harness.DatabasesPath+"/"+made.ID, harness.Bearer(f.TokenOf(t, keeps)), "").Is(t, 200)

	read := "GET /v2/redis/database/" + made.ID + " -> 200"
	if got, want := f.Since(t, calls), strings.Join([]string{probe, read, read}, ", "); got != want {
		t.Errorf("of a key that works: got calls %s, want %s", got, want)
	}
	calls = len(f.Journal(t))
	f.Do(
		t, "POST", harness.DatabasesPath, harness.Bearer(f.TokenOf(t, gone)), harness.CreateBody("never"),
	).IsProblem(t, 409,
		"reconnect_required")

	if got := f.Since(t, calls); got != missing {
		t.Errorf("of a key that is gone: got calls %s, want %s", got, missing)
	}

	if got := f.Connection(t, gone); got.State != "reconnect_required" || got.KeyName != first.KeyName {
		t.Errorf("got %+v, want %s, and that its owner has to connect again", got, first.KeyName)
	}
	f.Connect(t, gone).Is(t, 201)
	f.List(t, gone).Is(t, 200)
	f.List(t, late).IsProblem(t, 409, "connect_required")
	f.Connect(t, late).Is(t, 201)
	f.List(t, late).Is(t, 200)
	// What the documentation owns up to: this copy does not know of the disconnect.
	if got := f.Connection(t, leaves).State; got != "suspect" {
		t.Errorf("got state %s, want suspect", got)
	}
	server.Terminated(t)

	// The same for a copy that was made by other means, or for Postgres.
	if got := f.Command(t, "finish-restore"); got.Code != 0 || !strings.HasPrefix(got.Stdout, "Ready: 3 connections ") {
		t.Errorf("bff finish-restore: got %+v, want three connections", got)
	}
	server = f.Serve(t)
	calls = len(f.Journal(t))
	f.Do(t, "GET", harness.DatabasesPath+"/"+made.ID, harness.Bearer(f.TokenOf(t, keeps)), "").Is(t, 200)

	if got, want := f.Since(t, calls), probe+", "+read; got != want {
		t.Errorf("after bff finish-restore: got calls %s, want %s", got, want)
	}

	if got := f.Command(t, "finish-restore"); got.Code != 1 || !strings.Contains(got.Stderr, "another server") {
		t.Errorf("bff finish-restore while a server runs: got %+v, want an error", got)
	}
	server.Terminated(t)

	for _, action := range []string{"backed_up", "restored"} {
		if got := f.Command(t, "audit", "--action", action); strings.Count(got.Stdout, "\n") != 2 {
			t.Errorf("audit of %s: got %s, want one event", action, got.Stdout)
		}
	}
}

// Row S01: only the owner can access the copy and its directory, whatever the umask. Existing files are not
// overwritten.
//
// Threat model: S01.
func TestBackupsArePrivateAndNeverOverwrite(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t) // runs everything with umask 000
	refused := func(want string, arguments ...string) {
		t.Helper()

		if got := f.Command(
			t,
			append([]string{"backup"}, arguments...)...); got.Code != 1 || !strings.Contains(got.Stderr, want) ||
			got.Stdout != "" {
			t.Errorf("bff backup %v: got %+v, want exit code 1 and %q", arguments, got, want)
		}
	}
	elsewhere := filepath.Join(f.Dir, "backups", "bff.db")
	refused("there is no database to read", elsewhere)
	refused("pg_dump", elsewhere, "--database-url", "postgres://bff@127.0.0.1:1/bff")

	if _, err := os.Stat(filepath.Dir(elsewhere)); !os.IsNotExist(err) {
		t.Errorf("a backup of nothing left a directory: %v", err)
	}
	server := f.Serve(t)
	f.Connect(t, "saved@example.com").Is(t, 201)

	path := f.Backup(t, "bff.db")
	for path, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: got %v, %v, want mode %o", path, info.Mode(), err, want)
		}
	}

	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused("exists; use --force to replace it", path)

	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("a rejected backup changed the file: %v", err)
	}
	f.Connect(t, "another@example.com").Is(t, 201)
	f.Backup(t, "bff.db", "--force")

	if got := count(t, path, "SELECT count(*) FROM connections"); got != 2 {
		t.Errorf("after --force: got %d connections, want 2", got)
	}

	for _, own := range []string{"", "-wal", "-shm", ".lock"} {
		refused("the database in use", f.Database+own, "--force")
	}

	for name, text := range map[string]string{"keyset": `{"primaryKeyId":1}`, "empty": "", "almost": "SQLite format 3"} {
		other := filepath.Join(f.Dir, name)
		if err := os.WriteFile(other, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		refused("is not a SQLite database", other, "--force")

		if after, err := os.ReadFile(other); err != nil || string(after) != text {
			t.Errorf("%s was overwritten: %.40q, %v", name, after, err)
		}
	}

	pipe := filepath.Join(f.Dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}

	other := f.Backup(t, "other.db")
	for _, beside := range []string{other + ".lock", other + "-wal"} {
		if err := os.WriteFile(beside, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		refused("is a server's database", other, "--force")

		if err := os.Remove(beside); err != nil {
			t.Fatal(err)
		}
	}

	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	refused("is not a regular file", pipe, "--force")
	refused("is not a regular file", f.Dir, "--force")

	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("got %v, %v, want the backup alone", entries, err)
	}
	f.List(t, "saved@example.com").Is(t, 200)
	server.Terminated(t)
}

// The next backup to the same path removes the leftovers of a killed backup, and no other files.
func TestBackupRemovesLeftovers(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	f.Serve(t).Terminated(t)
	dir := filepath.Dir(f.Backup(t, "bff.db"))
	old := time.Now().Add(-2 * time.Hour)

	var want []string
	for _, left := range []struct {
		name  string
		at    time.Time
		stays bool
	}{
		{".bff.db.partial-1", old, false},
		{".bff.db.partial-1-journal", old, false},
		{".bff.db.partial-2", time.Now(), true}, // may be in progress
		{".bff.db.partial-copy", old, true},
		{".other.db.partial-3", old, true},
		{"bff.db", old, true},
	} {
		path := filepath.Join(dir, left.name)
		if left.name != "bff.db" {
			if err := os.WriteFile(path, []byte("rows"), 0o600); err != nil {
				t.Fatal(err)
			}
		}

		if err := os.Chtimes(path, left.at, left.at); err != nil {
			t.Fatal(err)
		}

		if left.stays {
			want = append(want, left.name)
		}
	}
	f.Backup(t, "bff.db", "--force")

	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}

	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	slices.Sort(want)

	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Rows S02 and S12: after a disconnect, neither the database nor a new backup contains the sealed key. The audit log
// still records the actions. No backup ever contains the plain key.
//
// Threat model: S12.
func TestNewBackupHoldsNoDisconnectedKey(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	server := f.Serve(t)
	const email = "forgotten@example.com"
	connection := f.Connect(t, email).Connection(t, 201)
	f.Connect(t, "stays@example.com").Is(t, 201)
	var sealed []byte
	row(t, f.Database, "SELECT sealed_key FROM connections WHERE id = '"+connection.ID+"'", &sealed)

	keyset, err := os.ReadFile(f.Keyset())
	if err != nil {
		t.Fatal(err)
	}
	secrets := harness.Canaries{f.Account(t, email).Keys[0].Secret: "developer key", string(keyset): "keyset"}

	holds := func(path string) bool {
		t.Helper()

		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}

		if found := secrets.In(content); len(found) > 0 {
			t.Errorf("%s contains: %v", path, found)
		}

		return bytes.Contains(content, sealed)
	}
	if len(sealed) < 32 || !holds(f.Backup(t, "before.db")) {
		t.Fatalf("the sealed key of %d bytes is not in a backup: this test would show nothing", len(sealed))
	}
	f.Do(t, "DELETE", "/api/v1/connection", harness.Bearer(f.TokenOf(t, email)), "").Is(t, 200)

	after := f.Backup(t, "after.db")
	if holds(after) {
		t.Error("a fresh backup holds the sealed key of a disconnected account")
	}

	for action, want := range map[string]int{"minted": 1, "disconnected": 1} {
		query := fmt.Sprintf(
			"SELECT count(*) FROM audit_events WHERE connection_id = '%s' AND action = '%s'", connection.ID, action,
		)
		if got := count(t, after, query); got != want {
			t.Errorf("the backup has %d events %s, want %d", got, action, want)
		}
	}
	server.Terminated(t)

	for _, path := range []string{f.Database, f.Database + "-wal"} {
		if content, err := os.ReadFile(path); err == nil && bytes.Contains(content, sealed) {
			t.Errorf("%s holds the sealed key of a disconnected account", path)
		}
	}
}

// Backups while accounts connect: each is a consistent snapshot with both a key and its name, or neither.
func TestBackupIsConsistentUnderLoad(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	server := f.Serve(t)
	f.Connect(t, "zero@example.com").Is(t, 201)

	var tokens []string
	for n := range 40 {
		tokens = append(tokens, f.TokenOf(t, fmt.Sprintf("n%d@example.com", n)))
	}

	done := make(chan struct{})
	go func() {
		defer close(done)

		for n, token := range tokens {
			if got, err := f.Try(
				t.Context(), "PUT", "/api/v1/connection", harness.Bearer(token), "",
			); err != nil ||
				got.Status != 201 {
				t.Errorf("connect %d: got %d, %v", n, got.Status, err)
			}
		}
	}()

	for n, busy := 0, true; busy || n == 0; n++ {
		select {
		case <-done:
			busy = false
		default:
		}
		path := f.Backup(t, fmt.Sprintf("%d.db", n))

		odd := "SELECT count(*) FROM connections c WHERE (sealed_key IS NOT NULL) <> EXISTS (SELECT 1 FROM mint_intents i WHERE i.connection_id = c.id AND i.state = 'live')"
		if got := count(t, path, odd); got != 0 {
			t.Errorf("backup %d: %d connections have a key without its name, or the reverse", n, got)
		}

		if got := count(t, path, "SELECT count(*) FROM connections WHERE state = 'active'"); got != 0 {
			t.Errorf("backup %d: %d connections would be used untried", n, got)
		}
	}

	if got := count(t, f.Database, "SELECT count(*) FROM connections WHERE state = 'active'"); got != 41 {
		t.Errorf("the database has %d active connections, want 41: a backup changes nothing in it", got)
	}
	server.Terminated(t)
}

func count(t *testing.T, path, query string) (counted int) {
	t.Helper()
	row(t, path, query, &counted)
	return counted
}

// row reads one value from a SQLite file.
func row(t *testing.T, path, query string, into any) {
	t.Helper()

	database, err := sql.Open("sqlite3", "file:"+path+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = database.Close() }()

	if err := database.QueryRowContext(t.Context(), query).Scan(into); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}
