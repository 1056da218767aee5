package atomicfile_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/upstash-connect/bff/internal/atomicfile"
)

const mark = ".partial-"

func TestWriteMakesAndReplacesAPrivateFile(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "file.json")

	for _, text := range []string{"first", "second, and longer", ""} {
		if err := atomicfile.Write(path, mark, []byte(text)); err != nil {
			t.Fatal(err)
		}

		if got := read(t, path); got != text {
			t.Errorf("got %q, want %q", got, text)
		}

		private(t, path)

		// The next one must be private all the same.
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}

	if got := names(t, directory); !slices.Equal(got, []string{"file.json"}) {
		t.Errorf("got files %v, want nothing beside the file", got)
	}
}

func TestAFailedWriteLeavesNothing(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "taken")

	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}

	// No file is renamed over a directory.
	if err := atomicfile.Write(path, mark, []byte("a key")); err == nil {
		t.Error("a directory was replaced")
	}

	if got := names(t, directory); !slices.Equal(got, []string{"taken"}) {
		t.Errorf("got %v, want the directory alone", got)
	}

	if err := atomicfile.Write(filepath.Join(directory, "absent", "file"), mark, nil); err == nil {
		t.Error("a file was made in a directory that is not there")
	}
}

func TestADraftShowsNothingBeforeItReplaces(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "file.json")

	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}

	draft, err := atomicfile.New(path, mark)
	if err != nil {
		t.Fatal(err)
	}
	defer draft.Discard()

	private(t, draft.Name())

	if !atomicfile.IsDraft(filepath.Base(draft.Name()), path, mark) {
		t.Errorf("the draft's name is %s, which IsDraft does not know", draft.Name())
	}

	if _, err := draft.WriteString("after"); err != nil {
		t.Fatal(err)
	}

	if err := draft.Flush(); err != nil {
		t.Fatal(err)
	}

	if got := read(t, path); got != "before" {
		t.Errorf("got %q before the draft replaced it", got)
	}

	if err := draft.Replace(); err != nil {
		t.Fatal(err)
	}

	draft.Discard()

	if got := read(t, path); got != "after" {
		t.Errorf("got %q, want what the draft held", got)
	}
}

func TestADiscardedDraftIsGone(t *testing.T) {
	directory := t.TempDir()

	draft, err := atomicfile.New(filepath.Join(directory, "file.json"), mark)
	if err != nil {
		t.Fatal(err)
	}

	if _, err := draft.WriteString("a key"); err != nil {
		t.Fatal(err)
	}

	draft.Discard()
	draft.Discard()

	if got := names(t, directory); len(got) != 0 {
		t.Errorf("got %v, want nothing", got)
	}
}

func TestSweepRemovesDraftsAlone(t *testing.T) {
	directory := t.TempDir()
	others := []string{
		".file.json.partial-", ".file.json.partial-copy", ".file.json.partial-1-journal", ".other.json.partial-1",
		"file.json", "file.json.partial-1",
	}

	for _, name := range append([]string{".file.json.partial-1", ".file.json.partial-23"}, others...) {
		if err := os.WriteFile(filepath.Join(directory, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	if err := atomicfile.Sweep(filepath.Join(directory, "file.json"), mark); err != nil {
		t.Fatal(err)
	}

	slices.Sort(others)

	if got := names(t, directory); !slices.Equal(got, others) {
		t.Errorf("got %v, want %v", got, others)
	}
}

func TestSweepOfADirectoryThatIsNotThere(t *testing.T) {
	if err := atomicfile.Sweep(filepath.Join(t.TempDir(), "absent", "file"), mark); err != nil {
		t.Errorf("got %v, want nothing to sweep", err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()

	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	return string(text)
}

func private(t *testing.T, path string) {
	t.Helper()

	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}

	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %v, want 0600", path, info.Mode())
	}
}

// names lists the directory, sorted.
func names(t *testing.T, directory string) []string {
	t.Helper()

	entries, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}

	var found []string
	for _, entry := range entries {
		found = append(found, entry.Name())
	}

	return found
}
