package harness

import (
	"testing"
)

// RejectsTokens runs a subtest per token and checks for a plain 401 at every endpoint.
func (p *Product) RejectsTokens(t *testing.T, tokens map[string]string) {
	t.Helper()

	for name, token := range tokens {
		t.Run(name, func(t *testing.T) {
			p.noteToken(token)
			p.RejectedAtEveryEndpoint(t, Bearer(token), 401, "invalid_token")
		})
	}
}

// AcceptsToken checks that a token is accepted: a test of rejections proves nothing if all tokens are rejected. The
// account was never connected, so an accepted token gets connect_required.
func (p *Product) AcceptsToken(t *testing.T, token string) {
	t.Helper()
	p.noteToken(token)
	p.HasNoEffect(t, func() {
		p.Do(t, "GET", "/api/v1/databases", Bearer(token), "").IsProblem(t, 409, "connect_required")
	})
}

// RejectedAsTooLarge checks for net/http's 431: the server never parses such a header.
func (p *Product) RejectedAsTooLarge(t *testing.T, authorization string) {
	t.Helper()
	p.HasNoEffect(t, func() {
		for _, endpoint := range TokenEndpoints {
			p.Raw(
				t,
				endpoint.Method+" "+endpoint.Path+" HTTP/1.1\r\nHost: "+p.Host()+"\r\nAuthorization: "+authorization+"\r\n\r\n",
			).Is(
				t, 431,
			)
		}
	})
}
