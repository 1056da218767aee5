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

// The products besides Redis.
const (
	ProductVector = "vector"
	ProductSearch = "search"
	ProductQStash = "qstash"
)

// PlanFixed is the plan of an index with a fixed price.
const PlanFixed = "fixed"

// ErrIndexLimit is returned when the owner has a free index of that product already.
var ErrIndexLimit = errors.New("index limit reached")

// Index is a Vector or a Search index. The members after CreatedAt are of Vector indexes only.
type Index struct {
	ID            string    `json:"id"`
	Owner         string    `json:"owner"`   // as of a Database
	Product       string    `json:"product"` // ProductVector or ProductSearch
	Name          string    `json:"name"`
	Plan          string    `json:"plan"`
	Region        string    `json:"region"`
	Endpoint      string    `json:"endpoint"`
	Token         string    `json:"token"`
	ReadOnlyToken string    `json:"read_only_token"`
	CreatedAt     time.Time `json:"created_at"`

	Kind           string `json:"kind,omitempty"` // DENSE, SPARSE or HYBRID
	Similarity     string `json:"similarity,omitempty"`
	Dimensions     int    `json:"dimensions,omitempty"`
	EmbeddingModel string `json:"embedding_model,omitempty"`
	SparseModel    string `json:"sparse_model,omitempty"`
}

func indexKey(owner, product, id string) string { return databaseKey(owner, product+"\x00"+id) }

func (i Index) key() string { return indexKey(i.Owner, i.Product, i.ID) }

// CreateIndex stores a new index. It returns ErrIndexLimit for a second free one.
func (s *Store) CreateIndex(index Index) error {
	return s.db.Update(func(tx *bolt.Tx) error { return putIndex(tx, index) })
}

// Indexes returns the owner's indexes of a product, oldest first.
func (s *Store) Indexes(owner, product string) ([]Index, error) {
	return view(s, func(tx *bolt.Tx) ([]Index, error) { return indexes(tx, owner, product) })
}

// Index returns one index of the owner, or ErrNotFound.
func (s *Store) Index(owner, product, id string) (Index, error) {
	return view(s, func(tx *bolt.Tx) (Index, error) {
		return get[Index](tx, bucketIndexes, indexKey(owner, product, id))
	})
}

// UpdateIndex changes one index and returns it as stored. It returns ErrNotFound, ErrIndexLimit, or the error of
// change; then it stores nothing. change runs inside a transaction and must not call the Store. A new Owner moves the
// index.
func (s *Store) UpdateIndex(owner, product, id string, change func(*Index) error) (Index, error) {
	return update(s, func(tx *bolt.Tx) (Index, error) {
		before, err := get[Index](tx, bucketIndexes, indexKey(owner, product, id))
		if err != nil {
			return Index{}, err
		}
		after := before

		if err := change(&after); err != nil {
			return Index{}, err
		}

		if after.ID != before.ID || after.Product != before.Product {
			return Index{}, errIdentity
		}

		if err := dropIndex(tx, before); err != nil {
			return Index{}, err
		}

		return after, putIndex(tx, after)
	})
}

// DeleteIndex deletes one index and returns it, or ErrNotFound.
func (s *Store) DeleteIndex(owner, product, id string) (Index, error) {
	return update(s, func(tx *bolt.Tx) (Index, error) {
		index, err := get[Index](tx, bucketIndexes, indexKey(owner, product, id))
		if err != nil {
			return Index{}, err
		}

		return index, dropIndex(tx, index)
	})
}

func putIndex(tx *bolt.Tx, index Index) error {
	if index.Plan == PlanFree {
		held, err := indexes(tx, index.Owner, index.Product)
		if err != nil {
			return err
		}

		another := func(other Index) bool { return other.Plan == PlanFree && other.ID != index.ID }
		if slices.ContainsFunc(held, another) {
			return ErrIndexLimit
		}
	}

	if err := putTokens(tx, index.Product, index.Owner, index.Token, index.ReadOnlyToken); err != nil {
		return err
	}

	return put(tx, bucketIndexes, index.key(), index)
}

func dropIndex(tx *bolt.Tx, index Index) error {
	if err := dropTokens(tx, index.Token, index.ReadOnlyToken); err != nil {
		return err
	}

	return tx.Bucket([]byte(bucketIndexes)).Delete([]byte(index.key()))
}

// indexes returns the owner's indexes of a product; of every product if it is empty.
func indexes(tx *bolt.Tx, owner, product string) ([]Index, error) {
	held := []Index{}

	prefix := []byte(databaseKey(owner, ""))
	if product != "" {
		prefix = []byte(indexKey(owner, product, ""))
	}

	cursor := tx.Bucket([]byte(bucketIndexes)).Cursor()
	for key, raw := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, raw = cursor.Next() {
		var index Index
		if err := json.Unmarshal(raw, &index); err != nil {
			return nil, fmt.Errorf("decode an index: %w", err)
		}
		held = append(held, index)
	}
	slices.SortFunc(held, func(a, b Index) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})

	return held, nil
}
