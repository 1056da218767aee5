package upstash

import (
	"errors"
	"strings"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/secret"
)

// errSecret does not name the secret: a response that is wrong about one says nothing certain about the others.
var errSecret = errors.New("it holds no usable credentials")

// isUsable reports whether a text from Upstash can be a password or a token. Users copy these into .env files, shells
// and headers, so a text that any of them would interpret is no secret: it has only visible ASCII characters, and
// neither quotation marks nor what a script expands within them. Upstash's own are letters and digits, or Base64.
func isUsable(text secret.Text) bool {
	value := text.Reveal()
	for n := range len(value) {
		if b := value[n]; b <= ' ' || b > '~' || strings.IndexByte("\"'`\\$", b) >= 0 {
			return false
		}
	}

	return value != ""
}

// check returns errSecret unless a program can use the credentials that are there. Any may be absent: what is needed
// depends on the call.
func (s Secrets) check() error {
	for _, text := range []secret.Text{s.Password, s.RestToken, s.ReadOnlyRestToken} {
		if !text.IsZero() && !isUsable(text) {
			return errSecret
		}
	}

	return nil
}

// checkRevealed does the same for the secrets of an operation that reveals them. It removes empty ones, and requires
// one that is not.
func checkRevealed(values operation.Values, object *operation.Object) error {
	found := false

	for n := range object.Fields {
		field := &object.Fields[n]

		text, present := values[field.Name].(secret.Text)
		switch {
		case !present:
		case text.IsZero():
			delete(values, field.Name)
		case !isUsable(text):
			return errSecret
		default:
			found = true
		}
	}

	if !found {
		return errSecret
	}

	return nil
}
