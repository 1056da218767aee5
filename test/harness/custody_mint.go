package harness

import (
	"testing"
)

// OnMint arms a fault for the next mint call.
func (p *Product) OnMint(t *testing.T, do map[string]any) {
	t.Helper()
	p.Fault(
		t, map[string]any{"match": map[string]any{"target": "upstash", "method": "POST", "path": "/apikey"}, "do": do},
	)
}
