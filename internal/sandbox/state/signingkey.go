package state

import (
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// SigningKey is a current or former signing key of the identity provider.
type SigningKey struct {
	ID          string    `json:"kid"`
	PKCS8       []byte    `json:"pkcs8"`
	Certificate []byte    `json:"certificate"` // DER, for x5c and x5t
	CreatedAt   time.Time `json:"created_at"`
}

// SigningKeys returns the published keys, newest first; the first one signs.
func (s *Store) SigningKeys() ([]SigningKey, error) {
	return view(s, func(tx *bolt.Tx) ([]SigningKey, error) {
		keys := []SigningKey{}
		err := tx.Bucket([]byte(bucketKeys)).ForEach(func(id, _ []byte) error {
			key, err := get[SigningKey](tx, bucketKeys, string(id))
			keys = append(keys, key)
			return err
		})
		slices.SortFunc(keys, func(a, b SigningKey) int { return b.CreatedAt.Compare(a.CreatedAt) })

		return keys, err
	})
}

// AddSigningKey publishes a key. With dropOthers it deletes the older keys.
func (s *Store) AddSigningKey(key SigningKey, dropOthers bool) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		if dropOthers {
			if err := tx.DeleteBucket([]byte(bucketKeys)); err != nil {
				return err
			}

			if _, err := tx.CreateBucket([]byte(bucketKeys)); err != nil {
				return err
			}
		}

		return put(tx, bucketKeys, key.ID, key)
	})
}
