package harness

import (
	"testing"
)

// RefusesClaims asks the stand-in issuer for tokens with these claims and wants the plain 401 at every door.
func (p *Product) RefusesClaims(t *testing.T, tables map[string]map[string]any) {
	t.Helper()

	tokens := map[string]string{}
	for name, claims := range tables {
		tokens[name] = p.Token(t, map[string]any{"email": "someone@example.com", "claims": claims})
	}
	p.RefusesTokens(t, tokens)
}

// AdmitsClaims wants tokens with these claims to be accepted.
func (p *Product) AdmitsClaims(t *testing.T, tables map[string]map[string]any) {
	t.Helper()

	for name, claims := range tables {
		t.Run(name, func(t *testing.T) {
			p.Admits(t, p.Token(t, map[string]any{"email": "someone@example.com", "claims": claims}))
		})
	}
}
