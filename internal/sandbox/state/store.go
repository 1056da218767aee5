// Package state stores what the stand-ins know across restarts: accounts with their developer keys, databases,
// indexes, clients, signing keys, refresh tokens and the ports chosen on the first start. It uses one bbolt file; the
// file lock also prevents a second sandbox on the same directory.
//
// Secrets are stored in clear. A sandbox has nothing worth sealing, and tests must be able to read back what the real
// service would never show again.
package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// ErrNotFound is returned when the requested record does not exist.
var ErrNotFound = errors.New("not found")

// ErrForeign means that the file belongs to another program. Open has not changed it.
var ErrForeign = errors.New("the directory holds no sandbox state and was left unchanged; choose another directory")

// ErrLocked is returned by Open when another process holds the directory.
var ErrLocked = errors.New("another sandbox is running on this directory")

const (
	bucketAccounts  = "accounts"
	bucketEmails    = "emails"
	bucketClients   = "clients"
	bucketDatabases = "databases"
	bucketSecrets   = "database_secrets"
	bucketKeys      = "signing_keys"
	bucketRefresh   = "refresh_tokens"
	bucketFamilies  = "revoked_families"
	bucketPorts     = "ports"
	bucketConsents  = "consents"
	bucketTeams     = "teams"
	bucketBackups   = "backups"
	bucketSnapshots = "backup_data"
	bucketAudit     = "audit"
	bucketIndexes   = "indexes"
	bucketQStash    = "qstash"
	bucketTokens    = "product_tokens"
)

// lockWait is how long Open waits for the file lock: long enough for a previous sandbox to shut down, short enough
// for a person at a prompt.
const lockWait = time.Second

// Store is the open state file. It is safe for concurrent use.
type Store struct {
	db *bolt.DB
}

// Open opens or creates the state file in dir, and creates dir with mode 0700. An existing dir keeps its mode: it may
// belong to someone else. With noSync, writes are not flushed to disk: faster, but lost on a power failure. It
// returns ErrLocked when another process has the file open.
func Open(dir string, noSync bool) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make state directory: %w", err)
	}
	path := filepath.Join(dir, "state.db")

	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open %s: %w", path, ErrForeign)
	}

	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockWait, NoSync: noSync})
	switch {
	// bbolt's Timeout limits the wait for the file lock and nothing else.
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("%s: %w", dir, ErrLocked)
	case err != nil:
		return nil, fmt.Errorf("open %s: %w", path, err)
	}

	store := &Store{db: db}
	if err := store.prepare(path); err != nil {
		return nil, errors.Join(err, db.Close())
	}

	return store, nil
}

func (s *Store) prepare(path string) error {
	if err := s.checkForeign(); err != nil {
		return err
	}

	if err := os.Chmod(path, 0o600); err != nil {
		return fmt.Errorf("protect state file: %w", err)
	}

	return s.db.Update(func(tx *bolt.Tx) error {
		indexed := tx.Bucket([]byte(bucketSecrets)) != nil
		for _, name := range []string{
			bucketAccounts, bucketEmails, bucketClients, bucketDatabases,
			bucketSecrets, bucketKeys, bucketRefresh, bucketFamilies, bucketPorts,
			bucketConsents, bucketTeams, bucketBackups, bucketSnapshots, bucketAudit,
			bucketIndexes, bucketQStash, bucketTokens,
		} {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return fmt.Errorf("create bucket %s: %w", name, err)
			}
		}

		if !indexed {
			return indexDatabases(tx)
		}

		return nil
	})
}

// checkForeign returns ErrForeign when the file has content that is not our state.
func (s *Store) checkForeign() error {
	return s.db.View(func(tx *bolt.Tx) error {
		first, _ := tx.Cursor().First()
		if first != nil && tx.Bucket([]byte(bucketAccounts)) == nil {
			return ErrForeign
		}

		return nil
	})
}

// Close releases the file and its lock.
func (s *Store) Close() error { return s.db.Close() }

func get[T any](tx *bolt.Tx, bucket, key string) (T, error) {
	var value T

	raw := tx.Bucket([]byte(bucket)).Get([]byte(key))
	if raw == nil {
		return value, ErrNotFound
	}

	if err := json.Unmarshal(raw, &value); err != nil {
		return value, fmt.Errorf("decode a record of %s: %w", bucket, err)
	}

	return value, nil
}

func put(tx *bolt.Tx, bucket, key string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode a record of %s: %w", bucket, err)
	}

	return tx.Bucket([]byte(bucket)).Put([]byte(key), raw)
}

func view[T any](s *Store, read func(*bolt.Tx) (T, error)) (T, error) {
	var value T
	err := s.db.View(func(tx *bolt.Tx) error {
		var err error
		value, err = read(tx)
		return err
	})

	return value, err
}

func update[T any](s *Store, write func(*bolt.Tx) (T, error)) (T, error) {
	var value T
	err := s.db.Update(func(tx *bolt.Tx) error {
		var err error
		value, err = write(tx)
		return err
	})

	return value, err
}
