// Package seal encrypts secrets at rest with a Tink AEAD keyset. A sealed value names, in its first bytes, the key
// that sealed it (Tink's output prefix), and is bound to the table, row and column it was made for by associated
// data: moved to another row it does not open.
package seal

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrCannotOpen means that a sealed value does not open: another key, another place, or damage.
var ErrCannotOpen = errors.New("sealed value does not open")

// Place is where a sealed value lives. It is authenticated, not stored.
type Place struct{ Table, Row, Column string }

func (p Place) associatedData() []byte {
	// Lengths make the encoding unambiguous: ("a","bc") and ("ab","c") must differ.
	return fmt.Appendf(nil, "upstash-connect/1|%d:%s|%d:%s|%d:%s", len(p.Table), p.Table, len(p.Row), p.Row, len(p.Column), p.Column)
}

// Box seals and opens. It is safe for concurrent use.
type Box struct{ primitive tink.AEAD }

// NewBox makes a Box from a keyset in Tink's cleartext JSON form. It returns a *KeysetError when the keyset cannot
// be used; its text names the fault and never the key.
func NewBox(keysetJSON []byte) (*Box, error) {
	handle, err := parseKeyset(keysetJSON)
	if err != nil {
		return nil, err
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, &KeysetError{Fault: "its keys are not for authenticated encryption (AEAD)"}
	}
	return &Box{primitive: primitive}, nil
}

// Seal encrypts plaintext for one place.
func (b *Box) Seal(plaintext []byte, at Place) ([]byte, error) {
	sealed, err := b.primitive.Encrypt(plaintext, at.associatedData())
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", at.Table, at.Column, err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same place; ErrCannotOpen otherwise.
func (b *Box) Open(sealed []byte, at Place) ([]byte, error) {
	plaintext, err := b.primitive.Decrypt(sealed, at.associatedData())
	if err != nil {
		return nil, fmt.Errorf("%w: %s.%s", ErrCannotOpen, at.Table, at.Column)
	}
	return plaintext, nil
}

// NewKeyset makes a fresh AES-256-GCM keyset in the form NewBox takes.
func NewKeyset() ([]byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make keyset: %w", err)
	}
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&out)); err != nil {
		return nil, fmt.Errorf("write keyset: %w", err)
	}
	return out.Bytes(), nil
}
