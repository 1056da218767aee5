// Package seal encrypts secrets at rest with a Tink AEAD keyset. A sealed value names, in its first bytes, the key that
// sealed it (Tink's output prefix), and is bound to the table, row and column it was made for by associated data: moved
// to another row it does not open.
package seal

import (
	"errors"
	"fmt"

	"github.com/upstash-connect/bff/internal/problem"
)

// ErrCannotOpen means that a sealed value does not open although its key is there: another place, or damage.
var ErrCannotOpen = errors.New("sealed value does not open")

// UnknownKeyError means that a value was sealed by a key that is not in the keyset. That says nothing against the
// value: the keyset is an older one, or another's.
type UnknownKeyError struct {
	Key KeyID
	At  Cell
}

func (e *UnknownKeyError) Error() string {
	return fmt.Sprintf("%s %s is sealed by key %d, which is not in the sealing keyset", e.At.Table, e.At.Row, e.Key)
}

// Problem is that of a store: what is kept cannot be read now.
func (e *UnknownKeyError) Problem() *problem.Error { return problem.Storage(e.Error()) }

// Cell is where a sealed value lives. It is authenticated, not stored.
type Cell struct{ Table, Row, Column string }

func (p Cell) associatedData() []byte {
	// Lengths make the encoding unambiguous: ("a","bc") and ("ab","c") must differ.
	return fmt.Appendf(
		nil, "upstash-connect/1|%d:%s|%d:%s|%d:%s", len(p.Table), p.Table, len(p.Row), p.Row, len(p.Column), p.Column,
	)
}

// Seal encrypts plaintext for one place.
func (k *Keyset) Seal(plaintext []byte, at Cell) ([]byte, error) {
	sealed, err := k.primitive.Encrypt(plaintext, at.associatedData())
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", at.Table, at.Column, err)
	}

	return sealed, nil
}

// Open decrypts what Seal made for the same place. *UnknownKeyError when another keyset is needed, else ErrCannotOpen.
func (k *Keyset) Open(sealed []byte, at Cell) ([]byte, error) {
	if id, ok := KeyIDOf(sealed); ok && !k.Has(id) {
		return nil, &UnknownKeyError{Key: id, At: at}
	}

	plaintext, err := k.primitive.Decrypt(sealed, at.associatedData())
	if err != nil {
		return nil, fmt.Errorf("%w: %s.%s", ErrCannotOpen, at.Table, at.Column)
	}

	return plaintext, nil
}
