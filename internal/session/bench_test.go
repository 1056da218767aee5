package session

import (
	"crypto/sha256"
	"testing"
	"time"
)

// BenchmarkFind is what a session costs that is remembered. The look-up of one that is not is internal/db's.
func BenchmarkFind(b *testing.B) {
	store := &memory{rows: map[[sha256.Size]byte]Session{}}

	manager, err := NewManager(Options{Store: store, Idle: idle, Max: most})
	if err != nil {
		b.Fatal(err)
	}

	token, _, err := manager.Start(b.Context(), "con_1", time.Now().Add(most))
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
