package harness

import (
	"testing"
)

// RefusesTokens runs one subtest a token and wants the plain 401 at every door.
func (p *Product) RefusesTokens(t *testing.T, tokens map[string]string) {
	t.Helper()

	for name, token := range tokens {
		t.Run(name, func(t *testing.T) {
			p.noteToken(token)
			p.RefusedAtEveryDoor(t, Bearer(token), 401, "invalid_token")
		})
	}
}

// Admits checks that a token is accepted, for a test whose refusals would mean nothing if all tokens were refused. Its
// account was never connected, which is what the door behind the door says.
func (p *Product) Admits(t *testing.T, token string) {
	t.Helper()
	p.noteToken(token)
	p.LeavesNothing(t, func() {
		p.Do(t, "GET", "/api/v1/databases", Bearer(token), "").IsProblem(t, 409, "connect_required")
	})
}

// RefusedAsTooLarge wants net/http's 431: such a header is never looked at.
func (p *Product) RefusedAsTooLarge(t *testing.T, authorization string) {
	t.Helper()
	p.LeavesNothing(t, func() {
		for _, door := range Doors {
			p.Raw(
				t,
				door.Method+" "+door.Path+" HTTP/1.1\r\nHost: "+p.Host()+"\r\nAuthorization: "+authorization+"\r\n\r\n",
			).Is(
				t, 431,
			)
		}
	})
}
