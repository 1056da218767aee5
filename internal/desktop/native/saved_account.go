// Package native runs the login of a native program, in the system's browser with a redirect to a loopback listener
// (RFC 8252), and stores the key in the keyring or in a file.
package native

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/upstash-connect/bff/internal/secret"
)

// SavedAccount holds the key of the account connected on this machine, and the keyset for its state directory.
type SavedAccount struct {
	Issuer     string // identifies the account, together with Subject
	Subject    string
	Email      string
	APIKey     secret.Text // zero: no account is connected yet
	KeyName    string
	UpstashURL string      // where the key is valid; it is sent nowhere else
	Keyset     secret.Text // Tink keyset that encrypts the state directory's database
}

// Connected reports whether there is a key.
func (s SavedAccount) Connected() bool { return !s.APIKey.IsZero() }

// SameAccount compares issuer and subject, which identify an account. An e-mail does not.
func (s SavedAccount) SameAccount(issuer, subject string) bool {
	return s.Issuer == issuer && s.Subject == subject
}

// savedJSON is the stored form of SavedAccount. No other type encodes a secret.
type savedJSON struct {
	Version    int    `json:"version"`
	Issuer     string `json:"issuer,omitempty"`
	Subject    string `json:"subject,omitempty"`
	Email      string `json:"email,omitempty"`
	APIKey     string `json:"api_key,omitempty"`
	KeyName    string `json:"key_name,omitempty"`
	UpstashURL string `json:"upstash_url,omitempty"`
	Keyset     string `json:"keyset"`
}

const version = 1

func (s SavedAccount) encode() ([]byte, error) {
	return json.Marshal(savedJSON{ //nolint:gosec // this is the stored form
		version, s.Issuer, s.Subject, s.Email, s.APIKey.Reveal(), s.KeyName, s.UpstashURL, s.Keyset.Reveal(),
	})
}

// ErrDamaged means that the saved data is invalid. Its text contains none of the data.
var ErrDamaged = errors.New("the saved data is invalid")

func decode(text []byte) (SavedAccount, error) {
	var w savedJSON
	if err := json.Unmarshal(text, &w); err != nil || w.Keyset == "" {
		return SavedAccount{}, ErrDamaged // the decoder's text may quote a secret
	}

	if w.Version != version {
		return SavedAccount{}, fmt.Errorf("%w: this program does not support its version %d", ErrDamaged, w.Version)
	}

	return SavedAccount{
		Issuer: w.Issuer, Subject: w.Subject, Email: w.Email, APIKey: secret.New(w.APIKey), KeyName: w.KeyName,
		UpstashURL: w.UpstashURL, Keyset: secret.New(w.Keyset),
	}, nil
}
