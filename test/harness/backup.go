package harness

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Backup runs `bff backup` and returns the path of the copy.
func (f *Fleet) Backup(t *testing.T, name string, more ...string) string {
	t.Helper()

	path := filepath.Join(f.Dir, "backups", name)
	if got := f.Command(
		t,
		append([]string{"backup", path}, more...)...); got.Code != 0 ||
		!strings.HasPrefix(got.Stdout, "Wrote and checked "+path+": ") {
		t.Fatalf("bff backup: got %+v, want exit code 0 and what was written", got)
	}

	return path
}

// Restore replaces the database with a copy, as an operator would.
func (f *Fleet) Restore(t *testing.T, path string) {
	t.Helper()

	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(f.Database + suffix); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}

	if err := os.WriteFile(f.Database, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Since lists the Developer API calls after the first N.
func (f *Fleet) Since(t *testing.T, calls int) string {
	t.Helper()

	var list []string
	for _, entry := range f.Journal(t)[calls:] {
		list = append(list, entry.String())
	}

	return strings.Join(list, ", ")
}
