package harness

import (
	"encoding/json"
	"strings"
	"testing"
)

// logLine is the line of a request.
type logLine struct {
	Level      string  `json:"level"`
	Message    string  `json:"msg"`
	RequestID  string  `json:"request_id"`
	Method     string  `json:"method"`
	Route      string  `json:"route"`
	Status     int     `json:"status"`
	Bytes      int64   `json:"bytes"`
	TookMS     float64 `json:"took_ms"`
	UpstreamMS float64 `json:"upstream_ms"`
	Client     string  `json:"client"`
	Account    string  `json:"account"`
	Code       string  `json:"code"`
	Cause      string  `json:"cause"`
}

// Line finds the access log line of a response.
func (p *Product) Line(t *testing.T, of Response) logLine {
	t.Helper()

	for text := range strings.Lines(p.Log.String()) {
		var line logLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%q is not a JSON line: %v", text, err)
		}

		if line.Message == "request" && line.RequestID == of.Header.Get("X-Request-Id") {
			return line
		}
	}
	t.Fatalf("%s %s was not logged", of.Method, of.Path)

	return logLine{}
}
