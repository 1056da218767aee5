package console

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"
)

// expiring holds what may be lost on a restart: sessions, and logins in progress.
type expiring[T any] struct {
	now     func() time.Time
	mu      sync.Mutex
	entries map[string]expiringEntry[T]
}

type expiringEntry[T any] struct {
	value T
	until time.Time
}

// most limits the entries: one machine's browsers never have as many.
const most = 1024

func newExpiring[T any](now func() time.Time) *expiring[T] {
	return &expiring[T]{now: now, entries: map[string]expiringEntry[T]{}}
}

// put stores a value under key. When there are too many entries, it removes the expired ones and, if necessary, the
// one that expires first.
func (e *expiring[T]) put(key string, value T, life time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()

	e.entries[key] = expiringEntry[T]{value, e.now().Add(life)}
	if len(e.entries) <= most {
		return
	}

	first, now := "", e.now()
	for key, entry := range e.entries {
		if !now.Before(entry.until) {
			delete(e.entries, key)
		} else if first == "" || entry.until.Before(e.entries[first].until) {
			first = key
		}
	}

	if len(e.entries) > most {
		delete(e.entries, first)
	}
}

func (e *expiring[T]) get(key string) (T, bool) {
	return e.change(key, func(value T) T { return value })
}

// change replaces a live value and returns the previous one.
func (e *expiring[T]) change(key string, change func(T) T) (before T, found bool) {
	e.mu.Lock()
	defer e.mu.Unlock()

	entry, found := e.entries[key]
	if !found || !e.now().Before(entry.until) {
		return before, false
	}
	before = entry.value
	entry.value = change(before)
	e.entries[key] = entry

	return before, true
}

// take removes a live value and returns it.
func (e *expiring[T]) take(key string) (T, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	entry, found := e.entries[key]
	delete(e.entries, key)

	if !found || !e.now().Before(entry.until) {
		var none T
		return none, false
	}

	return entry.value, true
}

// randomString returns 256 random bits, safe for URLs and cookies.
func randomString() string {
	raw := make([]byte, 32)
	rand.Read(raw) // never fails: crypto/rand aborts the program instead
	return base64.RawURLEncoding.EncodeToString(raw)
}

func hashOf(value string) string {
	sum := sha256.Sum256([]byte(value))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
