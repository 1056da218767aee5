package harness

import (
	"testing"
)

// RejectsClaims checks that every endpoint rejects the stand-in issuer's tokens with these claims with a plain 401.
func (p *Product) RejectsClaims(t *testing.T, tables map[string]map[string]any) {
	t.Helper()

	tokens := map[string]string{}
	for name, claims := range tables {
		tokens[name] = p.Token(t, map[string]any{"email": "someone@example.com", "claims": claims})
	}
	p.RejectsTokens(t, tokens)
}

// AcceptsClaims checks that tokens with these claims are accepted.
func (p *Product) AcceptsClaims(t *testing.T, tables map[string]map[string]any) {
	t.Helper()

	for name, claims := range tables {
		t.Run(name, func(t *testing.T) {
			p.AcceptsToken(t, p.Token(t, map[string]any{"email": "someone@example.com", "claims": claims}))
		})
	}
}
