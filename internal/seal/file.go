package seal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/upstash-connect/bff/internal/atomicfile"
	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/sharing"
)

// File is a keyset's file. It is a Source.
type File struct{ Path string }

// Read implements Source.
func (f File) Read() ([]byte, error) { return os.ReadFile(f.Path) }

// ErrChanged means that the file no longer holds what was read from it.
var ErrChanged = errors.New("the keyset was changed by somebody else meanwhile")

// Replace puts another text in the place of the one that was read, for the same readers: its owner, and its group if
// that could read it. Whoever reads meanwhile, and whatever is cut off when, finds one text or the other, whole.
// ErrChanged when the file holds another text than from.
func (f File) Replace(from, to []byte) error {
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

	draft, err := atomicfile.New(path, partial)
	if err != nil {
		return fmt.Errorf("replace the keyset: %w", err)
	}
	defer draft.Discard()

	_, err = draft.Write(to)
	if err == nil {
		err = keepOwner(draft.File, before)
	}

	if err == nil {
		err = draft.Chmod(before.Mode() & 0o640) // a server that reads it as its group must go on to
	}

	if err = errors.Join(err, draft.Flush()); err != nil {
		return fmt.Errorf("write the new keyset: %w", err)
	}

	killpoint.Reach(killpoint.KeysetWritten)

	if err := draft.Replace(); err != nil {
		return fmt.Errorf("replace the keyset: %w", err)
	}

	return syncDirectory(filepath.Dir(path))
}

// Create makes the file, readable by its owner alone, and by group 0 where package sharing says so. fs.ErrExist when
// there is one: overwriting a keyset would make all that it sealed unreadable. What cannot be written whole is taken
// away again.
func (f File) Create(text []byte) (err error) {
	file, err := os.OpenFile(filepath.Clean(f.Path), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}

	_, err = file.Write(text)
	if err = errors.Join(err, letGroupRead(file), file.Sync(), file.Close()); err != nil {
		return errors.Join(fmt.Errorf("write the keyset: %w", err), os.Remove(file.Name()))
	}

	return syncDirectory(filepath.Dir(file.Name()))
}

func letGroupRead(file *os.File) error {
	info, err := file.Stat()
	if err != nil || !sharing.Shared(info, filepath.Dir(file.Name())) {
		return err
	}

	return file.Chmod(0o640)
}

// Leftovers removes what a Replace that was killed left beside the file. Nobody may be replacing it.
func (f File) Leftovers() error {
	path, err := filepath.EvalSymlinks(f.Path)
	if err != nil {
		return err
	}

	return atomicfile.Sweep(path, partial)
}

// partial is what the name of a file that is being written has after the keyset's.
const partial = ".partial-"

// syncDirectory makes a new name last through a power cut.
func syncDirectory(path string) error {
	if err := atomicfile.SyncDirectory(path); err != nil {
		return fmt.Errorf("flush the keyset's directory: %w", err)
	}

	return nil
}
