// Package native is what a program on its user's own machine needs: the login through the system's browser, answered
// by a listener on loopback (RFC 8252), and the place where the key it leads to is kept.
package native

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/upstash-connect/bff/internal/secret"
)

// SavedAccount is everything that opens the account connected on this machine.
type SavedAccount struct {
	Issuer     string // with Subject: the account
	Subject    string
	Email      string
	APIKey     secret.Text // zero: nothing is connected yet
	KeyName    string
	UpstashURL string      // where the key is good, and the only place it is sent to
	Keyset     secret.Text // Tink keyset that seals the state directory's database
}

// Connected reports whether there is a key.
func (s SavedAccount) Connected() bool { return !s.APIKey.IsZero() }

// SameAccount reports whether both are of one account, which is known by issuer and subject and never by its e-mail.
func (s SavedAccount) SameAccount(issuer, subject string) bool {
	return s.Issuer == issuer && s.Subject == subject
}

// wire is Saved as it is written. Nothing else encodes a secret.
type wire struct {
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
	return json.Marshal(wire{ //nolint:gosec // this is where it is to be written
		version, s.Issuer, s.Subject, s.Email, s.APIKey.Reveal(), s.KeyName, s.UpstashURL, s.Keyset.Reveal(),
	})
}

// ErrDamaged means that what is saved cannot be read. Its words hold nothing of it.
var ErrDamaged = errors.New("what is saved cannot be read")

func decode(text []byte) (SavedAccount, error) {
	var w wire
	if err := json.Unmarshal(text, &w); err != nil || w.Keyset == "" {
		return SavedAccount{}, ErrDamaged // the decoder's words may quote it
	}

	if w.Version != version {
		return SavedAccount{}, fmt.Errorf("%w: it is of version %d, which this program does not know", ErrDamaged, w.Version)
	}

	return SavedAccount{
		Issuer: w.Issuer, Subject: w.Subject, Email: w.Email, APIKey: secret.New(w.APIKey), KeyName: w.KeyName,
		UpstashURL: w.UpstashURL, Keyset: secret.New(w.Keyset),
	}, nil
}
