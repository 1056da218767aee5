package idp

import (
	"sync"
	"time"
)

// expiring is a map whose entries expire automatically. It holds what may be lost on a restart: login sessions,
// codes, opaque tokens.
type expiring[T any] struct {
	now     func() time.Time
	mu      sync.Mutex
	entries map[string]expiringEntry[T]
	sweepAt int
}

type expiringEntry[T any] struct {
	value T
	until time.Time
}

func newExpiring[T any](now func() time.Time) *expiring[T] {
	return &expiring[T]{now: now, entries: map[string]expiringEntry[T]{}, sweepAt: 1024}
}

func (e *expiring[T]) put(key string, value T, ttl time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()

	e.entries[key] = expiringEntry[T]{value, e.now().Add(ttl)}
	if len(e.entries) < e.sweepAt {
		return
	}

	for key, entry := range e.entries {
		if !e.now().Before(entry.until) {
			delete(e.entries, key)
		}
	}
	// Doubling keeps the amortized cost of sweeping constant per entry.
	e.sweepAt = max(1024, 2*len(e.entries))
}

func (e *expiring[T]) get(key string) (T, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.live(key)
}

// swap replaces a live entry's value and returns the previous value.
func (e *expiring[T]) swap(key string, change func(T) T) (T, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()

	value, ok := e.live(key)
	if ok {
		entry := e.entries[key]
		entry.value = change(value)
		e.entries[key] = entry
	}

	return value, ok
}

func (e *expiring[T]) drop(key string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.entries, key)
}

func (e *expiring[T]) live(key string) (T, bool) {
	entry, ok := e.entries[key]
	if !ok || !e.now().Before(entry.until) {
		var none T
		return none, false
	}

	return entry.value, true
}
