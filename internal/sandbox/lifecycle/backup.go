package lifecycle

import (
	"errors"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// dailyBackup is the time between two daily backups, and how their names are made. The names are our guess.
const (
	dailyBackup     = 24 * time.Hour
	dailyBackupName = "daily-2006-01-02"
)

// BackUp keeps a copy of a database's data as it is now. It returns state.ErrNotFound when the database is gone, or
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

// Restore puts a backup in place of its database's data. It returns state.ErrNotFound when the database has no such
// backup.
func (k *Manager) Restore(database state.Database, id string) error {
	content, err := k.Store.Snapshot(database.ID, id)
	if err != nil {
		return err
	}

	return k.Redis.Restore(database.ID, content)
}

// backUpDaily backs up the databases for which it is on and due. A fault of one does not keep the others from it.
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
