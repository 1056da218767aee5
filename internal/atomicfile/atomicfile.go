// Package atomicfile replaces files as a whole. Whoever reads meanwhile, and whatever is cut off when, finds the old
// text or the new one: the new one is written beside the file, flushed, and renamed over it.
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

// Write puts text in the place of a file, or makes it, readable by its owner alone. When it fails, the file is as it
// was, and nothing is left beside it. mark is that of New. It replaces a symbolic link, not what the link points at.
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

// Draft is a file that is being written beside the one that it is to replace. It is for one goroutine.
type Draft struct {
	*os.File
	path     string
	replaced bool
}

// New makes an empty draft of a file, readable by its owner alone. Its name is a dot, the file's name, the mark and
// digits: a mark of its own lets Sweep tell a draft from what else stands there. The caller owes it a Discard.
func New(path, mark string) (*Draft, error) {
	file, err := os.CreateTemp(filepath.Dir(path), draftName(path, mark)+"*") // 0600
	if err != nil {
		return nil, err
	}

	return &Draft{File: file, path: path}, nil
}

// Flush brings what was written to the disk, and closes the draft.
func (d *Draft) Flush() error { return errors.Join(d.Sync(), d.Close()) }

// Replace puts a flushed draft in the place of the file.
func (d *Draft) Replace() error {
	if err := Rename(d.Name(), d.path); err != nil {
		return err
	}

	d.replaced = true

	return nil
}

// Discard removes a draft, unless it replaced the file. What it could not write may be a secret.
func (d *Draft) Discard() {
	if d.replaced {
		return
	}

	_ = d.Close() // Windows removes no open file
	_ = os.Remove(d.Name())
}

// Rename gives a finished file, in the same directory, the name of another, which it replaces. A power cut may undo
// that until SyncDirectory.
func Rename(from, to string) error { return atomic.ReplaceFile(from, to) }

// SyncDirectory makes the renames in a directory last through a power cut. On Windows, where a directory cannot be
// flushed, Rename itself waits for the disk.
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

// Sweep removes the drafts of a file that killed processes left beside it: files with its name, the mark and digits,
// and no others, for those may be somebody's only copy. Nobody may be replacing the file. A directory that is not there
// holds none.
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

// IsDraft reports whether New may have given this name to a draft of the file.
func IsDraft(name, path, mark string) bool {
	number, found := strings.CutPrefix(name, draftName(path, mark))

	return found && number != "" && strings.Trim(number, "0123456789") == ""
}

func draftName(path, mark string) string { return "." + filepath.Base(path) + mark }
