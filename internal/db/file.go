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

// prepareFile makes the file with its mode before SQLite does: SQLite follows the umask, and gives the -wal and -shm
// files the mode of the database. Files of an earlier run are mended, or opening fails; those that are not ours are
// left as they are. Group 0 may use them where package sharing says so.
func prepareFile(path string) error {
	if err := sharing.MkdirAll(filepath.Dir(path)); err != nil {
		return fmt.Errorf("make the database's directory: %w", err)
	}

	how := os.O_RDWR

	err := checkOwnership(path)
	if errors.Is(err, fs.ErrNotExist) {
		how, err = os.O_CREATE|os.O_EXCL|os.O_RDWR, nil // neither through a link, nor what came meanwhile
	}

	if err != nil {
		return fmt.Errorf("open the database file: %w", err)
	}

	file, err := os.OpenFile(path, how, private)
	if errors.Is(err, fs.ErrExist) { // another of our commands made it meanwhile
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

// lockFile takes the server's lock: ErrInUse when another server has it. The system gives it back when the process
// ends, however it ends.
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
