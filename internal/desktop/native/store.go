package native

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/upstash-connect/bff/internal/problem"
)

// Backend is where an account is saved.
type Backend string

// The backends.
const (
	InKeyring Backend = "keyring" // the operating system's
	InFile    Backend = "file"    // credentials.json in the state directory, 0600
)

// Words describes the backend for people.
func (p Backend) Words() string {
	if p == InKeyring {
		return "this system's keyring"
	}

	return "a file that only you can read"
}

var (
	// ErrNothingSaved means that the searched backends contain no entry.
	ErrNothingSaved = errors.New("nothing is saved here")
	// ErrNoKeyring means that this system or session has no keyring.
	ErrNoKeyring = errors.New("there is no keyring here")
	// ErrKeyringUnavailable means that a keyring exists, but is locked or failed.
	ErrKeyringUnavailable = problem.Sentinel(problem.KeyringUnavailable, "the keyring is unavailable",
		"Nothing was changed. Unlock the keyring and run the command again, or use a file with --no-keyring.")
)

// Keyring is the operating system's keyring. Get and Delete return ErrNothingSaved if it has no such entry, and
// ErrNoKeyring if there is no keyring. After any other error, the entry may exist.
type Keyring interface {
	Get() (string, error)
	Set(text string) error
	Delete() error
}

// Store stores one SavedAccount: in the keyring if there is one, or else in a file.
type Store struct {
	path       string
	marker     string  // this file exists while the keyring may contain an entry of this directory
	keyring    Keyring // nil: use only the file
	keyringErr error
}

// NewStore returns a store with its file in the directory, which Save creates. keyring may be nil.
func NewStore(directory string, keyring Keyring) *Store {
	return &Store{
		path:    filepath.Join(directory, "credentials.json"),
		marker:  filepath.Join(directory, "saved-in-keyring"),
		keyring: keyring,
	}
}

// Load returns the saved account and its backend. Errors: ErrNothingSaved (also ErrNoKeyring if only the file could be
// searched), ErrKeyringUnavailable, ErrDamaged, and those of reading the file. An unavailable keyring may contain the
// entry.
func (s *Store) Load() (SavedAccount, Backend, error) {
	text, err := readPrivate(s.path)
	if err == nil {
		saved, err := decode(text)
		if err != nil {
			return SavedAccount{}, "", fmt.Errorf("%s: %w", s.path, err)
		}

		return saved, InFile, nil
	}

	if !errors.Is(err, fs.ErrNotExist) {
		return SavedAccount{}, "", err
	}

	if s.keyring == nil {
		return SavedAccount{}, "", ErrNothingSaved
	}

	entry, err := s.keyring.Get()
	if err != nil {
		return SavedAccount{}, "", loadError(err)
	}

	saved, err := decode([]byte(entry))
	if err != nil {
		return SavedAccount{}, "", fmt.Errorf("the keyring's entry: %w", err)
	}

	return saved, InKeyring, nil
}

// Save replaces the saved account and returns its backend. Load prefers the file, so Save removes it last.
func (s *Store) Save(saved SavedAccount) (Backend, error) {
	text, err := saved.encode()
	if err != nil {
		return "", err
	}

	s.keyringErr = nil
	if s.keyring != nil {
		if s.keyringErr = s.saveInKeyring(string(text)); s.keyringErr == nil {
			return InKeyring, errors.Join(removeFile(s.path), sweep(s.path))
		}
	}

	if err := replaceFile(s.path, text); err != nil {
		return "", fmt.Errorf("save the key: %w", err)
	}

	return InFile, sweep(s.path)
}

var errNotStored = errors.New("it does not store entries")

// saveInKeyring creates the marker before the entry, so that an entry never exists without the marker.
func (s *Store) saveInKeyring(text string) error {
	marked := s.MayHaveKeyringEntry()
	if !marked {
		if err := replaceFile(s.marker, nil); err != nil {
			return err
		}
	}

	err := s.keyring.Set(text)
	if err == nil {
		var stored string
		if stored, err = s.keyring.Get(); err == nil && stored == text { // some keyrings drop entries
			return nil
		}
	}

	switch {
	case err == nil:
		err = errNotStored
	case errors.Is(err, errNoResponse): // the keyring may still store it
		return err
	case !marked && (errors.Is(err, ErrNothingSaved) || errors.Is(err, ErrNoKeyring) ||
		errors.Is(err, ErrKeyringLocked)):
		_ = removeFile(s.marker) // a marker that remains only makes bff careful
	}

	switch {
	case errors.Is(err, ErrNothingSaved):
		err = errNotStored
	case errors.Is(err, ErrNoKeyring), errors.Is(err, ErrKeyringLocked):
		return err
	}

	return fmt.Errorf("the keyring did not store the key: %w", err)
}

// KeyringError returns why the last Save used the file instead of the keyring; nil if it did not, or if the store has
// no keyring.
func (s *Store) KeyringError() error { return s.keyringErr }

// MayHaveKeyringEntry reports whether a keyring may contain an entry of this directory.
func (s *Store) MayHaveKeyringEntry() bool {
	_, err := os.Stat(s.marker)
	return !errors.Is(err, fs.ErrNotExist)
}

// loadError maps an error of Keyring.Get or Delete to one of Load.
func loadError(err error) error {
	switch {
	case errors.Is(err, ErrNothingSaved):
		return ErrNothingSaved
	case errors.Is(err, ErrNoKeyring):
		return fmt.Errorf("%w: %w", ErrNothingSaved, err)
	}

	return fmt.Errorf("%w: %w", ErrKeyringUnavailable, err)
}

// Delete removes the saved account from every backend. It returns an error if the keyring is unavailable, and none if
// there was nothing to remove. Without a keyring it succeeds; MayHaveKeyringEntry then still reports an entry that may
// remain.
func (s *Store) Delete() error {
	err := errors.Join(removeFile(s.path), sweep(s.path))
	if s.keyring == nil {
		return err
	}

	failed := s.keyring.Delete()
	switch {
	case failed == nil, errors.Is(failed, ErrNothingSaved):
		return errors.Join(err, removeFile(s.marker))
	case errors.Is(failed, ErrNoKeyring), errors.Is(failed, ErrKeyringLocked) && !s.MayHaveKeyringEntry():
		return err // this session's keyring has no entry, as far as bff can know; the marker remains
	}

	return errors.Join(err, fmt.Errorf("the keyring's entry was not deleted: %w", loadError(failed)))
}
