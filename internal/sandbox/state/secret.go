package state

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// The index maps a database's password or token to the database, so that identifying a client needs no search. Its
// keys are hashes of the secrets, so the time of a lookup does not reveal how close a guess is.
func secretKey(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func (d Database) secrets() []string {
	return []string{d.Password, d.RESTToken, d.ReadOnlyRESTToken}
}

// DatabaseBySecret returns the database that has this password or one of these REST tokens, or ErrNotFound. The
// caller checks which of the three it is.
func (s *Store) DatabaseBySecret(secret string) (Database, error) {
	return view(s, func(tx *bolt.Tx) (Database, error) {
		key := tx.Bucket([]byte(bucketSecrets)).Get(secretKey(secret))
		if key == nil || secret == "" {
			return Database{}, ErrNotFound
		}

		return get[Database](tx, bucketDatabases, string(key))
	})
}

func putDatabase(tx *bolt.Tx, database Database) error {
	key := databaseKey(database.Owner, database.ID)

	index := tx.Bucket([]byte(bucketSecrets))
	for _, secret := range database.secrets() {
		if secret == "" {
			continue
		}

		if err := index.Put(secretKey(secret), []byte(key)); err != nil {
			return err
		}
	}

	return put(tx, bucketDatabases, key, database)
}

// unindex removes the secrets of a database, except for those that now map to another one.
func unindex(tx *bolt.Tx, database Database) error {
	key := []byte(databaseKey(database.Owner, database.ID))

	index := tx.Bucket([]byte(bucketSecrets))
	for _, secret := range database.secrets() {
		if !bytes.Equal(index.Get(secretKey(secret)), key) {
			continue
		}

		if err := index.Delete(secretKey(secret)); err != nil {
			return err
		}
	}

	return nil
}

// indexDatabases adds the databases that are older than the index.
func indexDatabases(tx *bolt.Tx) error {
	return eachDatabase(tx, func(database Database) error { return putDatabase(tx, database) })
}

// DatabaseIDs returns the ids of all databases of all accounts.
func (s *Store) DatabaseIDs() (map[string]bool, error) {
	return view(s, func(tx *bolt.Tx) (map[string]bool, error) {
		ids := map[string]bool{}

		return ids, eachDatabase(tx, func(database Database) error {
			ids[database.ID] = true
			return nil
		})
	})
}

// eachDatabase reads all databases before it visits the first: a bucket must not change during iteration.
func eachDatabase(tx *bolt.Tx, visit func(Database) error) error {
	var all []Database

	err := tx.Bucket([]byte(bucketDatabases)).ForEach(func(_, raw []byte) error {
		var database Database
		if err := json.Unmarshal(raw, &database); err != nil {
			return fmt.Errorf("decode a database: %w", err)
		}
		all = append(all, database)

		return nil
	})
	for _, database := range all {
		if err == nil {
			err = visit(database)
		}
	}

	return err
}
