package db

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/upstash-connect/bff/internal/sharing"
)

const private = 0o600

// prepareFile creates the file with its mode before SQLite opens it: SQLite follows the umask, and gives the -wal and
// -shm files the mode of the database. It corrects the modes of an earlier run's files, or fails. It does not change
// files that are not ours. Package sharing decides when group 0 may use the files.
func prepareFile(path string) error {
	if err := sharing.MkdirAll(filepath.Dir(path)); err != nil {
		return fmt.Errorf("create the database's directory: %w", err)
	}

	flags := os.O_RDWR

	err := checkOwnership(path)
	if errors.Is(err, fs.ErrNotExist) {
		flags, err = os.O_CREATE|os.O_EXCL|os.O_RDWR, nil // follow no link, and replace no file that appeared meanwhile
	}

	if err != nil {
		return fmt.Errorf("open the database file: %w", err)
	}

	file, err := os.OpenFile(path, flags, private)
	if errors.Is(err, fs.ErrExist) { // another bff command created it meanwhile
		if err = checkOwnership(path); err == nil {
			file, err = os.OpenFile(path, os.O_RDWR, private)
		}
	}

	if err != nil {
		return fmt.Errorf("open the database file: %w", err)
	}

	if err := errors.Join(sharing.Protect(file), file.Close()); err != nil {
		return fmt.Errorf("protect the database file: %w", err)
	}

	return protectCompanionFiles(path)
}

// lockFile takes the server lock, or returns ErrInUse when another server has it. The system releases the lock when the
// process ends, however it ends.
func lockFile(path string) (*flock.Flock, error) {
	lock := flock.New(path+".lock", flock.SetPermissions(private))
	held, err := lock.TryLock()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the database: %w", err), lock.Close())
	}

	if !held {
		return nil, errors.Join(fmt.Errorf("%w: %s", ErrInUse, path), lock.Close())
	}

	if err := sharing.ProtectPath(lock.Path()); err != nil {
		return nil, errors.Join(fmt.Errorf("protect the database's lock: %w", err), lock.Close())
	}

	return lock, nil
}
