// Package secret has the only type that carries a credential through this program. Printing, logging or encoding a
// Text yields a placeholder. Only Reveal returns the value, and its calls are easy to find.
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

// Reveal returns the credential. Each call is a place where it may leak, so there should be few.
func (t Text) Reveal() string { return t.value }

// IsZero reports whether there is no credential.
func (t Text) IsZero() bool { return t.value == "" }

// String returns a placeholder, so that %s and %v print nothing of the credential.
func (Text) String() string { return redacted }

// GoString returns a placeholder, so that %#v prints nothing of the credential.
func (Text) GoString() string { return redacted }

// LogValue returns a placeholder to log/slog.
func (Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON encodes a placeholder: a Text in a response by mistake stays hidden.
func (Text) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// MarshalText does the same for encoders that prefer text, such as YAML or a map key.
func (Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }
