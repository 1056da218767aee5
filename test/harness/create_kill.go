package harness

import (
	"slices"
	"testing"
)

// WaitForCreate waits until upstream is processing a create.
func (p *Product) WaitForCreate(t *testing.T) {
	t.Helper()

	if !Eventually(func() bool {
		return slices.ContainsFunc(
			p.JournalOutcomes(t), func(c MintCall) bool { return c.Path == UpstreamCreate && c.Outcome == "in_flight" },
		)
	}) {
		t.Fatal("no create reached upstream")
	}
}
