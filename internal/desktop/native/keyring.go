package native

import (
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/zalando/go-keyring"
)

const service = "upstash-connect"

// SystemKeyring is the operating system's keyring: Keychain, Credential Manager, or what answers as the Secret Service.
// Each state directory has an entry of its own.
//
// No process is started for it that outlives the command: no message bus, and no Secret Service where nobody sits at a
// display. A desktop's own bus may start the desktop's own.
type SystemKeyring struct {
	StateDir string
	// Attended says that somebody sits at a display of this session and can be asked for a password there.
	Attended bool
}

// How long a keyring is waited for: one that only has to answer, and a person who has to find a password.
const (
	answerPatience = 20 * time.Second
	personPatience = 3 * time.Minute
)

var (
	// ErrNobodyUnlocks means that the keyring is locked in a session in which nobody can be asked to unlock it. It may
	// hold the entry.
	ErrNobodyUnlocks = errors.New("the keyring is locked, and nobody can be asked to unlock it in this session")

	errNoAnswer = errors.New("it did not answer in time")
)

// Get implements Keyring.
func (k SystemKeyring) Get() (string, error) {
	return k.ask(func() (string, error) { return keyring.Get(service, k.StateDir) })
}

// Set implements Keyring.
func (k SystemKeyring) Set(text string) error {
	_, err := k.ask(func() (string, error) { return "", keyring.Set(service, k.StateDir, text) })
	return err
}

// Delete implements Keyring.
func (k SystemKeyring) Delete() error {
	_, err := k.ask(func() (string, error) { return "", keyring.Delete(service, k.StateDir) })
	return err
}

// ask calls the library, which waits without end for a service that is stuck and for a prompt that nobody sees, once
// that is known to be of use. A call that is given up may still be carried out.
func (k SystemKeyring) ask(call func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}

	patience := answerPatience
	if k.Attended {
		patience = personPatience
	}

	answered := make(chan answer, 1)
	go func() {
		err := k.reach()
		if err != nil {
			answered <- answer{err: err}
			return
		}

		text, err := call()
		answered <- answer{text, systemFault(err)}
	}()

	select {
	case got := <-answered:
		return got.text, got.err
	case <-time.After(patience):
	}

	if k.Attended {
		return "", errNoAnswer
	}

	return "", fmt.Errorf("%w: %w", ErrNobodyUnlocks, errNoAnswer)
}

// systemFault tells the absence of an entry, and that of a keyring, from everything else.
func systemFault(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNothingSaved
	case errors.Is(err, keyring.ErrUnsupportedPlatform), errors.Is(err, exec.ErrNotFound), noService(err):
		return fmt.Errorf("%w: %w", ErrNoKeyring, err)
	}

	return err
}
