package auth

import "context"

// read is one reading of the issuer's keys. Whoever comes while it runs shares it.
type read struct {
	done chan struct{} // closed at the end; err is set before
	err  error
}

// refresh reads the keys, or waits for the reading under way.
func (s *KeySet) refresh(ctx context.Context) error {
	s.mu.Lock()
	r, mine := s.join()
	s.mu.Unlock()
	if mine {
		s.run(ctx, r)
	}
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// join returns the reading under way, or a new one that its caller has to run. The caller holds the lock.
func (s *KeySet) join() (r *read, mine bool) {
	if s.reading != nil {
		return s.reading, false
	}
	s.reading = &read{done: make(chan struct{})}
	return s.reading, true
}

// run replaces the keys when the issuer answers well, and leaves them as they are otherwise.
func (s *KeySet) run(ctx context.Context, r *read) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	keys, refused, err := s.fetcher.fetch(ctx)
	if err == nil {
		err = s.storage.KeyReplaceAll(ctx, keys)
	}
	s.counted.read(len(keys), refused, err)
	switch {
	case err != nil:
		s.options.Logger.WarnContext(ctx, "issuer keys not read; log-ins are checked with those known, if any", "error", err)
	case refused > 0:
		s.options.Logger.WarnContext(ctx, "issuer publishes keys that are not taken", "refused", refused, "taken", len(keys))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed = err != nil; !s.failed {
		s.fetchedAt = s.options.Now()
	}
	s.reading, r.err = nil, err
	close(r.done)
}
