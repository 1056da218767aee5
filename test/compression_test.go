package test

import (
	"net/http"
	"testing"

	"github.com/upstash-connect/bff/test/harness"
)

// The length of a compressed response reveals its contents (BREACH). So no response about an account is compressed,
// whatever the request accepts.
func TestAccountResponsesAreNotCompressed(t *testing.T) {
	m := harness.StartWithMember(t)
	id := m.Create(t, "", harness.CreateBody("first")).Database(t, 201).ID
	asking := harness.Merged(m.Header, http.Header{"Accept-Encoding": {"br, gzip, *;q=0.5"}})

	for _, path := range []string{
		"/api/v1/config", "/api/v1/connection", "/api/v1/connection/events", harness.DatabasesPath,
		harness.DatabasesPath + "/" + id, harness.DatabasesPath + "/" + id + "/credentials", "/api/v1/catalog",
		"/api/v1/nothing",
	} {
		got := m.Do(t, "GET", path, asking, "")
		if coding := got.Header.Get("Content-Encoding"); coding != "" || got.Body[0] != '{' {
			t.Errorf("%s: got %d with Content-Encoding %q", path, got.Status, coding)
		}
	}
}
