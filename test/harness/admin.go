package harness

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/config"
)

// Helpers that use the server as an operator does.

// WithAdmin opens the admin listener on a free port.
func WithAdmin() Option {
	return WithConfig(func(c *config.Config) { c.AdminListen = "127.0.0.1:0" })
}

// Admin calls the admin listener.
func (p *Product) Admin(t *testing.T, method, path string, header http.Header) Response {
	t.Helper()
	admin := &Product{URL: "http://" + p.App.AdminAddr().String(), Client: p.Client}
	return admin.Do(t, method, path, header, "")
}

// Series maps the product's own samples, by name and labels as /metrics writes them, to their values.
type Series map[string]float64

// Metrics reads all series from the admin listener.
func (p *Product) Metrics(t *testing.T) Series {
	t.Helper()
	return parseSeries(t, p.Admin(t, "GET", "/metrics", nil).Is(t, 200).Body)
}

func parseSeries(t *testing.T, text string) Series {
	t.Helper()

	found := Series{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "bff_") {
			continue
		}
		at := strings.LastIndexByte(line, ' ')

		value, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			t.Fatalf("%q is not a sample: %v", line, err)
		}
		found[line[:at]] = value
	}

	return found
}

// Are fails the test unless every sample exists with its value.
func (s Series) Are(t *testing.T, want Series) {
	t.Helper()

	for name, value := range want {
		if got, found := s[name]; !found || got != value {
			t.Errorf("%s: got %v (found: %t), want %v", name, got, found, value)
		}
	}
}
