package native

import (
	"errors"

	"github.com/zalando/go-keyring"
)

const service = "upstash-connect"

// SystemKeyring is the operating system's keyring: Keychain, Credential Manager, or what answers as the Secret Service. Each
// state directory has an entry of its own.
type SystemKeyring struct{ StateDir string }

// Get implements Keyring.
func (k SystemKeyring) Get() (string, error) {
	text, err := keyring.Get(service, k.StateDir)
	if errors.Is(err, keyring.ErrNotFound) {
		return "", ErrNothingSaved
	}
	return text, err
}

// Set implements Keyring.
func (k SystemKeyring) Set(text string) error { return keyring.Set(service, k.StateDir, text) }

// Delete implements Keyring.
func (k SystemKeyring) Delete() error { return keyring.Delete(service, k.StateDir) }
