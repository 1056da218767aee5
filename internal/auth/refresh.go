package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/MicahParks/jwkset"

	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/inflight"
)

// The issuer's keys are read by one call at a time. Whoever comes while it runs shares it.
type (
	readings = inflight.Group[struct{}, struct{}, struct{}]
	reading  = inflight.Call[struct{}, struct{}, struct{}]
)

// refresh reads the keys, or waits for the reading under way. A reading that it begins ends with ctx.
func (s *KeySet) refresh(ctx context.Context) error {
	call, mine := s.begin(ctx)
	if mine {
		ctx = context.WithoutCancel(ctx) // the reading itself ends with it: wait until it has
	}
	_, err := call.Wait(ctx)

	return err
}

// begin joins the reading under way, or begins one that ends with ctx.
func (s *KeySet) begin(ctx context.Context) (call *reading, mine bool) {
	return s.readings.Join(ctx, struct{}{}, struct{}{}, nil, func(ctx context.Context, _ *reading) (struct{}, error) {
		_, err := inflight.Guard(func() (struct{}, error) { return struct{}{}, s.read(ctx) })
		s.note(ctx, err)
		return struct{}{}, err
	})
}

// read replaces the keys when the issuer answers well, and leaves them as they are otherwise.
func (s *KeySet) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()

	keys, refused, err := s.fetcher.fetch(ctx)
	if err == nil {
		err = s.replace(ctx, keys)
	}
	s.counted.read(len(keys), refused, err)

	if err == nil && refused > 0 {
		s.options.Logger.WarnContext(
			ctx, "issuer publishes keys that are not taken", "refused", refused, "taken", len(keys),
		)
	}

	return err
}

// replace puts these keys in the place of those held. The generation grows afterwards: what is verified meanwhile
// counts for the old one, whichever keys it found.
func (s *KeySet) replace(ctx context.Context, keys []jwkset.JWK) error {
	if err := s.storage.KeyReplaceAll(ctx, keys); err != nil {
		return err
	}
	digest := digestOf(keys)

	s.mu.Lock()
	defer s.mu.Unlock()

	if s.digest != digest {
		s.digest = digest
		s.generation.Add(1)
	}

	return nil
}

// digestOf tells sets of keys apart, in whatever order they come.
func digestOf(keys []jwkset.JWK) [sha256.Size]byte {
	lines := make([]string, 0, len(keys))
	for _, key := range keys {
		public := key.Marshal()
		lines = append(lines, fmt.Sprintf("%q %q %q", public.KID, public.N, public.E))
	}
	slices.Sort(lines)

	return sha256.Sum256([]byte(strings.Join(lines, "\n")))
}

// note remembers how a reading ended. After a good one it wakes those who wait for the keys.
func (s *KeySet) note(ctx context.Context, err error) {
	var broke *inflight.PanicError
	switch {
	case errors.As(err, &broke):
		s.options.Logger.ErrorContext(ctx, "panic while the issuer's keys were read",
			"type", broke.Type, "stack", string(broke.Stack))
	case err != nil:
		s.options.Logger.WarnContext(
			ctx, "issuer keys not read; logins are checked with those known, if any", "error", err,
		)
	}

	blocked, _ := errors.AsType[*egress.ProxyError](err)
	s.blocked.Store(blocked)

	s.mu.Lock()
	defer s.mu.Unlock()

	s.failed = err != nil
	if s.failed {
		return
	}

	s.fetchedAt = s.options.Now()
	close(s.fetched)
	s.fetched = make(chan struct{})
}
