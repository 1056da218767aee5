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

// Only one read of the issuer's keys runs at a time. Concurrent callers share it.
type (
	sharedReads = inflight.Group[struct{}, struct{}, struct{}]
	sharedRead  = inflight.Call[struct{}, struct{}, struct{}]
)

// refresh reads the keys, or waits for a read in progress. If it starts the read, the read ends with ctx.
func (s *KeySet) refresh(ctx context.Context) error {
	call, started := s.begin(ctx)
	if started {
		ctx = context.WithoutCancel(ctx) // the read itself ends with ctx; wait for its end
	}
	_, err := call.Wait(ctx)

	return err
}

// begin joins a read in progress, or starts one that ends with ctx.
func (s *KeySet) begin(ctx context.Context) (call *sharedRead, started bool) {
	return s.reads.Join(ctx, struct{}{}, struct{}{}, nil, func(ctx context.Context, _ *sharedRead) (struct{}, error) {
		_, err := inflight.Guard(func() (struct{}, error) { return struct{}{}, s.read(ctx) })
		s.recordRead(ctx, err)
		return struct{}{}, err
	})
}

// read reads the keys and replaces the current ones. After an error it keeps the current ones.
func (s *KeySet) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()

	keys, rejected, err := s.fetcher.fetch(ctx)
	if err == nil {
		err = s.replace(ctx, keys)
	}
	s.counted.read(len(keys), rejected, err)

	if err == nil && rejected > 0 {
		s.options.Logger.WarnContext(
			ctx, "the server rejected some of the issuer's keys", "rejected", rejected, "accepted", len(keys),
		)
	}

	return err
}

// replace replaces the current keys. It increases the generation afterwards: a token that is verified in between
// belongs to the old generation, whichever key verified it.
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

// digestOf identifies a set of keys, independent of their order.
func digestOf(keys []jwkset.JWK) [sha256.Size]byte {
	lines := make([]string, 0, len(keys))
	for _, key := range keys {
		public := key.Marshal()
		lines = append(lines, fmt.Sprintf("%q %q %q", public.KID, public.N, public.E))
	}
	slices.Sort(lines)

	return sha256.Sum256([]byte(strings.Join(lines, "\n")))
}

// recordRead records the result of a read. After a successful read it wakes the callers that wait for the keys.
func (s *KeySet) recordRead(ctx context.Context, err error) {
	var broke *inflight.PanicError
	switch {
	case errors.As(err, &broke):
		s.options.Logger.ErrorContext(ctx, "reading the issuer's keys panicked",
			"type", broke.Type, "stack", string(broke.Stack))
	case err != nil:
		s.options.Logger.WarnContext(
			ctx, "the server could not read the issuer's keys; it uses the known keys, if any", "error", err,
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
