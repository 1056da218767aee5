// Package atomicfile replaces files atomically. Readers find the complete old text or the complete new one, even after
// a crash: the new text is written to a temporary file in the same directory, flushed, and renamed.
package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/natefinch/atomic"
)

// Write creates or replaces a file that only its owner can read. If it fails, the file is unchanged, and no temporary
// file remains. mark is as in New. Write replaces a symbolic link, not its target.
func Write(path, mark string, text []byte) error {
	draft, err := New(path, mark)
	if err != nil {
		return err
	}
	defer draft.Discard()

	if _, err := draft.Write(text); err != nil {
		return err
	}

	if err := draft.Flush(); err != nil {
		return err
	}

	return draft.Replace()
}

// Draft is a temporary file that will replace another. It is not safe for concurrent use.
type Draft struct {
	*os.File
	path     string
	replaced bool
}

// New creates an empty draft of a file, which only the owner can read. Its name is a dot, the file's name, the mark and
// digits; Sweep recognizes drafts by the mark. The caller must call Discard.
func New(path, mark string) (*Draft, error) {
	file, err := os.CreateTemp(filepath.Dir(path), draftName(path, mark)+"*") // 0600
	if err != nil {
		return nil, err
	}

	return &Draft{File: file, path: path}, nil
}

// Flush writes the draft to the disk and closes it.
func (d *Draft) Flush() error { return errors.Join(d.Sync(), d.Close()) }

// Replace renames a flushed draft to the file.
func (d *Draft) Replace() error {
	if err := Rename(d.Name(), d.path); err != nil {
		return err
	}

	d.replaced = true

	return nil
}

// Discard removes a draft, unless it replaced the file. A partial draft may contain a secret.
func (d *Draft) Discard() {
	if d.replaced {
		return
	}

	_ = d.Close() // Windows cannot remove open files
	_ = os.Remove(d.Name())
}

// Rename renames a complete file over another one in the same directory. Until SyncDirectory, a power failure may undo
// that.
func Rename(from, to string) error { return atomic.ReplaceFile(from, to) }

// SyncDirectory makes the renames in a directory survive a power failure. Windows cannot flush a directory; there,
// Rename itself waits for the disk.
func SyncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}

	directory, err := os.Open(path)
	if err != nil {
		return err
	}

	return errors.Join(directory.Sync(), directory.Close())
}

// Sweep removes drafts of a file that killed processes left behind: files with its name, the mark and digits. It
// removes no other file, which could be somebody's only copy. No process may be replacing the file meanwhile. A missing
// directory is no error.
func Sweep(path, mark string) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}

	for _, entry := range entries {
		if IsDraft(entry.Name(), path, mark) {
			err = errors.Join(err, os.Remove(filepath.Join(filepath.Dir(path), entry.Name())))
		}
	}

	return err
}

// IsDraft reports whether a name can be that of a draft of the file.
func IsDraft(name, path, mark string) bool {
	number, found := strings.CutPrefix(name, draftName(path, mark))

	return found && number != "" && strings.Trim(number, "0123456789") == ""
}

func draftName(path, mark string) string { return "." + filepath.Base(path) + mark }
