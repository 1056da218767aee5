package test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/upstash-connect/bff"
	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/server"
	"github.com/upstash-connect/bff/test/harness"
)

// Row S07: whatever a request contains, one event is one log line, in both formats.
//
// Threat model: S07.
func TestLogLinesCannotBeForged(t *testing.T) {
	const forged = `{"level":"ERROR","msg":"forged"}`

	breakers := []string{
		"\r\n" + forged + "\r\n",
		"\n" + forged,
		"\x1b[2K\x1b[1A" + forged,
		"\u2028" + forged,
		"\u0085" + forged,
		`"}` + "\n" + forged,
		"\x00" + forged,
	}
	for _, format := range []string{"json", "text"} {
		t.Run(format, func(t *testing.T) {
			p := harness.StartProduct(t)
			out := &harness.LogBuffer{}
			handler := withLogger(t, p, (&config.Config{LogFormat: format, LogLevel: slog.LevelDebug}).NewLogger(out))
			token := p.TokenOf(t, "forger@example.com")

			requests := 0
			for _, text := range breakers {
				claims := map[string]any{
					"email":  "forger@example.com",
					"claims": map[string]any{"https://user.io/email": text + "@example.com", "azp": text},
				}
				for _, request := range []*http.Request{
					{Method: "GET", URL: &url.URL{Path: "/api/v1/" + text}, Header: http.Header{}},
					{Method: "GET", URL: &url.URL{Path: "/api/v1/databases/" + text, RawQuery: "q=" + text}, Header: harness.Bearer(token)},
					{Method: "BREW" + text, URL: &url.URL{Path: "/api/v1/databases"}, Header: harness.Bearer(token)},
					{Method: "GET", URL: &url.URL{Path: "/api/v1/databases"}, Header: http.Header{"X-Request-Id": {text}, "User-Agent": {text}, "Referer": {text}, "X-Forwarded-For": {text}}},
					{Method: "GET", URL: &url.URL{Path: "/api/v1/databases"}, Header: harness.Bearer(text)},
					{Method: "GET", URL: &url.URL{Path: "/api/v1/databases"}, Header: harness.Bearer(p.Token(t, claims))},
					{Method: "PUT", URL: &url.URL{Path: "/api/v1/connection"}, Header: harness.Bearer(p.Token(t, map[string]any{"email": "forger@example.com", "claims": map[string]any{"https://user.io/email": text + "@example.com"}}))},
				} {
					request.Host = strings.TrimPrefix(p.URL, "http://")
					request.Body = io.NopCloser(strings.NewReader(""))
					request.RequestURI = request.URL.Path
					handler.ServeHTTP(httptest.NewRecorder(), request.WithContext(t.Context()))
					requests++
				}
			}
			lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")

			ended := 0
			for _, line := range lines {
				if strings.ContainsAny(line, "\r\x1b\x00") || strings.HasPrefix(line, forged) {
					t.Errorf("a line that a client made: %q", line)
				}

				if strings.Contains(line, `"msg":"request"`) || strings.Contains(line, "msg=request ") {
					ended++
				}

				var event map[string]any
				if format == "json" && json.Unmarshal([]byte(line), &event) != nil {
					t.Errorf("not one JSON object: %q", line)
				}
			}

			if ended != requests {
				t.Errorf("got %d lines of requests for %d requests", ended, requests)
			}
		})
	}
}

// Row S08: the public listener exposes nothing internal. Every path except the app's own screens is 404: an HTML
// page, or a problem for files and the API.
//
// Threat model: S08.
func TestInternalEndpointsAreNotExposed(t *testing.T) {
	p := harness.StartProduct(t, harness.WithAdmin()) // what operators are offered elsewhere is not offered here

	document := p.Do(t, "GET", "/", nil, "").Is(t, 200).Body
	for _, path := range []string{
		"/metrics", "/debug/pprof", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/.git", "/.git/config", "/.env", "/.env.local",
		"/bff.db", "/bff.db-wal", "/keyset.json", "/config.json", "/server-status", "/healthz?verbose", "/healthz", "/admin", "/actuator/env",
		"/api/metrics", "/api/v1/debug/pprof", "/api/.env", "/web/src/app.tsx", "/assets/.git/config", "/.well-known/security.txt",
		"/api/v1/audit", "/api/v1/connections/1", "/package.json", "/index.html", "/go.mod",
	} {
		t.Run(path, func(t *testing.T) {
			got := p.Do(t, "GET", path, nil, "")
			if got.Body != document || strings.HasPrefix(path, "/api") {
				got.IsProblem(t, 404, "not_found")
			}
			got.Is(t, 404)
		})
	}

	for _, path := range []string{"/livez", "/readyz?verbose", "/readyz"} {
		got := p.Do(t, "GET", path, nil, "").Is(t, 200).Body
		for _, inside := range []string{
			p.Database, p.StandIns.UpstashURL(), p.StandIns.IssuerURL(), "sqlite", "goroutine",
		} {
			if strings.Contains(got, inside) {
				t.Errorf("%s says %q: %s", path, inside, got)
			}
		}
	}
}

