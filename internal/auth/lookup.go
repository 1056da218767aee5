package auth

import (
	"context"
	"errors"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

// keyfunc returns the function that finds a token's key for golang-jwt.
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
		readErr := s.readFor(ctx, kid)
		// Search again even after an error, because a concurrent read may have just finished.
		key, err = find(token)
		if !errors.Is(err, jwkset.ErrKeyNotFound) {
			return key, err
		}

		if readErr == nil {
			s.unknown.Add(kid, s.options.Now().Add(s.options.Cooldown))
			readErr = invalid("kid is unknown")
		}

		return nil, readErr
	}
}

// readFor reads the keys again for an unknown key ID, unless the cooldown or the number of waiting callers forbids it.
// Then it returns an error: that the token is invalid, or, if the last read failed, that tokens cannot be verified.
func (s *KeySet) readFor(ctx context.Context, kid string) error {
	if until, known := s.unknown.Get(kid); known && s.options.Now().Before(until) {
		return s.withoutRead()
	}

	select {
	case s.waiting <- struct{}{}:
		defer func() { <-s.waiting }()
	default:
		return s.withoutRead()
	}

	call := s.attempt(ctx)
	if call == nil {
		return s.withoutRead()
	}

	waiting, cancel := context.WithTimeout(ctx, waitForRefresh)
	defer cancel()

	if _, err := call.Wait(waiting); err != nil {
		return s.unavailable(s.options.Cooldown)
	}

	return nil
}

// attempt joins a read in progress or starts one. It returns nil during the cooldown.
func (s *KeySet) attempt(ctx context.Context) *sharedRead {
	s.mu.Lock()
	defer s.mu.Unlock()

	if running := s.reads.JoinExisting(struct{}{}); running != nil {
		return running
	}

	now := s.options.Now()
	if !s.triedAt.IsZero() && now.Sub(s.triedAt) < s.options.Cooldown {
		return nil
	}

	// The read continues if this caller disconnects, because others share it. It has its own deadline.
	call, started := s.begin(context.WithoutCancel(ctx))
	if started {
		s.triedAt = now
	}

	return call
}

// withoutRead returns the error for an unknown key ID if the keys are not read again.
func (s *KeySet) withoutRead() error {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.failed {
		return s.unavailable(s.options.Cooldown)
	}

	return invalid("kid is unknown")
}
