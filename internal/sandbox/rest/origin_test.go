package rest_test

import (
	"net/http"
	"testing"
)

// TestAPageMayUseTheSDK has the preflight of a browser before @upstash/redis sends a command, and the headers that
// the page needs in the response.
func TestAPageMayUseTheSDK(t *testing.T) {
	handler, _ := newHandler(t, 0)

	response := ask(
		t,
		handler,
		http.MethodOptions,
		"/pipeline",
		"",
		"Origin: http://localhost:8080",
		"Access-Control-Request-Method: POST",
		"Access-Control-Request-Headers: authorization,content-type,upstash-encoding",
	)
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":      "http://localhost:8080",
		"Access-Control-Allow-Credentials": "true",
		"Access-Control-Allow-Methods":     "HEAD, GET, POST, PUT",
		"Access-Control-Allow-Headers":     "authorization,content-type,upstash-encoding",
	} {
		if got := response.header.Get(name); got != want {
			t.Errorf("the preflight's %s is %q, want %q", name, got, want)
		}
	}

	if got := response.text; response.status != 200 || got != "" {
		t.Errorf("the preflight answered %d %q", response.status, got)
	}

	// a refusal is readable too
	for _, headers := range [][]string{{"Origin: https://app.example", asFull}, {"Origin: https://app.example"}} {
		response := ask(t, handler, http.MethodPost, "/", `["PING"]`, headers...)
		if got := response.header.Get("Access-Control-Allow-Origin"); got != "https://app.example" {
			t.Errorf("an answer of %d allows the origin %q", response.status, got)
		}

		if got := response.header.Get("Vary"); got != "Origin" {
			t.Errorf("an answer of %d varies by %q", response.status, got)
		}
	}

	if got := ask(
		t, handler, http.MethodGet, "/ping", "", asFull,
	).header.Values(
		"Access-Control-Allow-Origin",
	); len(
		got,
	) != 0 {
		t.Errorf("without an origin, %q is allowed", got)
	}
}
