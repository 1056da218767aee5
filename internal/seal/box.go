package seal

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// Source stores a keyset that may change while a server runs.
type Source interface {
	// Read returns the keyset's current text.
	Read() ([]byte, error)
}

// BoxOptions configure OpenBox.
type BoxOptions struct {
	Source Source
	KEK    KEK // nil: the keyset is in the clear
	// Accept may reject a reloaded keyset, such as one that lacks a key in use: the previous one then stays in use. It
	// must not decrypt anything with the box. Default: every keyset is accepted.
	Accept func(*Keyset) error
}

// Box encrypts and decrypts with the current keyset. It is safe for concurrent use.
type Box struct {
	current atomic.Pointer[Keyset]
	options BoxOptions // without a source, the keyset never changes

	reading  sync.Mutex
	seen     [sha256.Size]byte // digest of the current keyset's text, or of the last rejected text
	rejected error
}

// NewBox makes a Box from a fixed keyset in Tink's cleartext JSON. It returns a *KeysetError when the keyset is
// unusable; its text gives the reason and never the key.
func NewBox(keysetJSON []byte) (*Box, error) {
	keyset, err := ParseKeyset(keysetJSON, nil)
	if err != nil {
		return nil, err
	}

	return KeysetBox(keyset), nil
}

// KeysetBox makes a Box from a fixed keyset.
func KeysetBox(keyset *Keyset) *Box {
	box := &Box{}
	box.current.Store(keyset)
	return box
}

// OpenBox makes a Box that reloads its keyset on Reload, and when it meets an unknown key. Accept does not apply to
// the first keyset: the caller checks whether it can start with it.
func OpenBox(options BoxOptions) (*Box, error) {
	text, err := options.Source.Read()
	if err != nil {
		return nil, &KeysetError{Reason: fmt.Sprintf("it cannot be read: %v", err)}
	}

	keyset, err := ParseKeyset(text, options.KEK)
	if err != nil {
		return nil, err
	}
	box := &Box{options: options, seen: digest(text)}
	box.current.Store(keyset)

	return box, nil
}

func digest(text []byte) [sha256.Size]byte { return sha256.Sum256(bytes.TrimSpace(text)) }

// Keyset returns the current keyset.
func (b *Box) Keyset() *Keyset { return b.current.Load() }

// Reload reads the source and switches to its keyset if that has changed. On any error the previous keyset stays in
// use. A rejected text is not parsed again until it changes, except for a keyset that its KEK could not decrypt or
// that Accept rejected: those errors may be temporary.
func (b *Box) Reload() (changed bool, err error) {
	if b.options.Source == nil {
		return false, nil
	}
	b.reading.Lock()
	defer b.reading.Unlock()

	text, err := b.options.Source.Read()
	if err != nil {
		return false, &KeysetError{Reason: fmt.Sprintf("it cannot be read: %v", err)}
	}

	if digest(text) == b.seen {
		return false, b.rejected
	}

	keyset, err := ParseKeyset(text, b.options.KEK)
	if err == nil && b.options.Accept != nil {
		if err := b.options.Accept(keyset); err != nil {
			return false, err
		}
	}

	if err != nil {
		if b.options.KEK == nil {
			b.seen, b.rejected = digest(text), err
		}

		return false, err
	}
	b.seen, b.rejected = digest(text), nil
	b.current.Store(keyset)

	return true, nil
}

// Seal encrypts plaintext for one cell with the primary key.
func (b *Box) Seal(plaintext []byte, at Cell) ([]byte, error) { return b.Keyset().Seal(plaintext, at) }

// Open decrypts what Seal made for the same cell. For an unknown key it reloads the source immediately: another server
// may have begun to seal with that key. *UnknownKeyError when the key is still unknown, ErrCannotOpen otherwise.
func (b *Box) Open(sealed []byte, at Cell) ([]byte, error) {
	keyset := b.Keyset()
	plaintext, err := keyset.Open(sealed, at)

	var unknown *UnknownKeyError
	if !errors.As(err, &unknown) {
		return plaintext, err
	}

	_, _ = b.Reload() // the caller of Reload reports errors of the source
	if now := b.Keyset(); now != keyset {
		return now.Open(sealed, at)
	}

	return nil, err
}
