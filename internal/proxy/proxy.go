// Package proxy is the narrowed door to the Developer API: list, read and create databases, and reveal one database's
// credentials. It checks what goes in against the catalog and this installation's policy, builds upstream requests from
// its own values, and lets out an allow-list of fields.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/upstash"
)

// CredentialSource lends the developer key of an account for one call and hears what upstream thought of it.
type CredentialSource interface {
	Credential(ctx context.Context, account keys.Account) (keys.Credential, error)
	// Recent is Credential for a call that only reads: the key may be as it was a few seconds ago.
	Recent(ctx context.Context, account keys.Account) (keys.Credential, error)
	// CredentialOf is Credential for a connection that Find returned just now.
	CredentialOf(ctx context.Context, connection keys.Connection) (keys.Credential, error)
	// Renew is Credential for a key that was lent before: it opens it again only if its connection has changed.
	Renew(ctx context.Context, credential keys.Credential) (keys.Credential, error)
	ReportAccepted(ctx context.Context, credential keys.Credential)
	ReportRejected(ctx context.Context, credential keys.Credential) error
	Find(ctx context.Context, account keys.Account) (keys.Connection, error)
}

// Upstream is the part of the Developer API that is passed on.
type Upstream interface {
	List(ctx context.Context, credential upstash.Credential) (upstash.Listing, error)
	Database(ctx context.Context, credential upstash.Credential, id string) (upstash.Database, error)
	Secrets(ctx context.Context, credential upstash.Credential, id string) (upstash.Database, upstash.Secrets, error)
	CreateDatabase(
		ctx context.Context, credential upstash.Credential, request upstash.CreateRequest,
	) (upstash.Database, error)
}

// Budget bounds how many databases an account may ask for.
type Budget interface {
	// Check returns the *limit.ExceededError that Take would return now, and charges nothing.
	Check(ctx context.Context, caller limit.Caller) error
	// Take charges one call, or returns a *limit.ExceededError.
	Take(ctx context.Context, caller limit.Caller) error
	// Refund gives back a call that was not made.
	Refund(ctx context.Context, caller limit.Caller) error
}

// Sealer keeps remembered answers unreadable at rest.
type Sealer interface {
	Seal(plaintext []byte, at seal.Cell) ([]byte, error)
	Open(sealed []byte, at seal.Cell) ([]byte, error)
}

// Options configure a Service. All are required but those with a default.
type Options struct {
	Credentials       CredentialSource
	Upstream          Upstream
	Creates           CreateStore
	CreateBudget      Budget // default: no bound
	Box               Sealer
	Settle            time.Duration // how long after a cut a create may still be committed upstream
	Lease             time.Duration // of a create under way, should its process die; default 75 s
	Fresh             time.Duration // how old a list may be that List answers, 0 for none; at most MaxFresh
	Audit             keys.Auditor
	Policy            Policy
	RestURL           string // template of a database's REST URL; {endpoint} stands for its host
	ExposeCredentials bool
	Observe           func(CreateOutcome) // hears how every create ended; default: nobody
	Logger            *slog.Logger
	Now               func() time.Time // default time.Now
}

// Service is safe for concurrent use.
type Service struct {
	options Options
	full    Catalog // what Upstash offers
	catalog Catalog // what of it is allowed here
	lists   *lists  // nil: every List asks upstream by itself
	reads   listReads
}

// NewService refuses a half-made value.
func NewService(options Options) (*Service, error) {
	if options.Credentials == nil || options.Upstream == nil || options.Creates == nil || options.Box == nil ||
		options.Settle <= 0 ||
		options.Audit == nil || options.RestURL == "" ||
		options.Logger == nil {
		return nil, errors.New("proxy: a service needs all its parts")
	}

	if options.CreateBudget == nil {
		options.CreateBudget = limit.NewLedger("creates", limit.Rate{}, nil)
	}

	if options.Fresh < 0 || options.Fresh > MaxFresh {
		return nil, fmt.Errorf("proxy: a list may be at most %s old", MaxFresh)
	}

	if options.Lease == 0 {
		options.Lease = createLease
	}

	if options.Observe == nil {
		options.Observe = func(CreateOutcome) {}
	}

	if options.Now == nil {
		options.Now = time.Now
	}
	full := FullCatalog()

	s := &Service{options: options, full: full, catalog: options.Policy.narrow(full)}
	if options.Fresh > 0 {
		s.lists = newLists(options.Fresh, options.Now, &s.reads)
	}

	return s, nil
}

// Catalog is what this installation allows.
func (s *Service) Catalog() Catalog { return s.catalog }

// callWith lends a key to one upstream call and acts on a refusal.
func callWith[T any](ctx context.Context, s *Service, credential keys.Credential, call func(upstash.Credential) (T, error)) (T, error) {
	var none T

	answer, err := call(credential.Credential)
	switch {
	case err == nil:
		s.options.Credentials.ReportAccepted(ctx, credential)
		return answer, nil
	case errors.Is(err, upstash.ErrCredentialRefused), errors.Is(err, upstash.ErrForbidden):
		// A key may work and still not be allowed this; only a probe tells. 401 is never passed on: it would say that
		// the caller's own login is bad.
		if refusal := s.options.Credentials.ReportRejected(ctx, credential); refusal != nil {
			return none, refusal
		}

		if errors.Is(err, upstash.ErrForbidden) {
			return none, ErrUpstreamForbidden
		}

		return none, &upstash.UnavailableError{Status: http.StatusUnauthorized}
	case errors.Is(err, upstash.ErrNotFound):
		return none, ErrDatabaseNotFound
	}

	return none, err
}
