package state

import (
	"errors"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// Client is an application registered at the identity provider. All clients are
// public (no secret), as partners' clients are.
type Client struct {
	ID         string   `json:"client_id"`
	Name       string   `json:"name"`
	Callbacks  []string `json:"callbacks"`
	Origins    []string `json:"origins"`
	LogoutURLs []string `json:"logout_urls"`
	// AnyLoopbackPort lets a loopback callback differ from the registered one
	// in its port (RFC 8252 section 7.3).
	AnyLoopbackPort bool `json:"any_loopback_port"`
}

// Client returns the registered client, or ErrNotFound.
func (s *Store) Client(id string) (Client, error) {
	return view(s, func(tx *bolt.Tx) (Client, error) { return get[Client](tx, bucketClients, id) })
}

// MergeClient registers a client, or adds the callbacks, origins and logout
// URLs given to the one that is there. Doing it twice changes nothing.
func (s *Store) MergeClient(client Client) (Client, error) {
	return update(s, func(tx *bolt.Tx) (Client, error) {
		held, err := get[Client](tx, bucketClients, client.ID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Client{}, err
		}
		merged := Client{
			ID:              client.ID,
			Name:            client.Name,
			Callbacks:       union(held.Callbacks, client.Callbacks),
			Origins:         union(held.Origins, client.Origins),
			LogoutURLs:      union(held.LogoutURLs, client.LogoutURLs),
			AnyLoopbackPort: held.AnyLoopbackPort || client.AnyLoopbackPort,
		}
		if merged.Name == "" {
			merged.Name = held.Name
		}
		return merged, put(tx, bucketClients, client.ID, merged)
	})
}

func union(a, b []string) []string {
	all := slices.Concat([]string{}, a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// OriginAllowed tells whether some client lists the web origin.
func (s *Store) OriginAllowed(origin string) (bool, error) {
	return view(s, func(tx *bolt.Tx) (bool, error) {
		found := false
		err := tx.Bucket([]byte(bucketClients)).ForEach(func(id, _ []byte) error {
			client, err := get[Client](tx, bucketClients, string(id))
			found = found || slices.Contains(client.Origins, origin)
			return err
		})
		return found, err
	})
}
