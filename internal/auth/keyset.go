package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/upstash-connect/bff/internal/egress"
)

// KeySetOptions configure a KeySet.
type KeySetOptions struct {
	Issuer   string            // required; with its trailing slash
	Client   http.RoundTripper // default: a transport without decompression
	Proxies  *egress.Proxies   // proxies of the default transport; default: none
	Refresh  time.Duration     // interval of reading the keys; a removed key is rejected within it. Default 10 min
	Cooldown time.Duration     // minimum time between two reads for unknown key IDs. Default 5 s
	MaxStale time.Duration     // how long keys are valid while the issuer is unreachable. Default 24 h
	Logger   *slog.Logger      // required
	Now      func() time.Time  // default time.Now
}

const (
	fetchTimeout    = 5 * time.Second
	waitForRefresh  = 2 * time.Second
	maxWaiting      = 32 // callers that may wait for a read for an unknown key ID; the others get an immediate result
	maxUnknownKids  = 4096
	retryMin        = time.Second
	retryMax        = 30 * time.Second
	retryAfterFetch = 2 * time.Second
)

// KeySet holds the issuer's public keys. It is safe for concurrent use. It is stricter than keyfunc's defaults:
//   - Only a valid response replaces the keys.
//   - An invalid key does not affect the others.
//   - Symmetric keys are rejected.
//   - Many unknown key IDs cause only one read per cooldown, and do not block other callers.
//   - If the first read fails, Run retries.
type KeySet struct {
	options KeySetOptions
	fetcher *fetcher
	storage *jwkset.MemoryJWKSet
	keys    keyfunc.Keyfunc
	waiting chan struct{}
	counted counters
	// unknown contains key IDs that the issuer does not publish, and until when to reject them without another read.
	unknown *lru.Cache[string, time.Time]

	reads sharedReads
	// generation increases after each change of the keys, and invalidates the cache of verified tokens.
	generation atomic.Uint64
	// blocked is the proxy error of the last read; nil if the proxy worked.
	blocked atomic.Pointer[egress.ProxyError]

	mu        sync.Mutex
	digest    [sha256.Size]byte // digest of the current keys
	failed    bool              // whether the last read failed
	fetchedAt time.Time         // time of the last successful read; zero before the first
	fetched   chan struct{}     // closed and replaced at each successful read
	triedAt   time.Time         // time of the last read for an unknown key ID
}

// NewKeySet creates an empty KeySet. Run reads and refreshes the keys.
func NewKeySet(options KeySetOptions) (*KeySet, error) {
	issuer, err := url.Parse(options.Issuer)
	if err != nil || issuer.Host == "" || !strings.HasSuffix(options.Issuer, "/") || options.Logger == nil {
		return nil, errors.New("auth: a key set needs an issuer URL that ends in / and a logger")
	}

	if options.Refresh == 0 {
		options.Refresh = 10 * time.Minute
	}

	if options.Cooldown == 0 {
		options.Cooldown = 5 * time.Second
	}

	if options.MaxStale == 0 {
		options.MaxStale = 24 * time.Hour
	}

	if options.Now == nil {
		options.Now = time.Now
	}
	storage := jwkset.NewMemoryStorage()

	keys, err := keyfunc.New(keyfunc.Options{Storage: storage})
	if err != nil {
		return nil, err
	}

	unknown, err := lru.New[string, time.Time](maxUnknownKids)
	if err != nil {
		return nil, err
	}

	return &KeySet{
		options: options,
		fetcher: newFetcher(options, issuer),
		storage: storage,
		keys:    keys,
		waiting: make(chan struct{}, maxWaiting),
		unknown: unknown,
		fetched: make(chan struct{}),
	}, nil
}

// Run reads the keys immediately and then regularly until ctx ends. After an error it retries sooner.
func (s *KeySet) Run(ctx context.Context) {
	pause := retryMin
	for {
		next := s.options.Refresh
		if err := s.refresh(ctx); err != nil {
			next, pause = min(pause, s.options.Refresh), min(2*pause, retryMax)
		} else {
			pause = retryMin
		}

		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// WaitReady waits until tokens can be verified, which requires a successful read by Run. It returns the error of ctx
// if that ends first.
func (s *KeySet) WaitReady(ctx context.Context) error {
	for {
		s.mu.Lock()
		fetched, unready := s.fetched, s.unready()
		s.mu.Unlock()

		if unready == nil {
			return nil
		}

		select {
		case <-fetched:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Ready returns a *KeysUnavailableError while tokens cannot be verified.
func (s *KeySet) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unready()
}

// unready is Ready for callers that hold the lock.
func (s *KeySet) unready() error {
	if s.fetchedAt.IsZero() || s.options.Now().Sub(s.fetchedAt) > s.options.MaxStale {
		return s.unavailable(retryAfterFetch)
	}

	return nil
}

// unavailable returns a *KeysUnavailableError, with the proxy's error if a proxy failed.
func (s *KeySet) unavailable(retryAfter time.Duration) error {
	return &KeysUnavailableError{RetryAfter: retryAfter, proxy: s.blocked.Load()}
}

// Age returns the time since the last successful read of the keys, or false if there was none.
func (s *KeySet) Age() (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options.Now().Sub(s.fetchedAt), !s.fetchedAt.IsZero()
}
