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

// File is a keyset's file. It implements Source.
type File struct{ Path string }

// Read implements Source.
func (f File) Read() ([]byte, error) { return os.ReadFile(f.Path) }

// ErrChanged means that the file no longer holds what was read from it.
var ErrChanged = errors.New("the keyset was changed by another process meanwhile")

// Replace replaces the text from with to, for the same readers: the owner, and the group if it could read the file. A
// concurrent reader, or an interrupted Replace, sees one complete text or the other. ErrChanged when the file has
// another text than from.
func (f File) Replace(from, to []byte) error {
	path, err := filepath.EvalSymlinks(f.Path) // replace the file, not the link to it
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
		err = draft.Chmod(before.Mode() & 0o640) // a server that reads it through its group must still be able to
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

// Create makes the file, readable only by its owner, and by group 0 where package sharing says so. fs.ErrExist when
// the file exists: overwriting a keyset would make everything that it sealed unreadable. A file that cannot be written
// completely is removed.
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

// Leftovers removes the temporary files of a killed Replace. No Replace may be running.
func (f File) Leftovers() error {
	path, err := filepath.EvalSymlinks(f.Path)
	if err != nil {
		return err
	}

	return atomicfile.Sweep(path, partial)
}

// partial separates the keyset's file name from the random suffix of a temporary file.
const partial = ".partial-"

// syncDirectory makes a new file name survive a power failure.
func syncDirectory(path string) error {
	if err := atomicfile.SyncDirectory(path); err != nil {
		return fmt.Errorf("flush the keyset's directory: %w", err)
	}

	return nil
}
