package sandboxtest

import (
	"net/http"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// Inject adds a fault rule, as POST /faults accepts it.
func Inject(t *testing.T, s *sandbox.Sandbox, rule string) {
	t.Helper()

	if got := Call(
		t, "POST", s.ControlURL()+"/faults", rule,
	); got.Status != http.StatusCreated ||
		got.Text(t, "id") == "" {
		t.Fatalf("POST /faults: got %d %s", got.Status, got.Body)
	}
}

// JournalEntry is one call in the journal.
type JournalEntry struct {
	Method, Path            string
	Status                  int
	Account, Outcome, Fault string
}
