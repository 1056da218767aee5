package state

import (
	"errors"

	bolt "go.etcd.io/bbolt"
)

// Port returns the stored port of a listener, or 0.
func (s *Store) Port(listener string) (int, error) {
	port, err := view(s, func(tx *bolt.Tx) (int, error) { return get[int](tx, bucketPorts, listener) })
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}

	return port, err
}

// RememberPort stores the port chosen for a listener.
func (s *Store) RememberPort(listener string, port int) error {
	return s.db.Update(func(tx *bolt.Tx) error { return put(tx, bucketPorts, listener, port) })
}
