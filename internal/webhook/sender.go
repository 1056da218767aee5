package webhook

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
)

const (
	poll             = time.Second
	endpointLease    = 30 * time.Second // several rounds of attempts
	parallelAttempts = 8                // of one endpoint, each for another grant
	parallelDrains   = 256              // endpoints that one server serves at a time
)

// Opener decrypts sealed secrets.
type Opener interface {
	Open(sealed []byte, at seal.Cell) ([]byte, error)
}

// Outcome is how an attempt ended.
type Outcome string

// The outcomes.
const (
	OutcomeDelivered   Outcome = "delivered"
	OutcomeRejected    Outcome = "rejected"    // by an HTTP status
	OutcomeUnreachable Outcome = "unreachable" // without any response
	OutcomeGivenUp     Outcome = "given_up"    // the last attempt within Retention failed
)

// Outcomes lists all outcomes.
func Outcomes() []Outcome {
	return []Outcome{OutcomeDelivered, OutcomeRejected, OutcomeUnreachable, OutcomeGivenUp}
}

// Options configure a Sender. Store, Box, Holder and Logger are required.
type Options struct {
	Store Store
	Box   Opener
	// BuiltIn are the secrets of the built-in service. A Sender without them leaves its events to other servers.
	BuiltIn []secret.Text
	// Networks are allowed in addition to public addresses.
	Networks []netip.Prefix
	Resolver *net.Resolver // default: the system's
	Holder   string        // unique among the servers on one database
	Observe  func(Outcome) // optional
	Logger   *slog.Logger
	Now      func() time.Time // default time.Now
}

// Sender delivers events. Several servers may run one on the same database.
type Sender struct {
	options Options
	client  *http.Client
	wake    chan struct{}

	drains atomic.Int64 // in progress
}

// NewSender rejects incomplete options.
func NewSender(options Options) (*Sender, error) {
	if options.Store == nil || options.Box == nil || options.Holder == "" || options.Logger == nil {
		return nil, errors.New("webhook: a required option is missing")
	}

	if options.Now == nil {
		options.Now = time.Now
	}

	if options.Observe == nil {
		options.Observe = func(Outcome) {}
	}

	return &Sender{
		options: options, client: newClient(options.Networks, options.Resolver),
		wake: make(chan struct{}, 1),
	}, nil
}

// Run delivers events until ctx ends. Each endpoint is served by its own goroutine, so that a slow receiver delays
// nobody else's events. Run then waits for the attempts in progress, at most 5 seconds, and ends its leases.
func (s *Sender) Run(ctx context.Context) {
	var serving sync.WaitGroup
	defer serving.Wait()

	for ctx.Err() == nil {
		s.start(ctx, &serving)

		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-time.After(jittered(poll)):
		}
	}
}

// start leases every endpoint that is due, and begins to serve it.
func (s *Sender) start(ctx context.Context, serving *sync.WaitGroup) {
	for s.drains.Load() < parallelDrains {
		leased, found, err := s.lease(ctx)
		if err != nil && ctx.Err() == nil {
			s.options.Logger.WarnContext(ctx, "no webhook can be delivered; trying again", "error", err)
		}

		if err != nil || !found {
			return
		}
		s.drains.Add(1)
		serving.Go(func() {
			defer s.ended()
			s.drain(ctx, leased)
		})
	}
}

// ended makes Run look for an endpoint that becomes due again.
func (s *Sender) ended() {
	s.drains.Add(-1)

	select {
	case s.wake <- struct{}{}:
	default: // already awake
	}
}

// lease is an endpoint that this server alone may serve.
type lease struct {
	endpoint Endpoint
	holder   string // of this lease only: a drain that outlasted its lease must not use a later one of its server
}

func (s *Sender) lease(ctx context.Context) (leased lease, found bool, err error) {
	holder, except := s.options.Holder+"/"+rand.Text(), ""
	if len(s.options.BuiltIn) == 0 {
		except = partner.BuiltInID
	}

	endpoint, found, err := s.options.Store.LeaseEndpoint(
		ctx, holder, except, s.options.Now(), killpoint.Lease(endpointLease),
	)

	return lease{endpoint, holder}, found, err
}

// Drain delivers what is due now, in the calling goroutine, and returns how many attempts it made.
func (s *Sender) Drain(ctx context.Context) (attempts int, err error) {
	for ctx.Err() == nil {
		leased, found, err := s.lease(ctx)
		if err != nil || !found {
			return attempts, err
		}
		attempts += s.drain(ctx, leased)
	}

	return attempts, ctx.Err()
}
