package native

import (
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/zalando/go-keyring"
)

const service = "upstash-connect"

// SystemKeyring is the operating system's keyring: Keychain, Credential Manager, or a Secret Service. Each state
// directory has its own entry.
//
// It starts no process that outlives the command: no message bus, and no Secret Service in a session without a display.
// A desktop's bus may start the desktop's own Secret Service.
type SystemKeyring struct {
	StateDir string
	// CanPrompt means that a password prompt on a display of this session reaches the user.
	CanPrompt bool
}

// Timeouts of a keyring: to respond on its own, and to let a person enter a password.
const (
	responseTimeout = 20 * time.Second
	promptTimeout   = 3 * time.Minute
)

var (
	// ErrKeyringLocked means that the keyring is locked, and this session cannot prompt for its password. It may
	// contain the entry.
	ErrKeyringLocked = errors.New("the keyring is locked, and this session cannot prompt for its password")

	errNoResponse = errors.New("it did not respond in time")
)

// Get implements Keyring.
func (k SystemKeyring) Get() (string, error) {
	return k.call(func() (string, error) { return keyring.Get(service, k.StateDir) })
}

// Set implements Keyring.
func (k SystemKeyring) Set(text string) error {
	_, err := k.call(func() (string, error) { return "", keyring.Set(service, k.StateDir, text) })
	return err
}

// Delete implements Keyring.
func (k SystemKeyring) Delete() error {
	_, err := k.call(func() (string, error) { return "", keyring.Delete(service, k.StateDir) })
	return err
}

// call checks the keyring and then calls the library, with a timeout: the library would wait forever for a stuck
// service or an unseen prompt. An operation that times out may still complete.
func (k SystemKeyring) call(operation func() (string, error)) (string, error) {
	type outcome struct {
		text string
		err  error
	}

	timeout := responseTimeout
	if k.CanPrompt {
		timeout = promptTimeout
	}

	finished := make(chan outcome, 1)
	go func() {
		err := k.check()
		if err != nil {
			finished <- outcome{err: err}
			return
		}

		text, err := operation()
		finished <- outcome{text, systemError(err)}
	}()

	select {
	case got := <-finished:
		return got.text, got.err
	case <-time.After(timeout):
	}

	if k.CanPrompt {
		return "", errNoResponse
	}

	return "", fmt.Errorf("%w: %w", ErrKeyringLocked, errNoResponse)
}

// systemError maps the library's errors to ErrNothingSaved and ErrNoKeyring where they mean that.
func systemError(err error) error {
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
