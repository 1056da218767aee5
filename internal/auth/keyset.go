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
	Client   http.RoundTripper // default: a transport of its own that never decompresses
	Proxies  *egress.Proxies   // of that transport; default: none
	Refresh  time.Duration     // how often keys are read again: a withdrawn key dies within it. Default 10 min
	Cooldown time.Duration     // least time between two reads that unknown key ids cause. Default 5 s
	MaxStale time.Duration     // how long keys are trusted while the issuer cannot be reached. Default 24 h
	Logger   *slog.Logger      // required
	Now      func() time.Time  // default time.Now
}

const (
	fetchTimeout    = 5 * time.Second
	waitForRefresh  = 2 * time.Second
	maxWaiting      = 32 // callers that may wait for a read caused by an unknown key id; the rest are answered at once
	maxUnknownKids  = 4096
	retryMin        = time.Second
	retryMax        = 30 * time.Second
	retryAfterFetch = 2 * time.Second
)

// KeySet holds the issuer's public keys. It is safe for concurrent use. It guards keyfunc against what its defaults let
// through: keys are replaced only by a good answer, one bad key does not fail the set, symmetric keys are never taken,
// a flood of unknown key ids causes one read a cooldown and makes nobody wait, and a failed start heals by itself.
type KeySet struct {
	options KeySetOptions
	fetcher *fetcher
	storage *jwkset.MemoryJWKSet
	keys    keyfunc.Keyfunc
	waiting chan struct{}
	counted counters
	unknown *lru.Cache[string, time.Time] // key ids the issuer did not know, and until when that is taken as an answer

	readings readings
	// generation grows after each change of the keys, so that whoever remembers a verdict knows whether it still holds.
	generation atomic.Uint64
	// blocked is what the last reading met at the proxy; nil when it got past it.
	blocked atomic.Pointer[egress.ProxyError]

	mu        sync.Mutex
	digest    [sha256.Size]byte // of the keys held
	failed    bool              // the last read
	fetchedAt time.Time         // of the last good read; zero before the first
	fetched   chan struct{}     // closed, and replaced, at each good read
	triedAt   time.Time         // of the last read an unknown key id caused
}

// NewKeySet makes an empty KeySet; Run fills it and keeps it fresh.
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

// Run reads the keys now and then regularly, more often while there are none, until ctx ends.
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

// WaitReady returns nil once tokens can be checked, at once if they can be already. It waits for a good read of the
// keys, which is Run's to make, and returns the error of ctx when that ends first.
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

// Ready returns a *KeysUnavailableError while tokens cannot be checked.
func (s *KeySet) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unready()
}

// unready is Ready for who holds the lock.
func (s *KeySet) unready() error {
	if s.fetchedAt.IsZero() || s.options.Now().Sub(s.fetchedAt) > s.options.MaxStale {
		return s.unavailable(retryAfterFetch)
	}

	return nil
}

// unavailable names the proxy where that is what stands between us and the keys.
func (s *KeySet) unavailable(retryAfter time.Duration) error {
	return &KeysUnavailableError{RetryAfter: retryAfter, proxy: s.blocked.Load()}
}

// Age is the time since the last good read of the keys; false while there was none.
func (s *KeySet) Age() (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options.Now().Sub(s.fetchedAt), !s.fetchedAt.IsZero()
}
