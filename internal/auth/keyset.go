package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"github.com/hashicorp/golang-lru/v2/expirable"
	"golang.org/x/sync/singleflight"
)

// KeySetOptions configure a KeySet.
type KeySetOptions struct {
	Issuer   string            // required; with its trailing slash
	Client   http.RoundTripper // default: a transport of its own that never decompresses
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

// KeySet holds the issuer's public keys. It guards keyfunc against what its defaults let through: keys are replaced only
// by a good answer, one bad key does not fail the set, symmetric keys are never taken, a flood of unknown key ids causes
// one read a cooldown and makes nobody wait, and a failed start heals by itself.
type KeySet struct {
	options KeySetOptions
	fetcher *fetcher
	storage *jwkset.MemoryJWKSet
	keys    keyfunc.Keyfunc
	flight  singleflight.Group
	waiting chan struct{}
	unknown *expirable.LRU[string, struct{}]

	mu        sync.Mutex
	fetchedAt time.Time // of the last good read; zero before the first
	triedAt   time.Time // of the last read an unknown key id caused
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
	return &KeySet{
		options: options,
		fetcher: newFetcher(options.Issuer, issuer, options.Client),
		storage: storage,
		keys:    keys,
		waiting: make(chan struct{}, maxWaiting),
		// Bounded and short: a kid that the issuer publishes later must not stay refused past the cooldown.
		unknown: expirable.NewLRU[string, struct{}](maxUnknownKids, nil, options.Cooldown),
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

// Ready returns a *KeysUnavailableError while tokens cannot be checked.
func (s *KeySet) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fetchedAt.IsZero() || s.options.Now().Sub(s.fetchedAt) > s.options.MaxStale {
		return &KeysUnavailableError{RetryAfter: retryAfterFetch}
	}
	return nil
}

// Age is the time since the last good read of the keys; false while there was none.
func (s *KeySet) Age() (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options.Now().Sub(s.fetchedAt), !s.fetchedAt.IsZero()
}

// keyfunc finds the key of a token for golang-jwt.
func (s *KeySet) keyfunc(ctx context.Context) jwt.Keyfunc {
	return func(token *jwt.Token) (any, error) {
		kid, err := checkHeader(token.Header)
		if err != nil {
			return nil, err
		}
		if err := s.Ready(); err != nil {
			return nil, err
		}
		key, err := s.keys.KeyfuncCtx(ctx)(token)
		if !errors.Is(err, jwkset.ErrKeyNotFound) {
			return key, err
		}
		if err := s.learn(ctx, kid); err != nil {
			return nil, err
		}
		key, err = s.keys.KeyfuncCtx(ctx)(token)
		if errors.Is(err, jwkset.ErrKeyNotFound) {
			s.unknown.Add(kid, struct{}{})
		}
		return key, err
	}
}

// learn reads the keys again because of an unknown key id, if it is time to and there is room to wait.
func (s *KeySet) learn(ctx context.Context, kid string) error {
	if s.unknown.Contains(kid) || !s.mayTry() {
		return invalid("kid is unknown")
	}
	select {
	case s.waiting <- struct{}{}:
		defer func() { <-s.waiting }()
	default:
		return invalid("kid is unknown")
	}
	// The read goes on for others when this caller leaves, so it has a context of its own.
	done := s.flight.DoChan("read", func() (any, error) { return nil, s.refresh(context.WithoutCancel(ctx)) })
	timer := time.NewTimer(waitForRefresh)
	defer timer.Stop()
	select {
	case result := <-done:
		if result.Err != nil {
			return &KeysUnavailableError{RetryAfter: s.options.Cooldown}
		}
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	return &KeysUnavailableError{RetryAfter: s.options.Cooldown}
}

// mayTry lets one read through per cooldown, and everyone who comes while that read is under way.
func (s *KeySet) mayTry() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.options.Now()
	if !s.triedAt.IsZero() && now.Sub(s.triedAt) < s.options.Cooldown {
		return s.fetcher.busy.Load()
	}
	s.triedAt = now
	return true
}

// refresh replaces the keys when the issuer answers well, and leaves them as they are otherwise.
func (s *KeySet) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	keys, refused, err := s.fetcher.fetch(ctx)
	if err == nil {
		err = s.storage.KeyReplaceAll(ctx, keys)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.options.Logger.WarnContext(ctx, "issuer keys not read; those known stay in use", "error", err)
		return err
	}
	if refused > 0 {
		s.options.Logger.WarnContext(ctx, "issuer publishes keys that are not taken", "refused", refused, "taken", len(keys))
	}
	s.fetchedAt = s.options.Now()
	return nil
}
