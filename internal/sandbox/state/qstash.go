package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// ErrQStashTaken is returned when the new owner of a QStash user has one in that region already.
var ErrQStashTaken = errors.New("the owner has a QStash user in that region")

// QStash is what the Developer API calls a QStash user: an owner's instance in one region.
type QStash struct {
	ID            string    `json:"id"`
	Owner         string    `json:"owner"` // as of a Database
	Plan          string    `json:"plan"`  // "free", "paid", or a fixed one
	Region        string    `json:"region"`
	Token         string    `json:"token"`
	ReadOnlyToken string    `json:"read_only_token"`
	Budget        int64     `json:"budget"` // dollars; 0 is no limit
	ProdPack      bool      `json:"prod_pack,omitempty"`
	CreatedBy     string    `json:"created_by"` // an e-mail
	CreatedAt     time.Time `json:"created_at"`
	PlanChangedAt time.Time `json:"plan_changed_at,omitzero"`
}

// EnsureQStash stores first unless its owner has a QStash user already, and returns the owner's QStash users.
func (s *Store) EnsureQStash(first QStash) ([]QStash, error) {
	return update(s, func(tx *bolt.Tx) ([]QStash, error) {
		held, err := qstashes(tx, first.Owner)
		if err != nil || len(held) > 0 {
			return held, err
		}

		return []QStash{first}, putQStash(tx, first)
	})
}

// QStashes returns the QStash users that the owner has so far.
func (s *Store) QStashes(owner string) ([]QStash, error) {
	return view(s, func(tx *bolt.Tx) ([]QStash, error) { return qstashes(tx, owner) })
}

// QStash returns one QStash user of the owner, or ErrNotFound.
func (s *Store) QStash(owner, id string) (QStash, error) {
	return view(s, func(tx *bolt.Tx) (QStash, error) {
		return get[QStash](tx, bucketQStash, databaseKey(owner, id))
	})
}

// UpdateQStash changes one QStash user and returns it as stored. It returns ErrNotFound, ErrQStashTaken, or the error
// of change; then it stores nothing. change runs inside a transaction and must not call the Store. A new Owner moves
// the QStash user.
func (s *Store) UpdateQStash(owner, id string, change func(*QStash) error) (QStash, error) {
	return update(s, func(tx *bolt.Tx) (QStash, error) {
		before, err := get[QStash](tx, bucketQStash, databaseKey(owner, id))
		if err != nil {
			return QStash{}, err
		}
		after := before

		if err := change(&after); err != nil {
			return QStash{}, err
		}

		if after.ID != before.ID {
			return QStash{}, errIdentity
		}

		if err := dropQStash(tx, before); err != nil {
			return QStash{}, err
		}

		return after, putQStash(tx, after)
	})
}

func putQStash(tx *bolt.Tx, user QStash) error {
	held, err := qstashes(tx, user.Owner)
	if err != nil {
		return err
	}

	for _, other := range held {
		if other.ID != user.ID && other.Region == user.Region {
			return ErrQStashTaken
		}
	}

	if err := putTokens(tx, ProductQStash, user.Owner, user.Token, user.ReadOnlyToken); err != nil {
		return err
	}

	return put(tx, bucketQStash, databaseKey(user.Owner, user.ID), user)
}

func dropQStash(tx *bolt.Tx, user QStash) error {
	if err := dropTokens(tx, user.Token, user.ReadOnlyToken); err != nil {
		return err
	}

	return tx.Bucket([]byte(bucketQStash)).Delete([]byte(databaseKey(user.Owner, user.ID)))
}

// dropQStashes deletes the QStash users of an owner that is being deleted.
func dropQStashes(tx *bolt.Tx, owner string) error {
	held, err := qstashes(tx, owner)
	for _, user := range held {
		err = errors.Join(err, dropQStash(tx, user))
	}

	return err
}

func qstashes(tx *bolt.Tx, owner string) ([]QStash, error) {
	held := []QStash{}
	prefix := []byte(databaseKey(owner, ""))

	cursor := tx.Bucket([]byte(bucketQStash)).Cursor()
	for key, raw := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, raw = cursor.Next() {
		var user QStash
		if err := json.Unmarshal(raw, &user); err != nil {
			return nil, fmt.Errorf("decode a QStash user: %w", err)
		}
		held = append(held, user)
	}

	return held, nil
}
