package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/upstash-connect/bff/internal/killpoint"
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
	Store   Store
	Box     Opener
	BuiltIn []secret.Text // secrets of endpoints without stored ones: the built-in service's
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

	mu       sync.Mutex
	draining map[string]bool // services that this server serves now
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
		wake: make(chan struct{}, 1), draining: map[string]bool{},
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
	for s.serves() < parallelDrains {
		endpoint, found, err := s.lease(ctx)
		if err != nil && ctx.Err() == nil {
			s.options.Logger.WarnContext(ctx, "no webhook can be delivered; trying again", "error", err)
		}

		if err != nil || !found {
			return
		}
		s.mark(endpoint.ServiceID, true)
		serving.Go(func() {
			defer s.mark(endpoint.ServiceID, false)
			s.drain(ctx, endpoint)
		})
	}
}

func (s *Sender) lease(ctx context.Context) (endpoint Endpoint, found bool, err error) {
	return s.options.Store.LeaseEndpoint(
		ctx, s.options.Holder, s.options.Now(), killpoint.Lease(endpointLease),
	)
}

func (s *Sender) serves() int {
	s.mu.Lock()
	defer s.mu.Unlock()

	return len(s.draining)
}

func (s *Sender) mark(serviceID string, serves bool) {
	s.mu.Lock()
	defer s.mu.Unlock()

	if serves {
		s.draining[serviceID] = true
		return
	}
	delete(s.draining, serviceID)

	select {
	case s.wake <- struct{}{}:
	default: // already awake
	}
}

// Drain delivers what is due now, in the calling goroutine, and returns how many attempts it made.
func (s *Sender) Drain(ctx context.Context) (attempts int, err error) {
	for ctx.Err() == nil {
		endpoint, found, err := s.lease(ctx)
		if err != nil || !found {
			return attempts, err
		}
		attempts += s.drain(ctx, endpoint)
	}

	return attempts, ctx.Err()
}
