package native

import (
	"errors"
	"fmt"
	"os/exec"

	"github.com/zalando/go-keyring"
)

const service = "upstash-connect"

// SystemKeyring is the operating system's keyring: Keychain, Credential Manager, or what answers as the Secret Service.
// Each state directory has an entry of its own.
type SystemKeyring struct{ StateDir string }

// Get implements Keyring.
func (k SystemKeyring) Get() (string, error) {
	text, err := keyring.Get(service, k.StateDir)
	return text, systemFault(err)
}

// Set implements Keyring.
func (k SystemKeyring) Set(text string) error {
	return systemFault(keyring.Set(service, k.StateDir, text))
}

// Delete implements Keyring.
func (k SystemKeyring) Delete() error { return systemFault(keyring.Delete(service, k.StateDir)) }

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
