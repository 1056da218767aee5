package harness

import (
	"io/fs"
	"path/filepath"
	"testing"
)

// PrivateEverywhere looks at every file that was made, under a umask that hides nothing.
func (f *Fleet) PrivateEverywhere(t *testing.T) {
	t.Helper()

	for _, root := range []string{filepath.Join(f.Dir, ".local", "state", "upstash-connect"), filepath.Dir(f.Cli())} {
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
