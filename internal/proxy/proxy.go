// Package proxy runs the operations of the catalogue in package operation. It uses the account's key, decides by the
// operation's effect how the call is made and settled, checks requests against this installation's policy, builds
// upstream requests from its own values, and returns only an allow-list of fields. Listing, reading and creating
// databases have typed code of their own, because callers poll them.
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
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/upstash"
)

// CredentialSource returns an account's developer key for one call, and learns whether upstream accepted it.
type CredentialSource interface {
	Credential(ctx context.Context, account keys.Account) (keys.Credential, error)
	// Recent is Credential for read-only calls: the key may be a few seconds out of date.
	Recent(ctx context.Context, account keys.Account) (keys.Credential, error)
	// CredentialOf is Credential for a connection that Find just returned.
	CredentialOf(ctx context.Context, connection keys.Connection) (keys.Credential, error)
	// Renew is Credential for a further call: it decrypts the key again only if the connection has changed.
	Renew(ctx context.Context, credential keys.Credential) (keys.Credential, error)
	ReportAccepted(ctx context.Context, credential keys.Credential)
	ReportRejected(ctx context.Context, credential keys.Credential) error
	Find(ctx context.Context, account keys.Account) (keys.Connection, error)
}

// Upstream is the part of the Developer API that the proxy uses.
type Upstream interface {
	List(ctx context.Context, credential upstash.Credential) (upstash.Listing, error)
	Database(ctx context.Context, credential upstash.Credential, id string) (upstash.Database, error)
	Secrets(ctx context.Context, credential upstash.Credential, id string) (upstash.Database, upstash.Secrets, error)
	CreateDatabase(
		ctx context.Context, credential upstash.Credential, request upstash.CreateRequest,
	) (upstash.Database, error)

	// The calls of the other operations: see package upstash.
	Object(
		ctx context.Context, credential upstash.Credential, request upstash.Request, object *operation.Object,
		id string,
	) (operation.Values, error)
	Objects(
		ctx context.Context, credential upstash.Credential, request upstash.Request, object *operation.Object,
		ofResource bool,
	) (elements []operation.Values, unreadable int, err error)
	Send(ctx context.Context, credential upstash.Credential, request upstash.Request) error
}

// Budget limits how many databases an account may request.
type Budget interface {
	// Check returns the *limit.ExceededError that Take would return now, and charges nothing.
	Check(ctx context.Context, caller limit.Caller) error
	// Take charges one call, or returns a *limit.ExceededError.
	Take(ctx context.Context, caller limit.Caller) error
	// Refund returns the charge for a call that was not made.
	Refund(ctx context.Context, caller limit.Caller) error
}

// Sealer encrypts stored responses.
type Sealer interface {
	Seal(plaintext []byte, at seal.Cell) ([]byte, error)
	Open(sealed []byte, at seal.Cell) ([]byte, error)
}

// Options configure a Service. All are required except those with a default.
type Options struct {
	Credentials       CredentialSource
	Upstream          Upstream
	Pinger            Pinger
	Creates           CreateStore
	CreateBudget      Budget // default: unlimited
	Box               Sealer
	Settle            time.Duration // how long after a lost response upstream may still commit a create
	Lease             time.Duration // of a create in progress, in case its process dies; default 75 s
	Fresh             time.Duration // maximum age of a cached list; 0: no cache; at most MaxFresh
	Audit             keys.Auditor
	Policy            Policy
	Operations        []*operation.Operation // that this installation offers; default: the default tier
	RestURL           string                 // template of a database's REST URL; {endpoint} is replaced by its host
	ExposeCredentials bool
	Observe           func(CreateOutcome) // called with the outcome of every create of a database; optional
	// ObserveOperation is called with the name and the outcome of every call of Run: ok, replayed, or a problem's
	// label. Optional.
	ObserveOperation func(name, outcome string)
	Logger           *slog.Logger
	Now              func() time.Time // default time.Now
}

// Service is safe for concurrent use.
type Service struct {
	options Options
	full    Catalog // what Upstash offers
	catalog Catalog // the part that is allowed here
	lists   *lists  // nil: every List call goes to upstream
	reads   listReads
	pings   pingsInProgress
	open    []*operation.Operation
}

// NewService rejects incomplete options.
func NewService(options Options) (*Service, error) {
	if options.Credentials == nil || options.Upstream == nil || options.Pinger == nil ||
		options.Creates == nil || options.Box == nil ||
		options.Settle <= 0 ||
		options.Audit == nil || options.RestURL == "" ||
		options.Logger == nil {
		return nil, errors.New("proxy: a required option is missing")
	}

	if options.CreateBudget == nil {
		options.CreateBudget = limit.NewLedger("creates", limit.Rate{}, nil)
	}

	if options.Fresh < 0 || options.Fresh > MaxFresh {
		return nil, fmt.Errorf("proxy: the maximum age of a list is %s", MaxFresh)
	}

	if options.Lease == 0 {
		options.Lease = createLease
	}

	if options.Observe == nil {
		options.Observe = func(CreateOutcome) {}
	}

	if options.ObserveOperation == nil {
		options.ObserveOperation = func(string, string) {}
	}

	if options.Now == nil {
		options.Now = time.Now
	}

	if options.Operations == nil {
		options.Operations, _ = operation.Open(nil)
	}
	full := FullCatalog()

	s := &Service{options: options, full: full, catalog: options.Policy.narrow(full), open: options.Operations}
	if options.Fresh > 0 {
		s.lists = newLists(options.Fresh, options.Now, &s.reads)
	}

	return s, nil
}

// Catalog returns what this installation allows.
func (s *Service) Catalog() Catalog { return s.catalog }

// callWith is one upstream call with a credential. It reports to the credential source whether upstream accepted that.
func callWith[T any](
	ctx context.Context, s *Service, credential keys.Credential, call func(upstash.Credential) (T, error),
) (T, error) {
	var none T

	answer, err := call(credential.Credential)
	switch {
	case err == nil:
		s.options.Credentials.ReportAccepted(ctx, credential)
		return answer, nil
	case errors.Is(err, upstash.ErrCredentialRefused), errors.Is(err, upstash.ErrForbidden):
		// Upstream may accept the key and still forbid this call; only a probe tells. A 401 is never passed on: it
		// would mean that the caller's own login is invalid.
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
