package db_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
)

func connectOne(t *testing.T, database *db.DB, subject string) {
	t.Helper()

	_, err := database.EnsureConnection(
		t.Context(),
		keys.Account{Issuer: "https://issuer.example/", Subject: subject},
		"con_"+subject,
		now(),
	)
	if err != nil {
		t.Fatal(err)
	}
}

// Threat model: S01.
func TestFilePermissionsOfAnEarlierRunAreFixed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by us")
	path := filepath.Join(dir, "b%f?.db#") // characters that a URI must escape
	database := open(t, db.Options{URL: "sqlite://" + path, Exclusive: true})
	connectOne(t, database, "1")

	names := []string{path, path + "-wal", path + "-shm", path + ".lock"}
	for _, name := range names {
		if err := os.Chmod(name, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	open(t, db.Options{URL: "sqlite://" + path})

	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %v, %v, want mode 0600", name, info.Mode(), err)
		}
	}

	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: got %v, %v, want mode 0700", info.Mode(), err)
	}

	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != len(names) {
		t.Errorf("got files %v, want %v", files, names)
	}
}

// Threat model: I14.
func TestSecondServerOnSQLiteIsRejected(t *testing.T) {
	url := "sqlite://" + filepath.Join(t.TempDir(), "bff.db")

	first, err := db.Open(t.Context(), db.Options{URL: url, Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}

	if _, err := db.Open(
		t.Context(), db.Options{URL: url, Exclusive: true},
	); !errors.Is(err, db.ErrInUse) ||
		!strings.Contains(err.Error(), "bff.db") {
		t.Errorf("second server: got %v, want ErrInUse with the file's name", err)
	}
	connectOne(t, open(t, db.Options{URL: url}), "from a command")

	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, db.Options{URL: url, Exclusive: true})
}

func TestReadOnlyOpenCreatesNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.db")
	if _, err := db.Open(
		t.Context(),
		db.Options{URL: "sqlite://" + path, ReadOnly: true},
	); !errors.Is(
		err, fs.ErrNotExist,
	) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}

	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("opening created a file")
	}
}

