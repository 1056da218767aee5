package state

import (
	"errors"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// Consent is what a user has allowed a client to do at an API. Auth0 calls it a user grant; asking for more than was
// allowed asks the user again.
type Consent struct {
	Subject  string   `json:"sub"`
	ClientID string   `json:"client_id"`
	Audience string   `json:"audience"`
	Scopes   []string `json:"scopes"`
}

// key has separators that none of its parts can hold.
func (c Consent) key() string {
	return strings.Join([]string{c.Subject, c.ClientID, c.Audience}, "\x00")
}

// Consented tells whether all that consent says was allowed before.
func (s *Store) Consented(consent Consent) (bool, error) {
	return view(s, func(tx *bolt.Tx) (bool, error) {
		held, err := get[Consent](tx, bucketConsents, consent.key())
		if errors.Is(err, ErrNotFound) {
			return false, nil
		}
		covered := !slices.ContainsFunc(consent.Scopes, func(scope string) bool {
			return !slices.Contains(held.Scopes, scope)
		})

		return covered, err
	})
}

// AddConsent remembers what a user allowed, beside what was allowed before.
func (s *Store) AddConsent(consent Consent) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		held, err := get[Consent](tx, bucketConsents, consent.key())
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		consent.Scopes = union(held.Scopes, consent.Scopes)

		return put(tx, bucketConsents, consent.key(), consent)
	})
}

// RevokeConsent forgets all that the account with the e-mail allowed the client. It returns ErrNotFound when there was
// nothing.
func (s *Store) RevokeConsent(email, clientID string) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		account, err := accountByEmail(tx, email)
		if err != nil {
			return err
		}
		// Without an audience the key is what those with one begin with.
		prefix := Consent{Subject: account.Subject, ClientID: clientID}.key()

		keys, cursor := []string{}, tx.Bucket([]byte(bucketConsents)).Cursor()
		for key, _ := cursor.Seek([]byte(prefix)); strings.HasPrefix(string(key), prefix); key, _ = cursor.Next() {
			keys = append(keys, string(key))
		}

		if len(keys) == 0 {
			return ErrNotFound
		}

		for _, key := range keys {
			if err := tx.Bucket([]byte(bucketConsents)).Delete([]byte(key)); err != nil {
				return err
			}
		}

		return nil
	})
}
