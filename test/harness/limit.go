package harness

import (
	"strings"
	"testing"
	"time"
)

// IsLimited checks for the problem of one limit, and the range of its wait.
func (a Response) IsLimited(t *testing.T, name string, least, most time.Duration) {
	t.Helper()

	if got := a.IsProblem(t, 429, "rate_limited"); got.Limit != name {
		t.Errorf("%s %s: got the limit of %q, want %q", a.Method, a.Path, got.Limit, name)
	}
	a.RetryAfter(t, least, most)
}

// WantLimits compares the limits in the response headers. An asterisk matches a number that changes with time.
func (a Response) WantLimits(t *testing.T, policy, left string) {
	t.Helper()

	got, stars := a.Header.Get("RateLimit"), left
	if before, after, found := strings.Cut(left, "*"); found && strings.HasPrefix(got, before) {
		digits := strings.TrimLeft(got[len(before):], "0123456789")
		if strings.HasPrefix(digits, after) {
			stars = before + got[len(before):len(got)-len(digits)] + after
		}
	}

	if a.Header.Get("RateLimit-Policy") != policy || got != stars {
		t.Errorf(
			"%s %s: got RateLimit-Policy %s and RateLimit %s, want %s and %s",
			a.Method,
			a.Path,
			a.Header.Get("RateLimit-Policy"),
			got,
			policy,
			left,
		)
	}
}

// AgeLimits changes the limits' rows as if this time had passed.
func (p *Product) AgeLimits(t *testing.T, passed time.Duration) {
	t.Helper()
	p.Change(t, "UPDATE limits SET tat = tat - ?", passed.Microseconds())
}
