package test

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/test/harness"
)

// receiver accepts spans by OTLP over HTTP, as a collector does.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	spans []*trace.Span
	raw   []byte // everything that arrived, resource included
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)

		var export collector.ExportTraceServiceRequest
		if err != nil || request.URL.Path != "/v1/traces" || proto.Unmarshal(body, &export) != nil {
			t.Errorf("%s %s is no export of spans (%v)", request.Method, request.URL.Path, err)
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()

		r.raw = append(r.raw, body...)
		for _, resource := range export.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				r.spans = append(r.spans, scope.GetSpans()...)
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(r.Close)

	return r
}

// traced starts the product with traces on. Batches go out hourly: what arrives before was sent by the stop.
func traced(t *testing.T, options ...harness.Option) (*harness.Product, *receiver) {
	t.Helper()
	r := newReceiver(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", r.URL)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "3600000")

	return harness.StartProduct(t, options...), r
}

// stopped ends the server and waits for its spans.
func (r *receiver) stopped(t *testing.T, p *harness.Product) []*trace.Span {
	t.Helper()
	r.mu.Lock()
	early := len(r.spans)
	r.mu.Unlock()
	p.Stop()

	arrived := func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.spans) > early
	}
	if !harness.Eventually(arrived) {
		t.Fatal("the stop delivered no spans")
	}

	if early > 0 {
		t.Fatalf("%d spans came before the stop: this test would not show that it flushes", early)
	}
	r.mu.Lock()
	defer r.mu.Unlock()

	return r.spans
}

func named(t *testing.T, spans []*trace.Span, name string) *trace.Span {
	t.Helper()

	var names []string
	for _, span := range spans {
		if span.GetName() == name {
			return span
		}
		names = append(names, span.GetName())
	}
	t.Fatalf("no span is named %q; there are %q", name, names)

	return nil
}

func attributes(span *trace.Span) map[string]string {
	found := map[string]string{}
	for _, pair := range span.GetAttributes() {
		value := pair.GetValue().GetStringValue()
		if value == "" {
			value = pair.GetValue().String()
		}
		found[pair.GetKey()] = value
	}

	return found
}

// Row S06 for traces: spans arrive, named by route and operation, and none of them holds a secret, a person or a path.
//
// Threat model: S06.
func TestTracesHoldNoSecret(t *testing.T) {
	p, r := traced(t)
	const email = "canary-traced@example.com"
	secrets := harness.Canaries{
		email:               "e-mail",
		"canary-path-4720":  "path",
		"canary-query-4721": "query",
		"canary-agent-4722": "user agent",
		"canary-state-4723": "tracestate",
	}
	token := p.TokenOf(t, email)
	secrets[token[strings.LastIndex(token, ".")+1:]] = "token"
	header := harness.Merged(
		harness.Bearer(token), http.Header{"User-Agent": {"canary-agent-4722"}, "X-Request-Id": {"canary-path-4720"}},
	)
	logIn := p.Do(t, "POST", "/api/v1/session", header, "").Is(t, 201)
	cookie := p.SessionCookie(t, logIn)
	secrets[cookie.Value] = "session cookie"
	page := p.FromPage(cookie)
	id := p.Do(t, "POST", "/api/v1/databases", page, harness.CreateBody("canary-path-4720")).Database(t, 201).ID
	secrets[id] = "database's id"
	p.Do(t, "GET", "/api/v1/databases/"+id+"/credentials?q=canary-query-4721", page, "").Is(t, 200)
	p.Do(t, "GET", "/api/v1/canary-path-4720?q=canary-query-4721", header, "").Is(t, 404)
	p.Do(t, "GET", "/canary-path-4720", nil, "").Is(t, 404)
	p.Do(t, "GET", "/livez", nil, "").Is(t, 200)
	p.NoteUpstream(t, email, secrets)
	secrets[p.Account(t, email).Subject] = "account"
	spans := r.stopped(t, p)

	if found := secrets.In(r.raw); len(found) > 0 {
		t.Errorf("the traces hold: %v", found)
	}

	for _, name := range []string{"GET unmatched", "GET /*", "GET /api/v1/databases/:id/credentials"} {
		named(t, spans, name)
	}

	if slices.ContainsFunc(
		spans, func(s *trace.Span) bool { return strings.Contains(s.GetName(), "livez") || s.GetName() == "request" },
	) {
		t.Error("probes are traced, or a span has no name")
	}

	create, call := named(t, spans, "POST /api/v1/databases"), named(t, spans, "upstash create")
	if string(call.GetParentSpanId()) != string(create.GetSpanId()) ||
		string(call.GetTraceId()) != string(create.GetTraceId()) ||
		len(create.GetParentSpanId()) > 0 {
		t.Error("the call to upstream is not part of the request that made it")
	}

	if got := attributes(
		create,
	); got["http.route"] != "/api/v1/databases" || got["http.request.method"] != "POST" ||
		got["http.response.status_code"] != "int_value:201" {
		t.Errorf("got attributes %v", got)
	}

	if got := attributes(
		call,
	); got["bff.upstream.outcome"] != "ok" || call.GetKind() != trace.Span_SPAN_KIND_CLIENT ||
		create.GetKind() != trace.Span_SPAN_KIND_SERVER {
		t.Errorf("got attributes %v and kinds %v, %v", got, call.GetKind(), create.GetKind())
	}

	if log := p.Log.String(); !strings.Contains(log, `"trace_id":"`) || strings.Contains(log, `"trace_id":"00000000`) {
		t.Error("the log does not name its traces")
	}
}

