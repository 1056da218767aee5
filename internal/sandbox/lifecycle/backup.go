package lifecycle

import (
	"errors"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// dailyBackup is the time between two daily backups; dailyBackupName is the format of their names, which is our
// guess.
const (
	dailyBackup     = 24 * time.Hour
	dailyBackupName = "daily-2006-01-02"
)

// BackUp stores a copy of a database's current data. It returns state.ErrNotFound when the database was deleted, or
// state.ErrBackupLimit.
func (k *Manager) BackUp(database state.Database, name string) error {
	return k.backUp(database, name, false)
}

func (k *Manager) backUp(database state.Database, name string, daily bool) error {
	content, err := k.Redis.Snapshot(database.ID)
	if err != nil {
		return err
	}

	return k.Store.AddBackup(database.Owner, state.Backup{
		ID: state.NewUUID(), Database: database.ID, Name: name, Daily: daily, CreatedAt: k.Now(),
	}, content)
}

// Restore replaces a database's data with a backup. It returns state.ErrNotFound when the database has no such
// backup.
func (k *Manager) Restore(database state.Database, id string) error {
	content, err := k.Store.Snapshot(database.ID, id)
	if err != nil {
		return err
	}

	return k.Redis.Restore(database.ID, content)
}

// backUpDaily backs up each database with daily backups that is due. An error with one database does not stop the
// others.
func (k *Manager) backUpDaily() error {
	databases, err := k.Store.AllDatabases()
	if err != nil {
		return err
	}

	var faults []error
	for _, database := range databases {
		due, err := k.backupDue(database)
		if due {
			err = k.backUp(database, k.Now().UTC().Format(dailyBackupName), true)
		}

		if !errors.Is(err, state.ErrNotFound) { // deleted meanwhile
			faults = append(faults, err)
		}
	}

	return errors.Join(faults...)
}

func (k *Manager) backupDue(database state.Database) (bool, error) {
	if !database.DailyBackup || database.State != state.StateActive {
		return false, nil
	}

	held, err := k.Store.Backups(database.ID)
	if err != nil {
		return false, err
	}

	for _, backup := range held {
		if backup.Daily && k.Now().Sub(backup.CreatedAt) < dailyBackup {
			return false, nil
		}
	}

	return true, nil
}
