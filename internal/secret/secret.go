// Package secret holds the one type in which a credential travels through this program. Whatever prints, logs or
// encodes a Text gets a placeholder; the value leaves only where code calls Reveal, which is easy to search for.
package secret

import (
	"encoding/json"
	"log/slog"
)

const redacted = "[redacted]"

// Text is a credential: a developer key, a token, a password. Its zero value is "no credential".
type Text struct{ value string }

// New wraps a credential.
func New(value string) Text { return Text{value: value} }

// Reveal returns the credential itself. Each call is a place where it may leak: keep them few.
func (t Text) Reveal() string { return t.value }

// IsZero reports whether there is no credential.
func (t Text) IsZero() bool { return t.value == "" }

// String returns a placeholder, so that %s and %v print nothing of the credential.
func (Text) String() string { return redacted }

// GoString returns a placeholder, so that %#v prints nothing of the credential.
func (Text) GoString() string { return redacted }

// LogValue returns a placeholder to log/slog.
func (Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON encodes a placeholder: a Text put into an answer by mistake stays hidden.
func (Text) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// MarshalText does the same for encoders that prefer text, such as YAML or a map key.
func (Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }
