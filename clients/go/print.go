package connect

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// secret returns a service token. A function, and no string: printers and encoders that use reflection, such as fmt for
// an unexported field, cannot look into it.
type secret func() string

func hidden(token string) secret {
	token = strings.TrimSpace(token)
	return func() string { return token }
}

// The methods below have value receivers, so that a copied client is printed the same way as a pointer to one.

// String returns the server's URL, never the token.
func (c Client) String() string { return "connect.Client(" + c.base + ")" }

// Format prints String for every verb, also for %#v and for wrong ones such as %d and %x.
func (c Client) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, c.String()) }

// LogValue returns String to log/slog.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON encodes the server's URL, never the token.
func (c Client) MarshalJSON() ([]byte, error) { return json.Marshal(map[string]string{"url": c.base}) }
