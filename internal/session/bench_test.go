package session

import (
	"crypto/sha256"
	"testing"
	"time"
)

// BenchmarkFind measures the lookup of a cached session. internal/db measures the lookup in the store.
func BenchmarkFind(b *testing.B) {
	store := &memory{rows: map[[sha256.Size]byte]Session{}}

	manager, err := NewManager(Options{Store: store, Idle: idle, Max: most})
	if err != nil {
		b.Fatal(err)
	}

	token, _, err := manager.Start(b.Context(), "con_1", Login{TokenExpiresAt: time.Now().Add(most)})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()

	for b.Loop() {
		if _, err := manager.Find(b.Context(), token.Reveal()); err != nil {
			b.Fatal(err)
		}
	}
}
