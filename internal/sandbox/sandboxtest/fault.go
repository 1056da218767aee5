package sandboxtest

import (
	"net/http"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// Inject puts a fault in force, as POST /faults takes it.
func Inject(t *testing.T, s *sandbox.Sandbox, rule string) {
	t.Helper()

	if got := Call(
		t, "POST", s.ControlURL()+"/faults", rule,
	); got.Status != http.StatusCreated ||
		got.Text(t, "id") == "" {
		t.Fatalf("POST /faults: got %d %s", got.Status, got.Body)
	}
}

// JournalEntry is one exchange as the journal tells of it.
type JournalEntry struct {
	Method, Path            string
	Status                  int
	Account, Outcome, Fault string
}
