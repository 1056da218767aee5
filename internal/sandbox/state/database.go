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

// ErrDatabaseLimit is returned when the account's plan allows no more databases.
var ErrDatabaseLimit = errors.New("database limit reached")

// Database is one database of an account. It holds what was chosen or generated at creation; everything else in the
// API is computed from it.
type Database struct {
	ID                string    `json:"id"`
	Owner             string    `json:"owner"` // subject of the account
	Name              string    `json:"name"`
	Plan              string    `json:"plan"`
	Platform          string    `json:"platform"`
	PrimaryRegion     string    `json:"primary_region"`
	ReadRegions       []string  `json:"read_regions"`
	Budget            int64     `json:"budget"`
	Eviction          bool      `json:"eviction"`
	State             string    `json:"state"`
	Endpoint          string    `json:"endpoint"`
	Port              int       `json:"port"`
	TLS               bool      `json:"tls,omitempty"`
	Password          string    `json:"password"`
	RESTToken         string    `json:"rest_token"`
	ReadOnlyRESTToken string    `json:"read_only_rest_token"`
	CreatedAt         time.Time `json:"created_at"`

	AutoUpgrade   bool      `json:"auto_upgrade,omitempty"`
	ProdPack      bool      `json:"prod_pack,omitempty"`
	DailyBackup   bool      `json:"daily_backup,omitempty"`
	SuspendedBy   string    `json:"suspended_by,omitempty"` // while State is suspended
	PlanChangedAt time.Time `json:"plan_changed_at,omitzero"`
	LastUsedAt    time.Time `json:"last_used_at,omitzero"` // by a Redis command, as of the last sweep
}

// A subject cannot contain a NUL, so one account's prefix is never the beginning of another's.
func databaseKey(owner, id string) string { return owner + "\x00" + id }

// CreateDatabase stores a new database unless its owner already has limit of them (ErrDatabaseLimit); a limit of 0
// means unlimited.
func (s *Store) CreateDatabase(database Database, limit int) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		if limit > 0 {
			held, err := databases(tx, database.Owner)
			if err != nil {
				return err
			}

			if len(held) >= limit {
				return ErrDatabaseLimit
			}
		}

		return putDatabase(tx, database)
	})
}

// errIdentity is a programming error of the caller.
var errIdentity = errors.New("a record keeps its identity")

// UpdateDatabase changes one database of the account and returns it as stored. It returns ErrNotFound, or the error
// of change; then it stores nothing. change runs inside a transaction and must not call the Store.
func (s *Store) UpdateDatabase(owner, id string, change func(*Database) error) (Database, error) {
	return update(s, func(tx *bolt.Tx) (Database, error) {
		before, err := get[Database](tx, bucketDatabases, databaseKey(owner, id))
		if err != nil {
			return Database{}, err
		}
		after := before

		after.ReadRegions = slices.Clone(before.ReadRegions)
		if err := change(&after); err != nil {
			return Database{}, err
		}

		if after.ID != before.ID || after.Owner != before.Owner {
			return Database{}, errIdentity
		}

		if err := unindex(tx, before); err != nil {
			return Database{}, err
		}

		return after, putDatabase(tx, after)
	})
}

// PlaceDatabases sets the address of all databases.
func (s *Store) PlaceDatabases(endpoint string, port int, tls bool) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		return eachDatabase(tx, func(database Database) error {
			if database.Endpoint == endpoint && database.Port == port && database.TLS == tls {
				return nil
			}
			database.Endpoint, database.Port, database.TLS = endpoint, port, tls

			return putDatabase(tx, database)
		})
	})
}

// Databases returns the account's databases, oldest first.
func (s *Store) Databases(owner string) ([]Database, error) {
	return view(s, func(tx *bolt.Tx) ([]Database, error) { return databases(tx, owner) })
}

func databases(tx *bolt.Tx, owner string) ([]Database, error) {
	held := []Database{}
	prefix := []byte(databaseKey(owner, ""))

	cursor := tx.Bucket([]byte(bucketDatabases)).Cursor()
	for key, raw := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, raw = cursor.Next() {
		var database Database
		if err := json.Unmarshal(raw, &database); err != nil {
			return nil, fmt.Errorf("decode a database: %w", err)
		}
		held = append(held, database)
	}
	slices.SortFunc(held, func(a, b Database) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})

	return held, nil
}

// Database returns one database of the account, or ErrNotFound.
func (s *Store) Database(owner, id string) (Database, error) {
	return view(s, func(tx *bolt.Tx) (Database, error) {
		return get[Database](tx, bucketDatabases, databaseKey(owner, id))
	})
}

// DeleteDatabase deletes one database of the account, or returns ErrNotFound.
func (s *Store) DeleteDatabase(owner, id string) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		key := databaseKey(owner, id)

		database, err := get[Database](tx, bucketDatabases, key)
		if err != nil {
			return err
		}

		if err := unindex(tx, database); err != nil {
			return err
		}

		if err := deleteBackups(tx, id); err != nil {
			return err
		}

		return tx.Bucket([]byte(bucketDatabases)).Delete([]byte(key))
	})
}
