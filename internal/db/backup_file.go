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

// checkBackupTarget rejects, before any work, a target that must not become a backup: the database itself or one of its
// companion files, even with replace; anything but a regular file; and a file that is not a SQLite database, such as a
// keyset.
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
		return fmt.Errorf("%s is not a regular file", path)
	}

	if !replace {
		return &fs.PathError{Op: "write", Path: path, Err: fs.ErrExist}
	}
	// A server's database has these files next to it, a backup never has. A database that is in use elsewhere, or was
	// in use when its machine crashed, would be lost if it were replaced.
	for _, suffix := range []string{".lock", "-wal"} {
		if _, err := os.Lstat(path + suffix); err == nil {
			return fmt.Errorf(
				"%s is a server's database, because %s exists; only a backup can be replaced",
				path,
				filepath.Base(path)+suffix,
			)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}

	if is, err := isSQLite(path); err != nil || !is {
		return errors.Join(fmt.Errorf("%s is not a SQLite database; only a backup can be replaced", path), err)
	}

	return checkOwnership(path)
}

// sqliteMagic is the header of every SQLite database (https://www.sqlite.org/fileformat.html#magic_header_string).
const sqliteMagic = "SQLite format 3\x00"

// isSQLite reports whether a file has SQLite's header.
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
	partialMaxAge = time.Hour // older than any running copy's last write
)

// removeStalePartials removes what killed backups to this path left next to it. Those files hold sealed keys and
// hashes, perhaps of accounts that have disconnected since.
func removeStalePartials(path string, now time.Time) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}

	for _, entry := range entries {
		// Only this backup's own names match. Other files belong to someone else.
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

// renameIntoPlace gives a finished file its name. It syncs the contents before the rename, and the directory after.
func renameIntoPlace(partial, path string, replace bool) error {
	if err := syncFile(partial); err != nil {
		return err
	}

	var err error
	if replace {
		err = atomicfile.Rename(partial, path)
	} else if err = os.Link(partial, path); err == nil { // unlike a rename, it never replaces a new file
		err = os.Remove(partial)
	} else if !errors.Is(err, fs.ErrExist) { // the file system has no hard links
		if _, found := os.Lstat(path); errors.Is(found, fs.ErrNotExist) {
			err = atomicfile.Rename(partial, path)
		}
	}

	if err != nil {
		return fmt.Errorf("rename the backup: %w", err)
	}

	return atomicfile.SyncDirectory(filepath.Dir(path))
}

// syncFile syncs a file that another process or library wrote.
func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}

	return errors.Join(file.Sync(), file.Close())
}
