package seal

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// Source is where a keyset is kept that may be changed while a server runs.
type Source interface {
	// Read returns the keyset's text as it is now.
	Read() ([]byte, error)
}

// BoxOptions configure OpenBox.
type BoxOptions struct {
	Source Source
	KEK    KEK // nil: the keyset is in the clear
	// Accept may refuse a keyset that was read anew, such as one that lacks a key in use: the one before stays in
	// force. It must not open anything with the box. Default: everything is taken.
	Accept func(*Keyset) error
}

// Box seals and opens with the keyset that is in force. It is safe for concurrent use.
type Box struct {
	current atomic.Pointer[Keyset]
	options BoxOptions // without a source the keyset stays as it is

	reading  sync.Mutex
	seen     [sha256.Size]byte // of the text that current was read from, or that was refused last
	rejected error
}

// NewBox makes a Box of a keyset in Tink's cleartext JSON form that stays as it is. It returns a *KeysetError when the
// keyset cannot be used; its text names the fault and never the key.
func NewBox(keysetJSON []byte) (*Box, error) {
	keyset, err := ParseKeyset(keysetJSON, nil)
	if err != nil {
		return nil, err
	}

	return KeysetBox(keyset), nil
}

// KeysetBox makes a Box of a keyset that stays as it is.
func KeysetBox(keyset *Keyset) *Box {
	box := &Box{}
	box.current.Store(keyset)
	return box
}

// OpenBox makes a Box that reads its keyset again when Reload says so, and when it meets a key it does not know. The
// first keyset is taken without Accept: its user asks by itself whether it can start with it.
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

// Keyset is the one in force.
func (b *Box) Keyset() *Keyset { return b.current.Load() }

// Reload reads the source, and takes its keyset if it has changed; changed says so. Whatever is wrong with the new one,
// the one before stays in force. What was refused is not looked at again until its text changes, but for a keyset whose
// seal could not be opened or that Accept refused: that may pass.
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

// Seal encrypts plaintext for one place with the primary key.
func (b *Box) Seal(plaintext []byte, at Cell) ([]byte, error) { return b.Keyset().Seal(plaintext, at) }

// Open decrypts what Seal made for the same place. A key that is not known is looked for in the source at once: another
// server may have begun to seal with it. *UnknownKeyError when it is not there, ErrCannotOpen otherwise.
func (b *Box) Open(sealed []byte, at Cell) ([]byte, error) {
	keyset := b.Keyset()
	plaintext, err := keyset.Open(sealed, at)

	var unknown *UnknownKeyError
	if !errors.As(err, &unknown) {
		return plaintext, err
	}

	_, _ = b.Reload() // whoever watches the box says what is wrong with the source
	if now := b.Keyset(); now != keyset {
		return now.Open(sealed, at)
	}

	return nil, err
}
