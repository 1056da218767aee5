package db

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// checkTarget refuses, before any work, what must not become a backup: the database itself and its companions, even to be
// replaced, and whatever is no file.
func checkTarget(source, path string, replace bool) error {
	target, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		if info, err := os.Stat(source + suffix); err == nil && os.SameFile(info, target) {
			return fmt.Errorf("%s is the database in use", path)
		}
	}
	if !target.Mode().IsRegular() {
		return fmt.Errorf("%s is no file", path)
	}
	if !replace {
		return &fs.PathError{Op: "write", Path: path, Err: fs.ErrExist}
	}
	return nil
}

// publish gives a finished file its name. What is written is on the disk before, and the name after.
func publish(partial, path string, replace bool) error {
	if err := syncPath(partial); err != nil {
		return err
	}
	var err error
	if replace {
		err = os.Rename(partial, path)
	} else if err = os.Link(partial, path); err == nil { // unlike a rename, it replaces nothing that came meanwhile
		err = os.Remove(partial)
	} else if !errors.Is(err, fs.ErrExist) { // a file system without links
		if _, found := os.Lstat(path); errors.Is(found, fs.ErrNotExist) {
			err = os.Rename(partial, path)
		}
	}
	if err != nil {
		return fmt.Errorf("name the backup: %w", err)
	}
	return syncPath(filepath.Dir(path))
}

// syncPath brings a file, or the names in a directory, to the disk.
func syncPath(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
