package harness

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"testing"
)

// Canaries maps secrets to descriptions. Each secret is searched for in plain text, base64, hex and URL-escaped.
type Canaries map[string]string

// In names the canaries that content contains, in any of their forms.
func (c Canaries) In(content []byte) []string {
	var found []string
	for value, what := range c {
		for form, encoded := range map[string]string{
			"": value, " in base64": base64.StdEncoding.EncodeToString([]byte(value)), " in base64url": base64.RawURLEncoding.EncodeToString([]byte(value)),
			" in hex": hex.EncodeToString([]byte(value)), " escaped": url.QueryEscape(value),
		} {
			if bytes.Contains(content, []byte(encoded)) {
				found = append(found, what+form)
				break
			}
		}
	}

	return found
}

// NoteUpstream notes the secrets that the stand-in made: keys, and the databases' passwords and tokens.
func (p *Product) NoteUpstream(t *testing.T, email string, secrets Canaries) {
	t.Helper()

	account := p.Account(t, email)
	for _, key := range account.Keys {
		secrets[key.Secret] = "developer key"
	}

	for _, database := range account.Databases {
		for _, field := range []string{"password", "rest_token", "read_only_rest_token"} {
			value, _ := database[field].(string)
			if value == "" {
				t.Fatalf("the stand-in's database has no %s", field)
			}
			secrets[value] = "database's " + field
		}
	}
}
