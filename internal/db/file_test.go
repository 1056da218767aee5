package db_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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

func TestS01FilesOfAnEarlierRunAreMended(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by us")
	path := filepath.Join(dir, "b%f?.db#") // not a URI's friend
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

func TestI14SecondServerIsRefusedAndCommandsAreNot(t *testing.T) {
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

func TestReadOnlyOpensNothingThatIsNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.db")
	if _, err := db.Open(
		t.Context(),
		db.Options{URL: "sqlite://" + path, ReadOnly: true},
	); !errors.Is(
		err, fs.ErrNotExist,
	) {
		t.Errorf("got %v, want that there is no file", err)
	}

	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("looking made a file")
	}
}

func TestOpenRefusesWhatIsNoDatabase(t *testing.T) {
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

	command := open(t, db.Options{URL: url}) // takes no lock, so it ends no lease
	if _, _, err := command.TakeLease(t.Context(), "con_1", 1<<40); !errors.Is(err, keys.ErrLeaseHeld) {
		t.Errorf("beside a living server: got %v, want ErrLeaseHeld", err)
	}

	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	next := open(t, db.Options{URL: url, Exclusive: true})
	if _, fence, err := next.TakeLease(t.Context(), "con_1", 1<<40); err != nil || fence <= old {
		t.Errorf("got fence %d, %v, want one above %d", fence, err, old)
	}
}