// A stranger's traceparent becomes a link, not the parent: it neither decides what is sampled nor joins traces to
// ours. An invalid traceparent is ignored.
func TestUntrustedTracesAreLinked(t *testing.T) {
	p, r := traced(t)

	const theirs = "4bf92f3577b34da6a3ce929d0e0e4736"
	for _, flags := range []string{"00", "01"} { // not sampled, sampled
		p.Do(
			t,
			"GET",
			"/api/v1/config",
			http.Header{"Traceparent": {"00-" + theirs + "-00f067aa0ba902b7-" + flags}, "Tracestate": {"canary=1"}},
			"",
		).Is(
			t, 200,
		)
	}
	p.Do(t, "GET", "/api/v1/openapi.json", http.Header{"Traceparent": {"00-nonsense"}}, "").Is(t, 200)
	spans := r.stopped(t, p)

	linked := 0
	for _, span := range spans {
		for _, link := range span.GetLinks() {
			if hexOf(link.GetTraceId()) != theirs {
				t.Errorf("got a link to %x", link.GetTraceId())
			}
			linked++
		}

		if hexOf(span.GetTraceId()) == theirs || len(span.GetParentSpanId()) > 0 {
			t.Errorf("%s is part of a stranger's trace", span.GetName())
		}
	}

	if linked != 2 || len(named(t, spans, "GET /api/v1/openapi.json").GetLinks()) != 0 {
		t.Errorf("got %d links, want one for each traceparent that is one", linked)
	}
}

// An unreachable collector causes a warning. It affects neither responses nor a clean shutdown.
func TestUnreachableTraceCollector(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1/v1/traces")
	p := harness.StartProduct(t)
	p.Do(t, "GET", "/api/v1/config", nil, "").Is(t, 200)
	p.Stop()

	if !harness.Eventually(func() bool {
		return strings.Contains(p.Log.String(), "traces were not delivered") ||
			strings.Contains(p.Log.String(), "the server could not deliver traces")
	}) {
		t.Error("nothing is logged of the traces that were lost")
	}
}

// Tracing is off by default, or by the standard's variables: no spans, and no mention in the log.
func TestTracesAreOffByDefault(t *testing.T) {
	r := newReceiver(t)
	for name, environment := range map[string]map[string]string{
		"nothing set":      {},
		"the SDK disabled": {"OTEL_EXPORTER_OTLP_ENDPOINT": r.URL, "OTEL_SDK_DISABLED": "TRUE"},
		"no exporter":      {"OTEL_EXPORTER_OTLP_ENDPOINT": r.URL, "OTEL_TRACES_EXPORTER": "none"},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range environment {
				t.Setenv(variable, value)
			}
			p := harness.StartProduct(t)
			p.Do(t, "GET", "/api/v1/config", nil, "").Is(t, 200)

			if p.App.Traced() || strings.Contains(p.Log.String(), "trace_id") {
				t.Error("traces are on")
			}
		})
	}

	if len(r.raw) > 0 {
		t.Error("something was sent all the same")
	}
}

func hexOf(id []byte) string { return hex.EncodeToString(id) }

// A probe under a path is recognized too, whether or not the proxy strips the path.
func TestProbesUnderAPathAreNotTraced(t *testing.T) {
	p, r := traced(t, harness.WithConfig(func(c *config.Config) { c.PublicURL.Path = "/connect" }))
	for _, path := range []string{"/livez", "/connect/livez", "/readyz", "/connect/readyz"} {
		p.Do(t, "GET", path, nil, "").Is(t, 200)
	}
	p.Do(t, "GET", "/connect/api/v1/config", nil, "").Is(t, 200)
	p.Do(t, "GET", "/connect/livez/x", nil, "").Is(t, 404)

	if spans := r.stopped(t, p); len(spans) != 2 {
		t.Errorf("got %d spans, want those of the two requests that are no probes", len(spans))
	}
}
