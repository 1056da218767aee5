package proxy

import (
	"context"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/upstash"
)

// createCredential is the account's key as one create uses it: the connection is read once and the key decrypted once,
// however many calls the create makes. A replayed create needs it too: a stored response does not prove that the
// caller may still request it.
//
// No call may use a key that was disconnected or replaced during the call before it, which may have taken half a
// minute. Only the first call therefore relies on the row that was read when the create began, and only if it was read
// less than maxRowAge ago: the claim may have waited for another create of the account. The create call relies on
// SendCreate, which checks the key in the statement that commits the call anyway. Each further list reads the row
// again, and decrypts the key again only if the row has changed. A create needs such a list when its response was
// lost, or when it continues an earlier one.
type createCredential struct {
	connection keys.Connection  // as it was when the create began
	readAt     time.Time        // when it was read
	current    *keys.Credential // nil before the first call
}

// maxRowAge is how long a row is used without reading it again.
const maxRowAge = 50 * time.Millisecond

// credential returns the credential for the next call. Its errors are those of the credential source.
func (s *Service) credential(ctx context.Context, c *createCredential) (keys.Credential, error) {
	var (
		credential keys.Credential
		err        error
	)

	switch {
	case c.current != nil:
		credential, err = s.options.Credentials.Renew(ctx, *c.current)
	case time.Since(c.readAt) > maxRowAge:
		credential, err = s.options.Credentials.Credential(ctx, c.connection.Account)
	default:
		credential, err = s.options.Credentials.CredentialOf(ctx, c.connection)
	}

	if err != nil {
		return keys.Credential{}, err
	}

	c.current = &credential

	return credential, nil
}

// list requests the account's databases from upstream.
func (s *Service) list(ctx context.Context, c *createCredential) (upstash.Listing, error) {
	credential, err := s.credential(ctx, c)
	if err != nil {
		return upstash.Listing{}, err
	}

	return callWith(ctx, s, credential, func(auth upstash.Credential) (upstash.Listing, error) {
		return s.options.Upstream.List(ctx, auth)
	})
}
