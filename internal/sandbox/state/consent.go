package state

import (
	"errors"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// Consent is what a user allowed a client to do at an API. Auth0 calls it a user grant. A request for more than was
// allowed needs a new consent.
type Consent struct {
	Subject  string   `json:"sub"`
	ClientID string   `json:"client_id"`
	Audience string   `json:"audience"`
	Scopes   []string `json:"scopes"`
}

// key joins the parts with separators that none of them can contain.
func (c Consent) key() string {
	return strings.Join([]string{c.Subject, c.ClientID, c.Audience}, "\x00")
}

// Consented reports whether the user has already allowed everything in consent.
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

// AddConsent stores a user's consent, in addition to the earlier ones.
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

// RevokeConsent deletes every consent of the account with this e-mail to the client. It returns ErrNotFound if there
// was none.
func (s *Store) RevokeConsent(email, clientID string) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		account, err := accountByEmail(tx, email)
		if err != nil {
			return err
		}
		// Without an audience, the key is the prefix of the keys with one.
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
