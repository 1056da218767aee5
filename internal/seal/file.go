package seal

import (
	"bytes"
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

// ErrChanged means that the file no longer holds what was read from it.
var ErrChanged = errors.New("the keyset was changed by somebody else meanwhile")

// Replace puts another text in the place of the one that was read, for the same readers: its owner, and its group if that could
// read it. Whoever reads meanwhile, and whatever is cut off when, finds one text or the other, whole: it is written beside the
// file, flushed, and renamed over it. ErrChanged when the file holds another text than from.
func (f File) Replace(from, to []byte) (err error) {
	path, err := filepath.EvalSymlinks(f.Path) // else the link would be replaced, and what it points at left behind
	if err != nil {
		return fmt.Errorf("replace the keyset: %w", err)
	}
	before, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("replace the keyset: %w", err)
	}
	current, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("replace the keyset: %w", err)
	}
	if !bytes.Equal(current, from) {
		return fmt.Errorf("replace the keyset: %w", ErrChanged)
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
	_, err = beside.Write(to)
	if err == nil {
		err = keepOwner(beside, before)
	}
	if err == nil {
		err = beside.Chmod(before.Mode() & 0o640) // a server that reads it as its group must go on to
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

// Create makes the file, readable by its owner alone. fs.ErrExist when there is one: overwriting a keyset would make all that it
// sealed unreadable. What cannot be written whole is taken away again.
func (f File) Create(text []byte) (err error) {
	file, err := os.OpenFile(filepath.Clean(f.Path), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(fmt.Errorf("write the keyset: %w", err), os.Remove(file.Name()))
	}
	return syncDirectory(filepath.Dir(file.Name()))
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