func TestOpenRejectsFilesThatAreNotDatabases(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("shopping list\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}

	var unavailable *db.UnavailableError
	if _, err := db.Open(t.Context(), db.Options{URL: "sqlite://" + path}); !errors.As(err, &unavailable) {
		t.Errorf("got %v, want UnavailableError", err)
	}

	for _, url := range []string{"", "sqlite://", "postgres://u:%zz@x/y", path} {
		if _, err := db.Open(t.Context(), db.Options{URL: url}); err == nil {
			t.Errorf("%q was opened", url)
		}
	}
}

func TestLeasesOfADeadServerEndWhenTheNextOpens(t *testing.T) {
	url := "sqlite://" + filepath.Join(t.TempDir(), "bff.db")

	first, err := db.Open(t.Context(), db.Options{URL: url, Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	connectOne(t, first, "1")

	_, old, err := first.TakeLease(t.Context(), "con_1", 1<<40)
	if err != nil {
		t.Fatal(err)
	}

	command := open(t, db.Options{URL: url}) // without the server lock, so it ends no lease
	if _, _, err := command.TakeLease(t.Context(), "con_1", 1<<40); !errors.Is(err, keys.ErrLeaseHeld) {
		t.Errorf("while a server runs: got %v, want ErrLeaseHeld", err)
	}

	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	next := open(t, db.Options{URL: url, Exclusive: true})
	if _, fence, err := next.TakeLease(t.Context(), "con_1", 1<<40); err != nil || fence <= old {
		t.Errorf("got fence %d, %v, want one above %d", fence, err, old)
	}
}

// driverName is the name under which the built-in driver is registered with database/sql.
func driverName() string {
	if db.Driver == "modernc.org/sqlite" {
		return "sqlite"
	}

	return "sqlite3"
}

// A file at the database's path that is not ours keeps its mode and content, and no file is created next to it.
func TestForeignFilesAreLeftUnchanged(t *testing.T) {
	foreign := func(tables ...string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			t.Helper()

			database, err := sql.Open(driverName(), path)
			if err != nil {
				t.Fatal(err)
			}

			for _, name := range tables {
				if _, err := database.ExecContext(t.Context(), "CREATE TABLE "+name+" (id TEXT)"); err != nil {
					t.Fatal(err)
				}
			}

			if err := database.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	write := func(text string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			t.Helper()

			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	ours := func(t *testing.T, path string) {
		t.Helper()

		database, err := db.Open(t.Context(), db.Options{URL: "sqlite://" + path})
		if err != nil {
			t.Fatal(err)
		}

		if err := database.Close(); err != nil {
			t.Fatal(err)
		}
	}
	link := func(t *testing.T, target, name string) {
		t.Helper()

		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}

	tests := map[string]struct {
		make  func(*testing.T, string)
		place func(t *testing.T, made, path string)
	}{
		"a text, by a link":               {write("notes\n"), link},
		"a text":                          {write("notes\n"), nil},
		"an empty file, by a link":        {write(""), link},
		"another program's data":          {foreign("bookmarks"), nil},
		"another program's data, by link": {foreign("bookmarks"), link},
		"another program's connections":   {foreign("connections", "hosts"), nil},
		"another program's, with goose":   {foreign("goose_db_version", "connections", "sessions", "audit_events"), nil},
		"our names, without migrations": {
			foreign("connections", "mint_intents", "used_tokens", "sessions", "audit_events"), nil,
		},
		"a link at the lock's path": {write("notes\n"), func(t *testing.T, made, path string) {
			t.Helper()
			ours(t, path)
			link(t, made, path+".lock")
		}},
		"a link at the log's path": {write(""), func(t *testing.T, made, path string) {
			t.Helper()
			ours(t, path)
			link(t, made, path+"-wal")
		}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			made, path := filepath.Join(dir, "made"), filepath.Join(dir, "bff.db")

			if tc.place == nil {
				path = made
			}
			tc.make(t, made)

			if err := os.Chmod(made, 0o644); err != nil {
				t.Fatal(err)
			}

			if tc.place != nil {
				tc.place(t, made, path)
			}

			before, err := os.ReadFile(made)
			if err != nil {
				t.Fatal(err)
			}
			names := fileNames(t, dir)

			_, err = db.Open(t.Context(), db.Options{URL: "sqlite://" + path, Exclusive: true})
			if err == nil || !strings.Contains(err.Error(), "not a bff database") {
				t.Errorf("got %v, want an error that it is not a bff database", err)
			}

			info, err := os.Stat(made)
			if err != nil || info.Mode().Perm() != 0o644 {
				t.Errorf("got mode %v, %v, want it as it was", info.Mode(), err)
			}

			if after, err := os.ReadFile(made); err != nil || !bytes.Equal(after, before) {
				t.Errorf("got different content, %v", err)
			}

			if got := fileNames(t, dir); !slices.Equal(got, names) {
				t.Errorf("got files %v, want %v", got, names)
			}
		})
	}
}

func fileNames(t *testing.T, dir string) (names []string) {
	t.Helper()

	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}

	for _, entry := range entries {
		names = append(names, entry.Name())
	}

	return names
}

// A link to our own database works, and an empty file becomes a database.
func TestLinkToOurDatabaseIsFollowed(t *testing.T) {
	dir := t.TempDir()
	path, name := filepath.Join(dir, "real.db"), filepath.Join(dir, "bff.db")
	connectOne(t, open(t, db.Options{URL: "sqlite://" + path}), "1")

	if err := os.Symlink(path, name); err != nil {
		t.Fatal(err)
	}
	connectOne(t, open(t, db.Options{URL: "sqlite://" + name}), "2")

	empty := filepath.Join(dir, "empty.db")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	connectOne(t, open(t, db.Options{URL: "sqlite://" + empty}), "1")

	if info, err := os.Stat(empty); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, %v, want 0600", info.Mode(), err)
	}
}

// URL parameters never become part of a file name.
func TestURLParametersCreateNoFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := db.Open(
		t.Context(), db.Options{URL: "sqlite://" + filepath.Join(dir, "bff.db") + "?_busy_timeout=5000"},
	); err == nil {
		t.Error("it was opened")
	}

	if got := fileNames(t, dir); len(got) != 0 {
		t.Errorf("got files %v, want none", got)
	}
}

func TestDirectoryWritableByOthersIsWarnedAbout(t *testing.T) {
	dir := t.TempDir()
	var output bytes.Buffer

	for mode, warns := range map[os.FileMode]bool{0o700: false, 0o777: true} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		output.Reset()
		logger := slog.New(slog.NewTextHandler(&output, nil))
		open(t, db.Options{URL: "sqlite://" + filepath.Join(dir, "bff.db"), Logger: logger})

		if warned := strings.Contains(output.String(), "every user of this machine can write"); warned != warns {
			t.Errorf("mode %04o: got %q, want a warning: %t", mode, output.String(), warns)
		}
	}
}
