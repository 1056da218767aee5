package native

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/upstash-connect/bff/internal/problem"
)

// Backend is where something is saved.
type Backend string

// The places.
const (
	InKeyring Backend = "keyring" // the operating system's
	InFile    Backend = "file"    // credentials.json in the state directory, 0600
)

// Words are the place for people.
func (p Backend) Words() string {
	if p == InKeyring {
		return "this system's keyring"
	}

	return "a file that only you can read"
}

var (
	// ErrNothingSaved means that nothing was found where it was looked for.
	ErrNothingSaved = errors.New("nothing is saved here")
	// ErrNoKeyring means that there is none: no such service on this system, or none in this session.
	ErrNoKeyring = errors.New("there is no keyring here")
	// ErrKeyringSilent means that there is one and it does not say what it holds: it is locked, or failed.
	ErrKeyringSilent = problem.Sentinel(problem.KeyringUnavailable, "the keyring does not answer",
		"Nothing was changed. Unlock it and run this again; --no-keyring leaves it alone and uses a file.")
)

// Keyring is the operating system's. Get and Delete return ErrNothingSaved when it has no such entry and ErrNoKeyring
// where there is none; any other error says nothing of the entry.
type Keyring interface {
	Get() (string, error)
	Set(text string) error
	Delete() error
}

// Store keeps one Saved: in the keyring when there is one, else in a file.
type Store struct {
	path    string
	marker  string  // this file is there while the keyring may hold an entry, as far as this directory knows
	keyring Keyring // nil: none is wanted
	refusal error
}

// NewStore keeps its file in the directory, which is made when something is saved. keyring may be nil.
func NewStore(directory string, keyring Keyring) *Store {
	return &Store{
		path:    filepath.Join(directory, "credentials.json"),
		marker:  filepath.Join(directory, "saved-in-keyring"),
		keyring: keyring,
	}
}

// Load returns what is saved and where; ErrNothingSaved, which is ErrNoKeyring as well where only a file could be
// looked for, ErrKeyringSilent, ErrDamaged, or what keeps the file from being read. A keyring that does not answer may
// hold the entry: nobody may take it for absent.
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
		return SavedAccount{}, "", keyringFault(err)
	}

	saved, err := decode([]byte(entry))
	if err != nil {
		return SavedAccount{}, "", fmt.Errorf("the keyring's entry: %w", err)
	}

	return saved, InKeyring, nil
}

// Save replaces what is saved and says where it is now. The file counts while there is one, so it is removed last.
func (s *Store) Save(saved SavedAccount) (Backend, error) {
	text, err := saved.encode()
	if err != nil {
		return "", err
	}

	s.refusal = nil
	if s.keyring != nil {
		if s.refusal = s.saveInKeyring(string(text)); s.refusal == nil {
			return InKeyring, errors.Join(removeFile(s.path), sweep(s.path))
		}
	}

	if err := replaceFile(s.path, text); err != nil {
		return "", fmt.Errorf("save the key: %w", err)
	}

	return InFile, sweep(s.path)
}

var errNotKept = errors.New("it forgets what it takes")

// saveInKeyring leaves the marker before there can be an entry: that there may be one is never forgotten.
func (s *Store) saveInKeyring(text string) error {
	marked := s.InKeyringOnce()
	if !marked {
		if err := replaceFile(s.marker, nil); err != nil {
			return err
		}
	}

	err := s.keyring.Set(text)
	if err == nil {
		var kept string
		if kept, err = s.keyring.Get(); err == nil && kept == text { // a keyring that takes and does not keep is none
			return nil
		}
	}

	switch {
	case err == nil:
		err = errNotKept
	case errors.Is(err, errNoAnswer): // it may take it yet
		return err
	case !marked && (errors.Is(err, ErrNothingSaved) || errors.Is(err, ErrNoKeyring) ||
		errors.Is(err, ErrNobodyUnlocks)):
		_ = removeFile(s.marker) // one that stays makes bff careful, no more
	}

	switch {
	case errors.Is(err, ErrNothingSaved):
		err = errNotKept
	case errors.Is(err, ErrNoKeyring), errors.Is(err, ErrNobodyUnlocks):
		return err
	}

	return fmt.Errorf("the keyring did not keep it: %w", err)
}

// Refusal is why the last Save went to the file although a keyring was wanted; nil where none was, or where it took it.
func (s *Store) Refusal() error { return s.refusal }

// InKeyringOnce reports whether something was saved in a keyring from this directory, and not deleted since.
func (s *Store) InKeyringOnce() bool {
	_, err := os.Stat(s.marker)
	return !errors.Is(err, fs.ErrNotExist)
}

// keyringFault is what an error of Get or Delete says of the entry.
func keyringFault(err error) error {
	switch {
	case errors.Is(err, ErrNothingSaved):
		return ErrNothingSaved
	case errors.Is(err, ErrNoKeyring):
		return fmt.Errorf("%w: %w", ErrNothingSaved, err)
	}

	return fmt.Errorf("%w: %w", ErrKeyringSilent, err)
}

// Delete removes what is saved, wherever it is. It is no error when nothing is, and one when that cannot be known.
// Where there is no keyring to ask, and none is wanted, it is done: InKeyringOnce says then that an entry may be left
// in one.
func (s *Store) Delete() error {
	err := errors.Join(removeFile(s.path), sweep(s.path))
	if s.keyring == nil {
		return err
	}

	failed := s.keyring.Delete()
	switch {
	case failed == nil, errors.Is(failed, ErrNothingSaved):
		return errors.Join(err, removeFile(s.marker))
	case errors.Is(failed, ErrNoKeyring), errors.Is(failed, ErrNobodyUnlocks) && !s.InKeyringOnce():
		return err // none of ours is in one that is here, as far as can be known; the marker stays
	}

	return errors.Join(err, fmt.Errorf("the keyring's entry was not deleted: %w", keyringFault(failed)))
}
