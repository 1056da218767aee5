// Package seal encrypts secrets at rest with a Tink AEAD keyset. A sealed value begins with the id of its key (Tink's
// output prefix). Associated data binds it to its table, row and column: moved to another row, it cannot be decrypted.
package seal

import (
	"errors"
	"fmt"

	"github.com/upstash-connect/bff/internal/problem"
)

// ErrCannotOpen means that a sealed value cannot be decrypted although its key is in the keyset: it was moved to
// another cell, or damaged.
var ErrCannotOpen = errors.New("sealed value cannot be decrypted")

// UnknownKeyError means that the key of a value is not in the keyset. The value may be intact: the keyset is outdated,
// or belongs to another database.
type UnknownKeyError struct {
	Key KeyID
	At  Cell
}

func (e *UnknownKeyError) Error() string {
	return fmt.Sprintf("%s %s is sealed by key %d, which is not in the sealing keyset", e.At.Table, e.At.Row, e.Key)
}

// Problem is a storage problem: the value cannot be read now.
func (e *UnknownKeyError) Problem() *problem.Error { return problem.Storage(e.Error()) }

// Cell is the location of a sealed value. It is authenticated, not stored.
type Cell struct{ Table, Row, Column string }

func (p Cell) associatedData() []byte {
	// Lengths make the encoding unambiguous: ("a","bc") and ("ab","c") must differ.
	return fmt.Appendf(
		nil, "upstash-connect/1|%d:%s|%d:%s|%d:%s", len(p.Table), p.Table, len(p.Row), p.Row, len(p.Column), p.Column,
	)
}

// Seal encrypts plaintext for one cell.
func (k *Keyset) Seal(plaintext []byte, at Cell) ([]byte, error) {
	sealed, err := k.primitive.Encrypt(plaintext, at.associatedData())
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", at.Table, at.Column, err)
	}

	return sealed, nil
}

// Open decrypts what Seal made for the same cell. *UnknownKeyError when another keyset is needed, else ErrCannotOpen.
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
