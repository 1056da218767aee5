package db

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/atomicfile"
)

// checkBackupTarget refuses, before any work, what must not become a backup: the database itself and its companions, even to
// be replaced, whatever is no file, and a file that is no SQLite database: a keyset, say.
func checkBackupTarget(source, path string, replace bool) error {
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
	// A server's database has these beside it, a backup never: what is in use elsewhere, or was when a machine went
	// down, is lost if it is replaced.
	for _, suffix := range []string{".lock", "-wal"} {
		if _, err := os.Lstat(path + suffix); err == nil {
			return fmt.Errorf(
				"%s is a server's database, as %s beside it shows, and only a backup is replaced by another",
				path,
				filepath.Base(path)+suffix,
			)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}

	if is, err := isSQLite(path); err != nil || !is {
		return errors.Join(fmt.Errorf("%s is no SQLite database, and only a backup is replaced by another", path), err)
	}

	return checkOwnership(path)
}

// sqliteMagic is how every SQLite database begins (https://www.sqlite.org/fileformat.html#magic_header_string).
const sqliteMagic = "SQLite format 3\x00"

// isSQLite reports whether a file begins as a SQLite database does.
func isSQLite(path string) (is bool, err error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	begin := make([]byte, len(sqliteMagic))

	n, err := io.ReadFull(file, begin)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}

	return string(begin[:n]) == sqliteMagic, nil
}

const (
	partialMark   = ".partial-"
	partialMaxAge = time.Hour // a copy that still runs has been written to since
)

// removeStalePartials removes what backups to this path that were killed left beside it: they hold sealed keys and hashes,
// perhaps of accounts that have disconnected since.
func removeStalePartials(path string, now time.Time) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}

	for _, entry := range entries {
		// This backup's name and digits alone: what else stands there is somebody's.
		if !atomicfile.IsDraft(strings.TrimSuffix(entry.Name(), "-journal"), path, partialMark) {
			continue
		}

		info, infoErr := entry.Info()
		if infoErr == nil && info.Mode().IsRegular() && now.Sub(info.ModTime()) > partialMaxAge {
			err = errors.Join(err, os.Remove(filepath.Join(filepath.Dir(path), entry.Name())))
		}
	}

	return err
}

// publish gives a finished file its name. What is written is on the disk before, and the name after.
func renameIntoPlace(partial, path string, replace bool) error {
	if err := syncFile(partial); err != nil {
		return err
	}

	var err error
	if replace {
		err = atomicfile.Rename(partial, path)
	} else if err = os.Link(partial, path); err == nil { // unlike a rename, it replaces nothing that came meanwhile
		err = os.Remove(partial)
	} else if !errors.Is(err, fs.ErrExist) { // a file system without links
		if _, found := os.Lstat(path); errors.Is(found, fs.ErrNotExist) {
			err = atomicfile.Rename(partial, path)
		}
	}

	if err != nil {
		return fmt.Errorf("name the backup: %w", err)
	}

	return atomicfile.SyncDirectory(filepath.Dir(path))
}

// syncFile brings to the disk what another wrote.
func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}

	return errors.Join(file.Sync(), file.Close())
}
