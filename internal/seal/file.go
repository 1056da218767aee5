package seal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/upstash-connect/bff/internal/killpoint"
)

// File is a keyset's file. It is a Source.
type File struct{ Path string }

// Read implements Source.
func (f File) Read() ([]byte, error) { return os.ReadFile(f.Path) }

// Replace puts another text in the file's place, readable by its owner alone. Whoever reads meanwhile, and whatever is cut
// off when, finds one text or the other, whole: it is written beside the file, flushed, and renamed over it.
func (f File) Replace(text []byte) (err error) {
	path, err := filepath.EvalSymlinks(f.Path) // else the link would be replaced, and what it points at left behind
	if err != nil {
		return fmt.Errorf("replace the keyset: %w", err)
	}
	before, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("replace the keyset: %w", err)
	}
	beside, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+partial+"*") // 0600
	if err != nil {
		return fmt.Errorf("replace the keyset: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(beside.Name()) // it holds keys
		}
	}()
	_, err = beside.Write(text)
	if err == nil {
		err = keepOwner(beside, before)
	}
	if err = errors.Join(err, beside.Sync(), beside.Close()); err != nil {
		return fmt.Errorf("write the new keyset: %w", err)
	}
	killpoint.Reach(killpoint.KeysetWritten)
	if err = os.Rename(beside.Name(), path); err != nil {
		return fmt.Errorf("replace the keyset: %w", err)
	}
	return syncDirectory(filepath.Dir(path))
}

// Leftovers removes what a Replace that was killed left beside the file. Nobody may be replacing it.
func (f File) Leftovers() error {
	path, err := filepath.EvalSymlinks(f.Path)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	for _, entry := range entries {
		// The name of this file and digits alone: what stands beside it may be another keyset, or somebody's only copy.
		number, ours := strings.CutPrefix(entry.Name(), "."+filepath.Base(path)+partial)
		if ours && number != "" && strings.Trim(number, "0123456789") == "" {
			err = errors.Join(err, os.Remove(filepath.Join(filepath.Dir(path), entry.Name())))
		}
	}
	return err
}

// partial is what the name of a file that is being written has after the keyset's.
const partial = ".partial-"

// syncDirectory makes a rename last through a power cut.
func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("flush the keyset's directory: %w", err)
	}
	return errors.Join(directory.Sync(), directory.Close())
}
