package harness

import (
	"io/fs"
	"path/filepath"
	"testing"
)

// FilesArePrivate checks the mode of every created file; the umask removes no permissions.
func (f *Fleet) FilesArePrivate(t *testing.T) {
	t.Helper()

	state := filepath.Join(f.Dir, ".local", "state", "upstash-connect")
	for _, root := range []string{state, filepath.Dir(f.CLIFile())} {
		err := filepath.WalkDir(root, func(path string, item fs.DirEntry, err error) error {
			if err != nil {
				return err
			}

			info, err := item.Info()
			if err == nil && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s can be read by others: %v", path, info.Mode())
			}

			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
