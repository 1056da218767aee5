package rotation

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/sharing"
)

// KeysetFile is the Keyholder of a keyset in a file. It replaces only the text that it has read.
type KeysetFile struct {
	file seal.File
	kek  seal.KEK
	lock *flock.Flock
	text []byte // as last read or written
}

// OpenKeysetFile locks the keyset's file against other rotations, and removes the leftovers of a killed one. kek is
// nil for a keyset in the clear. The caller closes it.
func OpenKeysetFile(path string, kek seal.KEK) (*KeysetFile, error) {
	actual, err := filepath.EvalSymlinks(path) // one lock, whatever link names the file
	if err != nil {
		return nil, fmt.Errorf("the sealing keyset cannot be read: %w", err)
	}

	file := seal.File{Path: actual}
	lock := flock.New(actual+".lock", flock.SetPermissions(0o600))
	held, err := lock.TryLock()
	if err == nil && !held {
		err = fmt.Errorf("another rotation of %s is in progress", path)
	}

	if err == nil {
		err = errors.Join(sharing.ProtectPath(lock.Path()), file.Leftovers())
	}

	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}

	return &KeysetFile{file: file, kek: kek, lock: lock}, nil
}

// Read returns the keyset in the file.
func (k *KeysetFile) Read() (*seal.Keyset, error) {
	text, err := k.file.Read()
	if err != nil {
		return nil, fmt.Errorf("the sealing keyset cannot be read: %w", err)
	}
	k.text = text

	return seal.ParseKeyset(text, k.kek)
}

// Replace replaces the last read keyset; an error when the file has changed since.
func (k *KeysetFile) Replace(keyset *seal.Keyset) error {
	text, err := keyset.Encode(k.kek)
	if err != nil {
		return err
	}

	if err := k.file.Replace(k.text, text); err != nil {
		return err
	}
	k.text = text

	return nil
}

// Close releases the lock.
func (k *KeysetFile) Close() error { return k.lock.Close() }

// CreateKeyset writes the keyset, encrypted by kek unless that is nil, to a new file that only its owner can read. It
// never overwrites a file.
func CreateKeyset(path string, keyset *seal.Keyset, kek seal.KEK) error {
	text, err := keyset.Encode(kek)
	if err != nil {
		return err
	}

	err = seal.File{Path: path}.Create(text)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists; a keyset is never overwritten", path)
	}

	return err
}
