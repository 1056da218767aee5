package harness

import (
	"strings"
	"testing"
)

// List lists databases as the account.
func (p *Product) List(t *testing.T, email string) Response {
	t.Helper()
	return p.Do(t, "GET", "/api/v1/databases", Bearer(p.TokenOf(t, email)), "")
}

// WantTransitions fails the test unless the log and the audit log show exactly these state transitions of a connection,
// in this order.
func (p *Product) WantTransitions(t *testing.T, connectionID string, want ...string) {
	t.Helper()

	var logged []string
	for line := range strings.Lines(p.Log.String()) {
		if strings.Contains(line, "connection state changed") && strings.Contains(line, connectionID) {
			logged = append(logged, edge(line))
		}
	}

	if strings.Join(logged, ", ") != strings.Join(want, ", ") {
		t.Errorf("logged: got %v, want %v", logged, want)
	}

	var audited []string
	for _, event := range p.Events(t) {
		if event.Action == "state_changed" && event.ConnectionID == connectionID {
			audited = append(audited, event.Detail)
		}
	}

	if strings.Join(audited, ", ") != strings.Join(want, ", ") {
		t.Errorf("audited: got %v, want %v", audited, want)
	}
}

// RejectKey makes Upstash reject the account's key this many times, with this status.
func (p *Product) RejectKey(t *testing.T, email string, times, status int) {
	t.Helper()
	p.Fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "path": "/v2/*", "email": email}, "count": times,
		"do": map[string]any{"status": status, "body": map[string]any{"error": "Unauthorized " + email}},
	})
}

// edge reads "from -> to" from a log line.
func edge(line string) string {
	part := func(name string) string {
		_, rest, _ := strings.Cut(line, `"`+name+`":"`)
		value, _, _ := strings.Cut(rest, `"`)
		return value
	}

	return part("from") + " -> " + part("to")
}
