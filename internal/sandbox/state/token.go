package state

import (
	"errors"

	bolt "go.etcd.io/bbolt"
)

// TokenOf is what a token of Vector, Search or QStash belongs to.
type TokenOf struct {
	Product string `json:"product"`
	Owner   string `json:"owner"`
}

// TokenOf returns what a token belongs to, or ErrNotFound.
func (s *Store) TokenOf(token string) (TokenOf, error) {
	return view(s, func(tx *bolt.Tx) (TokenOf, error) {
		return get[TokenOf](tx, bucketTokens, string(secretKey(token)))
	})
}

// putTokens adds tokens to the index of tokens, whose keys are hashes, as in the index of databases.
func putTokens(tx *bolt.Tx, product, owner string, tokens ...string) error {
	for _, token := range tokens {
		if err := put(tx, bucketTokens, string(secretKey(token)), TokenOf{product, owner}); err != nil {
			return err
		}
	}

	return nil
}

func dropTokens(tx *bolt.Tx, tokens ...string) error {
	var faults []error
	for _, token := range tokens {
		faults = append(faults, tx.Bucket([]byte(bucketTokens)).Delete(secretKey(token)))
	}

	return errors.Join(faults...)
}
