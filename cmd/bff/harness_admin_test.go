package main

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/config"
)

// Helpers that look at the server as its operators do.

// withAdmin opens the admin listener on a free port.
func withAdmin() option {
	return withConfig(func(c *config.Config) { c.AdminListen = "127.0.0.1:0" })
}

// operator asks the admin listener.
func (p *product) operator(t *testing.T, method, path string, header http.Header) answer {
	t.Helper()
	admin := &product{URL: "http://" + p.app.AdminAddr().String(), client: p.client}
	return admin.do(t, method, path, header, "")
}

// series are the product's own samples by name and labels, as /metrics writes them.
type series map[string]float64

func (p *product) metrics(t *testing.T) series {
	t.Helper()
	return parseSeries(t, p.operator(t, "GET", "/metrics", nil).is(t, 200).body)
}

func parseSeries(t *testing.T, text string) series {
	t.Helper()
	found := series{}
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

// are fails the test unless every sample is there with its value.
func (s series) are(t *testing.T, want series) {
	t.Helper()
	for name, value := range want {
		if got, found := s[name]; !found || got != value {
			t.Errorf("%s: got %v (there: %t), want %v", name, got, found, value)
		}
	}
}
