package test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/test/harness"
)

// Every request logs one line with route, status, size, the time spent, and the upstream part of it.
func TestAccessLogHasTheFieldsOperatorsNeed(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithFront(t, &f))
	id := m.Create(t, "", harness.CreateBody("mine")).Database(t, 201).ID
	read := m.Do(t, "GET", harness.DatabasesPath+"/"+id+"?q=canary-query", m.Header, "").Is(t, 200)
	catalog := m.Do(t, "GET", "/api/v1/catalog", m.Header, "").Is(t, 200)
	nowhere := m.Do(t, "GET", "/api/v1/canary-path", nil, "").Is(t, 404)
	probe := m.Do(t, "GET", "/readyz", nil, "").Is(t, 200)
	f.RespondsWith("GET", harness.UpstreamList, 503, nil, "")
	failed := m.Do(t, "GET", harness.DatabasesPath, m.Header, "").Is(t, 503)

	got := m.Line(t, read)
	if got.Level != "INFO" || got.Method != "GET" || got.Route != harness.DatabasesPath+"/:id" || got.Status != 200 ||
		got.Bytes != int64(len(read.Body)) ||
		got.Client != "127.0.0.1" ||
		got.Account == "" ||
		got.Code != "" {
		t.Errorf("a read is logged as %+v", got)
	}

	if got.UpstreamMS <= 0 || got.UpstreamMS > got.TookMS {
		t.Errorf("%v of %v ms were spent upstream", got.UpstreamMS, got.TookMS)
	}

	if got := m.Line(t, catalog); got.UpstreamMS != 0 || got.TookMS <= 0 {
		t.Errorf("a request without a call is logged as %+v", got)
	}

	if got := m.Line(
		t, nowhere,
	); got.Level != "INFO" || got.Route != "unmatched" || got.Code != "not_found" ||
		got.Account != "" {
		t.Errorf("a request for nothing is logged as %+v", got)
	}

	if got := m.Line(t, probe); got.Level != "DEBUG" || got.Route != "/readyz" {
		t.Errorf("a probe is logged as %+v", got)
	}

	if got := m.Line(
		t, failed,
	); got.Level != "ERROR" || got.Code != "upstream_unavailable" || got.Cause != "upstash responded with status 503" ||
		got.UpstreamMS <= 0 {
		t.Errorf("a failure is logged as %+v", got)
	}

	if strings.Contains(m.Log.String(), "canary-") {
		t.Error("the log contains a path or a query")
	}
}

// A probe that gets "not ready" logs a warning, and the failing part logs its own line.
func TestAccessLogRecordsFailedProbes(t *testing.T) {
	t.Parallel()
	i := harness.NewIssuer(t)
	i.SetKeyHandler(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	p := harness.StartProduct(t, harness.WithIssuer(i), harness.WithoutKeys())

	got := p.Line(t, p.Do(t, "GET", "/readyz", nil, ""))
	if got.Status != 503 || got.Level != "WARN" {
		t.Errorf("logged as %+v", got)
	}
}
