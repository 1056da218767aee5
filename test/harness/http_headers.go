package harness

import (
	"encoding/json"
	"strings"
	"testing"
)

// Logged finds the access log's line of a request.
func (p *Product) Logged(t *testing.T, id string) map[string]any {
	t.Helper()

	var found []map[string]any
	for line := range strings.SplitSeq(p.Log.String(), "\n") {
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) == nil && entry["msg"] == "request" && entry["request_id"] == id {
			found = append(found, entry)
		}
	}

	if len(found) != 1 {
		t.Fatalf("the log has %d lines of request %s, want one", len(found), id)
	}

	return found[0]
}
