package auth

import (
	"context"
	"errors"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

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
		find := s.keys.KeyfuncCtx(ctx)

		key, err := find(token)
		if !errors.Is(err, jwkset.ErrKeyNotFound) {
			return key, err
		}
		s.counted.unknownKids.Add(1)
		learned := s.learn(ctx, kid)
		// Looked for again even when nothing was learned: another's reading may have ended just now.
		key, err = find(token)
		if !errors.Is(err, jwkset.ErrKeyNotFound) {
			return key, err
		}

		if learned == nil {
			s.unknown.Add(kid, s.options.Now().Add(s.options.Cooldown))
			learned = invalid("kid is unknown")
		}

		return nil, learned
	}
}

// learn reads the keys again because of an unknown key id, if it is time to and there is room to wait. Otherwise it
// returns what can be said without: that the token is invalid, or, when the last reading failed, that nothing can be
// said.
func (s *KeySet) learn(ctx context.Context, kid string) error {
	if until, known := s.unknown.Get(kid); known && s.options.Now().Before(until) {
		return s.unread()
	}

	select {
	case s.waiting <- struct{}{}:
		defer func() { <-s.waiting }()
	default:
		return s.unread()
	}

	call := s.attempt(ctx)
	if call == nil {
		return s.unread()
	}

	waiting, cancel := context.WithTimeout(ctx, waitForRefresh)
	defer cancel()

	if _, err := call.Wait(waiting); err != nil {
		return s.unavailable(s.options.Cooldown)
	}

	return nil
}

// attempt lets one reading through a cooldown, shared by everyone who comes while it runs; nil when it is not yet time.
func (s *KeySet) attempt(ctx context.Context) *reading {
	s.mu.Lock()
	defer s.mu.Unlock()

	if under := s.readings.JoinExisting(struct{}{}); under != nil {
		return under
	}

	now := s.options.Now()
	if !s.triedAt.IsZero() && now.Sub(s.triedAt) < s.options.Cooldown {
		return nil
	}

	// It goes on for others when this caller leaves, and ends by its own deadline.
	call, mine := s.begin(context.WithoutCancel(ctx))
	if mine {
		s.triedAt = now
	}

	return call
}

// unread is what an unknown key id means without another reading.
func (s *KeySet) unread() error {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.failed {
		return s.unavailable(s.options.Cooldown)
	}

	return invalid("kid is unknown")
}