// Row S09: path tricks neither leave the page's directory nor return the page from an API path.
//
// Threat model: S09.
func TestStaticFilesResistPathTricks(t *testing.T) {
	p := harness.StartProduct(t)
	document := p.Do(t, "GET", "/", nil, "").Is(t, 200).Body

	get := func(t *testing.T, target string) harness.Response {
		t.Helper()

		return p.Raw(
			t,
			"GET "+target+" HTTP/1.1\r\nHost: "+strings.TrimPrefix(p.URL, "http://")+"\r\nConnection: close\r\n\r\n",
		)
	}
	for _, target := range []string{
		"/api", "/api/", "/api/index.html", "/api/v1", "/api/v1/", "/api/v2/config", "/api/v1/nothing", "/api/v1/config/", "/api//v1/config",
		"/api/..%2findex.html", "/api/%2e%2e/", "/api/../index.html", "/api/v1/..%2f..%2f", "/api/v1%2fdatabases", "/%61pi/v1/nothing",
		"/assets/", "/assets/index.html", "/assets//index.html", "/assets/%00index.html", "/assets/..%5cindex.html", "/assets/.git/config",
		"/assets/../../../../etc/passwd", "/assets/..%2f..%2f..%2fetc/passwd", "/assets/%2e%2e/%2e%2e/go.mod", "/assets/missing.js",
		"/..%5c..%5cgo.mod", "/%2e%2e/go.mod", "//etc/passwd", "/./.env", "/databases/..", "/index.html", "/.hidden",
	} {
		t.Run("404 "+target, func(t *testing.T) {
			if got := get(
				t, target,
			); got.Status != 404 ||
				got.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("got %d %s %.200s, want a 404 problem", got.Status, got.Header.Get("Content-Type"), got.Body)
			}
		})
	}

	for target, status := range map[string]int{"/API/v1/config": 404, "/assets": 404, "/databases/1": 200, "/callback?code=1": 200} {
		t.Run("the page's own "+target, func(t *testing.T) {
			if got := get(t, target).Is(t, status); got.Body != document {
				t.Errorf("got %.200s, want the page", got.Body)
			}
		})
	}
}

// Row S11: a panic in a handler is a 500 without details, and the server continues.
//
// Threat model: S11.
func TestPanicInAHandlerIsAnInternalError(t *testing.T) {
	p := harness.StartProduct(t)
	out := &harness.LogBuffer{}

	public, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}

	server, err := api.NewServer(api.Options{
		PublicURL: public,
		Page:      api.PageConfig{Issuer: p.StandIns.IssuerURL()},
		// Nil behind an interface: each call of them panics.
		Tokens:    struct{ api.Tokens }{},
		Conns:     struct{ api.Connections }{},
		Sessions:  struct{ api.Sessions }{},
		Databases: struct{ api.Databases }{},
		Requests:  struct{ api.Requests }{},
		Partners:  struct{ api.Partners }{},
		Events:    struct{ api.Events }{},

		ServiceRequests: struct{ api.Requests }{},

		Assets:   fstest.MapFS{},
		Contract: bff.Contract,
		Logger:   slog.New(slog.NewJSONHandler(out, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}

	running := httptest.NewServer(server)
	defer running.Close()

	for range 3 {
		request, err := http.NewRequestWithContext(t.Context(), "GET", running.URL+"/api/v1/databases", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host, request.Header = public.Host, harness.Bearer("canary-token-in-a-panic")

		response, err := p.Client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		harness.Response{
			Method: "GET",
			Path:   "/api/v1/databases",
			Status: response.StatusCode,
			Header: response.Header,
			Body:   string(body),
		}.IsProblem(t, 500,
			"internal")
	}

	if log := out.String(); strings.Count(log, "a handler panicked") != 3 ||
		strings.Contains(log, "canary-token-in-a-panic") {
		t.Errorf("got log %s, want three panics without the token", log)
	}
}

// withLogger is the product's handler, wired anew with another logger and its own database.
func withLogger(t *testing.T, p *harness.Product, logger *slog.Logger) http.Handler {
	t.Helper()
	other := *p.Config
	other.DatabaseURL = secret.New("sqlite://" + t.TempDir() + "/bff.db")

	a, err := server.New(t.Context(), server.Options{Config: &other, Logger: logger, Version: harness.TestVersion})
	if err != nil {
		t.Fatal(err)
	}

	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}

	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))

	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, listener) }()
	t.Cleanup(func() {
		stop()

		if err := <-ended; err != nil {
			t.Errorf("the server ended with: %v", err)
		}
	})

	if err := a.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}

	return a.Handler()
}
