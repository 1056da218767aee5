package main

import (
	"encoding/json"
	"net/http"
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

// line finds what was logged of an answer.
func (p *product) line(t *testing.T, of answer) logLine {
	t.Helper()
	for text := range strings.Lines(p.log.String()) {
		var line logLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%q is no line of JSON: %v", text, err)
		}
		if line.Message == "request" && line.RequestID == of.header.Get("X-Request-Id") {
			return line
		}
	}
	t.Fatalf("%s %s was not logged", of.method, of.path)
	return logLine{}
}

// Every request is one line that says what operators need: route, status, size, the time spent and how much of it upstream.
func TestAccessLogSaysWhatOperatorsNeed(t *testing.T) {
	t.Parallel()
	var f front
	m := startJoined(t, withFront(t, &f))
	id := m.create(t, "", createBody("mine")).database(t, 201).ID
	read := m.do(t, "GET", databasesPath+"/"+id+"?q=canary-query", m.header, "").is(t, 200)
	catalog := m.do(t, "GET", "/api/v1/catalog", m.header, "").is(t, 200)
	nowhere := m.do(t, "GET", "/api/v1/canary-path", nil, "").is(t, 404)
	probe := m.do(t, "GET", "/readyz", nil, "").is(t, 200)
	f.says("GET", upstreamList, 503, nil, "")
	failed := m.do(t, "GET", databasesPath, m.header, "").is(t, 503)

	got := m.line(t, read)
	if got.Level != "INFO" || got.Method != "GET" || got.Route != databasesPath+"/:id" || got.Status != 200 || got.Bytes != int64(len(read.body)) || got.Client != "127.0.0.1" || got.Account == "" || got.Code != "" {
		t.Errorf("a read is logged as %+v", got)
	}
	if got.UpstreamMS <= 0 || got.UpstreamMS > got.TookMS {
		t.Errorf("%v of %v ms were spent upstream", got.UpstreamMS, got.TookMS)
	}
	if got := m.line(t, catalog); got.UpstreamMS != 0 || got.TookMS <= 0 {
		t.Errorf("a request without a call is logged as %+v", got)
	}
	if got := m.line(t, nowhere); got.Level != "INFO" || got.Route != "unmatched" || got.Code != "not_found" || got.Account != "" {
		t.Errorf("a request for nothing is logged as %+v", got)
	}
	if got := m.line(t, probe); got.Level != "DEBUG" || got.Route != "/readyz" {
		t.Errorf("a probe is logged as %+v", got)
	}
	if got := m.line(t, failed); got.Level != "ERROR" || got.Code != "upstream_unavailable" || got.Cause != "upstash answered 503" || got.UpstreamMS <= 0 {
		t.Errorf("a failure is logged as %+v", got)
	}
	if strings.Contains(m.log.String(), "canary-") {
		t.Error("the log holds a path or a query")
	}
}

// A probe that is answered "not ready" is a warning, and the part that is missing has a line of its own.
func TestAccessLogOfAProbeThatFails(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	i.answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	p := startProduct(t, withIssuer(i), withoutKeys())
	got := p.line(t, p.do(t, "GET", "/readyz", nil, ""))
	if got.Status != 503 || got.Level != "WARN" {
		t.Errorf("logged as %+v", got)
	}
}
