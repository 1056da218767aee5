package harness

import (
	"testing"

	"github.com/upstash-connect/bff/internal/keys"
)

// Events reads the audit log as `bff audit` does.
func (p *Product) Events(t *testing.T) []keys.Event {
	t.Helper()
	var events []keys.Event

	err := p.App.Store().Events(t.Context(), keys.EventFilter{}, func(event keys.Event) error {
		events = append(events, event)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	return events
}
