package state

import (
	"errors"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// ErrTokenReused is returned when a rotated refresh token is used again.
var ErrTokenReused = errors.New("refresh token was used before")

// RefreshToken is the grant behind one refresh token. It is stored under the hash of its value. All tokens rotated
// from one login share a Family.
type RefreshToken struct {
	Hash            string    `json:"hash"`
	Family          string    `json:"family"`
	ClientID        string    `json:"client_id"`
	Subject         string    `json:"sub"`
	Audience        string    `json:"audience"`
	Scope           string    `json:"scope"`
	AuthenticatedAt time.Time `json:"authenticated_at"`
	ExpiresAt       time.Time `json:"expires_at"`
	Used            bool      `json:"used"`
}

// MaxRefreshTokens is how many refresh tokens a user may have with one client.
const MaxRefreshTokens = 200

// AddRefreshToken stores the first token of a family. It deletes expired tokens, and the oldest token of the same
// user and client if there are too many.
func (s *Store) AddRefreshToken(token RefreshToken, now time.Time) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		active, expired, err := refreshTokens(tx, token, now)
		if err != nil {
			return err
		}
		// All have the same lifetime, so the first to expire is the oldest.
		slices.SortFunc(active, func(a, b RefreshToken) int { return a.ExpiresAt.Compare(b.ExpiresAt) })

		gone := append(expired, active[:max(0, len(active)-MaxRefreshTokens+1)]...)
		for _, old := range gone {
			if err := tx.Bucket([]byte(bucketRefresh)).Delete([]byte(old.Hash)); err != nil {
				return err
			}
		}

		return put(tx, bucketRefresh, token.Hash, token)
	})
}

// refreshTokens returns the usable tokens of token's user and client, and all expired tokens.
func refreshTokens(tx *bolt.Tx, token RefreshToken, now time.Time) (active, expired []RefreshToken, err error) {
	revoked := tx.Bucket([]byte(bucketFamilies))
	err = tx.Bucket([]byte(bucketRefresh)).ForEach(func(hash, _ []byte) error {
		held, err := get[RefreshToken](tx, bucketRefresh, string(hash))
		switch {
		case err != nil:
			return err
		case !now.Before(held.ExpiresAt):
			expired = append(expired, held)
		case held.Subject == token.Subject && held.ClientID == token.ClientID &&
			!held.Used && revoked.Get([]byte(held.Family)) == nil:
			active = append(active, held)
		}

		return nil
	})

	return active, expired, err
}

// RotateRefreshToken uses up the token with hash and stores its successor under next, atomically. It returns
// ErrNotFound for a token that is unknown, expired, revoked or another client's. A token used before revokes its
// complete family and returns ErrTokenReused.
func (s *Store) RotateRefreshToken(hash, clientID, next string, now time.Time) (RefreshToken, error) {
	reused := false

	token, err := update(s, func(tx *bolt.Tx) (RefreshToken, error) {
		token, err := get[RefreshToken](tx, bucketRefresh, hash)
		if err != nil {
			return RefreshToken{}, err
		}

		revoked := tx.Bucket([]byte(bucketFamilies)).Get([]byte(token.Family)) != nil
		if token.ClientID != clientID || revoked || !now.Before(token.ExpiresAt) {
			return RefreshToken{}, ErrNotFound
		}

		if token.Used {
			// The revocation must be committed, so this must not return an error yet.
			reused = true
			return token, put(tx, bucketFamilies, token.Family, true)
		}

		token.Used = true
		if err := put(tx, bucketRefresh, hash, token); err != nil {
			return RefreshToken{}, err
		}
		successor := token
		successor.Hash, successor.Used = next, false

		return successor, put(tx, bucketRefresh, next, successor)
	})
	if err == nil && reused {
		return RefreshToken{}, ErrTokenReused
	}

	return token, err
}

// RevokeRefreshToken revokes the family of the token with hash, if the token belongs to the client. An unknown token
// is not an error (RFC 7009 section 2.2).
func (s *Store) RevokeRefreshToken(hash, clientID string) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		token, err := get[RefreshToken](tx, bucketRefresh, hash)
		if errors.Is(err, ErrNotFound) || (err == nil && token.ClientID != clientID) {
			return nil
		}

		if err != nil {
			return err
		}

		return put(tx, bucketFamilies, token.Family, true)
	})
}

// RevokeFamily revokes every refresh token of a family.
func (s *Store) RevokeFamily(family string) error {
	return s.db.Update(func(tx *bolt.Tx) error { return put(tx, bucketFamilies, family, true) })
}

// RefreshTokenSubject returns the subject of a refresh token; empty for an unknown token.
func (s *Store) RefreshTokenSubject(hash string) string {
	token, err := view(s, func(tx *bolt.Tx) (RefreshToken, error) { return get[RefreshToken](tx, bucketRefresh, hash) })
	if err != nil {
		return ""
	}

	return token.Subject
}
