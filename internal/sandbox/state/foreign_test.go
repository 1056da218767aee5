package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// A directory that was there before a sandbox keeps its mode, and a file of somebody else's is left as it is.
func TestFilesOfOthersAreLeftUnchanged(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "state.db")

	other, err := bolt.Open(path, 0o644, nil)
	if err != nil {
		t.Fatal(err)
	}

	err = other.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("another program's"))
		return err
	})
	if err := errors.Join(err, other.Close()); err != nil {
		t.Fatal(err)
	}
	refused := func() {
		t.Helper()

		if _, err := state.Open(dir, true); !errors.Is(err, state.ErrForeign) {
			t.Errorf("got %v, want ErrForeign", err)
		}
	}
	mode := func(path string, want os.FileMode) {
		t.Helper()

		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: got mode %v, %v, want %04o", path, info.Mode(), err, want)
		}
	}
	refused()
	mode(path, 0o644)
	mode(dir, 0o755)

	elsewhere := filepath.Join(t.TempDir(), "empty")
	if err := errors.Join(
		os.WriteFile(elsewhere, nil, 0o644), os.Remove(path), os.Symlink(elsewhere, path),
	); err != nil {
		t.Fatal(err)
	}
	refused()
	mode(elsewhere, 0o644)

	if info, err := os.Stat(elsewhere); err != nil || info.Size() != 0 {
		t.Errorf("got %v, %v, want it empty as it was", info, err)
	}

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}

	for range 2 { // nor is it the sandbox's once that has started in it
		opened, err := state.Open(dir, true)
		if err != nil {
			t.Fatal(err)
		}

		if err := opened.Close(); err != nil {
			t.Fatal(err)
		}
		mode(dir, 0o755)
		mode(path, 0o600)
	}
}
