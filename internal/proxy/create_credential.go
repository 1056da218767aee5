package proxy

import (
	"context"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/upstash"
)

// createCredential is the account's key as one create borrows it: its connection is read once, and its key is opened once, however
// many calls the create makes. A create that is replayed borrows it as well: that its answer is stored does not mean
// that its caller could still ask for it.
//
// A call must not leave with a key that was disconnected or replaced while the call before it ran, for that may have
// taken half a minute. So only the first call relies on what was read when the create began, and only if that was a
// moment ago: taking the claim may have waited for another create of the account. The create call relies on
// SendCreate, which checks the key in the statement that commits the call anyway. Each further list, of a create
// whose answer was lost or that goes on from an earlier one, looks at the row again, and opens the key again only if
// the row has changed.
type createCredential struct {
	connection keys.Connection  // as it was when the create began
	readAt     time.Time        // when it was read
	current    *keys.Credential // nil before the first call
}

// maxRowAge is how long a row that was read is relied on without reading it again.
const maxRowAge = 50 * time.Millisecond

// credential returns the key for the next call. Its errors are those of the credential source.
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

// list asks upstream for the account's databases.
func (s *Service) list(ctx context.Context, c *createCredential) (upstash.Listing, error) {
	credential, err := s.credential(ctx, c)
	if err != nil {
		return upstash.Listing{}, err
	}

	return callWith(ctx, s, credential, func(auth upstash.Credential) (upstash.Listing, error) {
		return s.options.Upstream.List(ctx, auth)
	})
}
