package state

import (
	"errors"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// Client is an application registered at the identity provider. All clients are public (no secret), as partners'
// clients are.
type Client struct {
	ID         string   `json:"client_id"`
	Name       string   `json:"name"`
	Callbacks  []string `json:"callbacks"`
	Origins    []string `json:"origins"`
	LogoutURLs []string `json:"logout_urls"`
	// AnyLoopbackPort allows a loopback callback with a port other than the registered one (RFC 8252 section 7.3).
	AnyLoopbackPort bool `json:"any_loopback_port"`
	// Consent requires the user's consent before the first login with this client.
	Consent bool `json:"consent,omitempty"`
	// ConfirmLoopback requires the user's confirmation if a login would redirect to a loopback address without having
	// shown any page.
	ConfirmLoopback bool `json:"confirm_loopback,omitempty"`
	// ThirdParty is Auth0's strict mode for third-party applications. It cannot change later.
	ThirdParty bool `json:"third_party,omitempty"`
}

// ThirdPartyPrefix starts the id of every third-party client, and of no other client.
const ThirdPartyPrefix = "tpc_"

// ErrPartyFixed is returned when a client's id and its ThirdParty disagree.
var ErrPartyFixed = errors.New("the id of a third-party client begins with " + ThirdPartyPrefix)

// Client returns the registered client, or ErrNotFound.
func (s *Store) Client(id string) (Client, error) {
	return view(s, func(tx *bolt.Tx) (Client, error) { return get[Client](tx, bucketClients, id) })
}

// MergeClient registers a client, or adds the callbacks, origins and logout URLs to the existing one. It is
// idempotent. It returns ErrPartyFixed when the id and ThirdParty disagree.
func (s *Store) MergeClient(client Client) (Client, error) {
	client.ThirdParty = client.ThirdParty || strings.HasPrefix(client.ID, ThirdPartyPrefix)
	if client.ThirdParty && !strings.HasPrefix(client.ID, ThirdPartyPrefix) {
		return Client{}, ErrPartyFixed
	}

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
			Consent:         held.Consent || client.Consent,
			ConfirmLoopback: held.ConfirmLoopback || client.ConfirmLoopback,
			ThirdParty:      client.ThirdParty,
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

// OriginAllowed reports whether any client lists the web origin.
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
