package state

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// MaxAudit is how many entries are retained per owner; older ones are deleted.
const MaxAudit = 500

// Audit is one change to what an owner has.
type Audit struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Actor     string    `json:"actor"`
	Action    int       `json:"action"`
	Words     string    `json:"words"`
	Source    string    `json:"source"`
	Entity    string    `json:"entity"`
	Secondary string    `json:"secondary"`
	IP        string    `json:"ip"`
}

// AddAudit stores an entry. Each owner has a bucket with numbered entries, so that the one to delete is found without
// a search.
func (s *Store) AddAudit(owner string, entry Audit) error {
	raw, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("encode an audit entry: %w", err)
	}

	return s.db.Update(func(tx *bolt.Tx) error {
		own, err := tx.Bucket([]byte(bucketAudit)).CreateBucketIfNotExists([]byte(owner))
		if err != nil {
			return err
		}

		number, err := own.NextSequence()
		if err != nil {
			return err
		}

		if number > MaxAudit {
			if err := own.Delete(auditKey(number - MaxAudit)); err != nil {
				return err
			}
		}

		return own.Put(auditKey(number), raw)
	})
}

func auditKey(number uint64) []byte { return binary.BigEndian.AppendUint64(nil, number) }

// Audits returns the entries of an owner, newest first.
func (s *Store) Audits(owner string) ([]Audit, error) {
	return view(s, func(tx *bolt.Tx) ([]Audit, error) {
		found := []Audit{}

		own := tx.Bucket([]byte(bucketAudit)).Bucket([]byte(owner))
		if own == nil {
			return found, nil
		}

		cursor := own.Cursor()
		for key, raw := cursor.Last(); key != nil; key, raw = cursor.Prev() {
			var entry Audit
			if err := json.Unmarshal(raw, &entry); err != nil {
				return nil, fmt.Errorf("decode an audit entry: %w", err)
			}
			found = append(found, entry)
		}

		return found, nil
	})
}
