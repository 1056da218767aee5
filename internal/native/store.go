package native

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// Place is where something is saved.
type Place string

// The places.
const (
	InKeyring Place = "keyring" // the operating system's
	InFile    Place = "file"    // credentials.json in the state directory, 0600
)

// ErrNothingSaved means that no account was ever connected here, or it was disconnected.
var ErrNothingSaved = errors.New("nothing is saved here")

// Keyring is the operating system's. Get returns ErrNothingSaved when it has no such entry.
type Keyring interface {
	Get() (string, error)
	Set(text string) error
	Delete() error
}

// Store keeps one Saved: in the keyring when there is one, else in a file.
type Store struct {
	path    string
	keyring Keyring // nil: none is wanted
}

// NewStore keeps its file in the directory, which is made when something is saved. keyring may be nil.
func NewStore(directory string, keyring Keyring) *Store {
	return &Store{path: filepath.Join(directory, "credentials.json"), keyring: keyring}
}

// Load returns what is saved and where; ErrNothingSaved, ErrDamaged, or what keeps the file from being read. A keyring that does
// not answer is none: what was saved while it did is found when it does again.
func (s *Store) Load() (Saved, Place, error) {
	text, err := readPrivate(s.path)
	if err == nil {
		saved, err := decode(text)
		if err != nil {
			return Saved{}, "", fmt.Errorf("%s: %w", s.path, err)
		}
		return saved, InFile, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return Saved{}, "", err
	}
	if s.keyring == nil {
		return Saved{}, "", ErrNothingSaved
	}
	entry, err := s.keyring.Get()
	if err != nil {
		return Saved{}, "", ErrNothingSaved
	}
	saved, err := decode([]byte(entry))
	if err != nil {
		return Saved{}, "", fmt.Errorf("the keyring's entry: %w", err)
	}
	return saved, InKeyring, nil
}

// Save replaces what is saved and says where it is now. The file counts while there is one, so it is removed last.
func (s *Store) Save(saved Saved) (Place, error) {
	text, err := saved.encode()
	if err != nil {
		return "", err
	}
	if s.keyring != nil && s.keyring.Set(string(text)) == nil {
		// Read back: a keyring that takes and does not keep is none.
		if kept, err := s.keyring.Get(); err == nil && kept == string(text) {
			return InKeyring, errors.Join(removeFile(s.path), sweep(s.path))
		}
	}
	if err := replaceFile(s.path, text); err != nil {
		return "", fmt.Errorf("save the key: %w", err)
	}
	return InFile, sweep(s.path)
}

// Delete removes what is saved, wherever it is. It is no error when nothing is.
func (s *Store) Delete() error {
	err := errors.Join(removeFile(s.path), sweep(s.path))
	if s.keyring == nil {
		return err
	}
	if _, absent := s.keyring.Get(); absent != nil { // no entry, or no keyring
		return err
	}
	if failed := s.keyring.Delete(); failed != nil {
		return errors.Join(err, errors.New("the keyring's entry was not deleted"))
	}
	return err
}
