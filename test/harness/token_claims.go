package harness

import (
	"testing"
)

// RejectsClaims asks the stand-in issuer for tokens with these claims and wants the plain 401 at every endpoint.
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
