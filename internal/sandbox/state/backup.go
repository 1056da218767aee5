package state

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// MaxBackups is how many requested backups one database may have, and MaxDailyBackups how many daily ones are
// retained. Both limits are ours.
const (
	MaxBackups      = 20
	MaxDailyBackups = 3
)

// ErrBackupLimit is returned when a database can have no more backups.
var ErrBackupLimit = errors.New("backup limit reached")

// Backup describes a snapshot of a database; its content is stored next to it.
type Backup struct {
	ID        string    `json:"id"`
	Database  string    `json:"database"`
	Name      string    `json:"name"`
	Daily     bool      `json:"daily,omitempty"`
	Size      int64     `json:"size"` // bytes
	CreatedAt time.Time `json:"created_at"`
}

func backupKey(database, id string) string { return database + "\x00" + id }

// AddBackup stores a snapshot of a database of owner. It returns ErrNotFound when the database was deleted, and
// ErrBackupLimit when it has the maximum number of backups. A new daily backup replaces the oldest daily one instead.
func (s *Store) AddBackup(owner string, backup Backup, content []byte) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		if _, err := get[Database](tx, bucketDatabases, databaseKey(owner, backup.Database)); err != nil {
			return err
		}

		held, err := backups(tx, backup.Database)
		if err != nil {
			return err
		}

		held = slices.DeleteFunc(held, func(other Backup) bool { return other.Daily != backup.Daily })
		switch {
		case !backup.Daily && len(held) >= MaxBackups:
			return ErrBackupLimit
		case backup.Daily && len(held) >= MaxDailyBackups:
			if err := deleteBackup(tx, held[0]); err != nil {
				return err
			}
		}
		key := backupKey(backup.Database, backup.ID)

		backup.Size = int64(len(content))
		if err := tx.Bucket([]byte(bucketSnapshots)).Put([]byte(key), content); err != nil {
			return err
		}

		return put(tx, bucketBackups, key, backup)
	})
}

// Backups returns the backups of a database, oldest first.
func (s *Store) Backups(database string) ([]Backup, error) {
	return view(s, func(tx *bolt.Tx) ([]Backup, error) { return backups(tx, database) })
}

// Snapshot returns the content of a backup, or ErrNotFound.
func (s *Store) Snapshot(database, id string) ([]byte, error) {
	return view(s, func(tx *bolt.Tx) ([]byte, error) {
		key := backupKey(database, id)
		if _, err := get[Backup](tx, bucketBackups, key); err != nil {
			return nil, err
		}

		return bytes.Clone(tx.Bucket([]byte(bucketSnapshots)).Get([]byte(key))), nil
	})
}

// DeleteBackup deletes one backup and returns it, or ErrNotFound.
func (s *Store) DeleteBackup(database, id string) (Backup, error) {
	return update(s, func(tx *bolt.Tx) (Backup, error) {
		backup, err := get[Backup](tx, bucketBackups, backupKey(database, id))
		if err != nil {
			return Backup{}, err
		}

		return backup, deleteBackup(tx, backup)
	})
}

func deleteBackup(tx *bolt.Tx, backup Backup) error {
	key := []byte(backupKey(backup.Database, backup.ID))
	return errors.Join(tx.Bucket([]byte(bucketSnapshots)).Delete(key), tx.Bucket([]byte(bucketBackups)).Delete(key))
}

func deleteBackups(tx *bolt.Tx, database string) error {
	held, err := backups(tx, database)
	for _, backup := range held {
		err = errors.Join(err, deleteBackup(tx, backup))
	}

	return err
}

func backups(tx *bolt.Tx, database string) ([]Backup, error) {
	held := []Backup{}
	prefix := []byte(backupKey(database, ""))

	cursor := tx.Bucket([]byte(bucketBackups)).Cursor()
	for key, raw := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, raw = cursor.Next() {
		var backup Backup
		if err := json.Unmarshal(raw, &backup); err != nil {
			return nil, fmt.Errorf("decode a backup: %w", err)
		}
		held = append(held, backup)
	}
	slices.SortFunc(held, func(a, b Backup) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})

	return held, nil
}
