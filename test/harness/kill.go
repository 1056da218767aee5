package harness

import (
	"slices"
	"testing"
	"time"
)

// WaitForMints waits until upstream has processed this many mint calls of an account.
func (p *Product) WaitForMints(t *testing.T, email string, calls int) []MintCall {
	t.Helper()

	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		decided := p.MintCalls(t, email)
		if len(decided) >= calls &&
			!slices.ContainsFunc(decided, func(c MintCall) bool { return c.Outcome == "in_flight" }) {
			return decided
		}
	}
	t.Fatalf("upstream did not see %d calls of %s", calls, email)

	return nil
}
