package upstash_test

import (
	"net/url"
	"testing"

	"github.com/upstash-connect/bff/internal/upstash"
)

func TestRawPathsStayAtTheOrigin(t *testing.T) {
	for path, want := range map[string]string{
		"/v2/redis/databases":                  "/v2/redis/databases",
		"/redis/databases":                     "/v2/redis/databases",
		"redis/databases":                      "/v2/redis/databases",
		"v2/teams":                             "/v2/teams",
		"/search":                              "/v2/search",
		"/vector/index/a%20b":                  "/v2/vector/index/a%20b",
		"/auditlogs":                           "/auditlogs",
		"/redisx":                              "/redisx",
		"evil.example/x":                       "/evil.example/x",
		"user@evil.example":                    "/user@evil.example",
		"/v2/redis/database/":                  "/v2/redis/database/",
		"/redis/stats/id?period=1h&a=b":        "/v2/redis/stats/id",
		"/v2/a?next=https://evil.example/../x": "/v2/a",
	} {
		if got, err := upstash.ParseRawPath(path); err != nil || got.String() != want {
			t.Errorf("%q: got %q and %v, want %q", path, got, err, want)
		}
	}

	for _, path := range hostilePaths() {
		if got, err := upstash.ParseRawPath(path); err == nil {
			t.Errorf("%q: got %q, want it rejected", path, got)
		}
	}
}

func hostilePaths() []string {
	return []string{
		"", "/", "?a=b", "//", "https://evil.example/v2/redis/databases", "http://evil.example", "file:///etc/passwd",
		"//evil.example/v2", "///evil.example", "/v2//redis", "\\\\evil.example\\x", "/\\evil.example", "/v2\\redis",
		"/v2/../apikey", "/v2/..", "../v2", "..", "/v2/./redis", "/v2/redis/.", "/v2/%2e%2e/apikey", "/v2/.%2E/x",
		"/v2/%2E/x", "/v2/a%2fb", "/v2/a%5Cb", "/v2/%252e%252e/x", "/v2/a%00b", "/v2/a%0d%0aHost:%20evil", "/v2/a%7f",
		"/v2/a\r\nHost: evil.example", "/v2/a\x00", "/v2/a b", "/v2/a\tb", "/v2/a\x7f", "/v2/ü", "/v2/\u202e",
		"/v2/a#b",
		"/v2/a%", "/v2/a%2", "/v2/a%zz", "/v2/a%ff", "/v2/a?b=c d", "/v2/a?b\r\nX: y", "/v2/a?b=%0d%0a", "/v2/a?b#c",
		"/v2/a?b=%zz", "/v2/{id}", "/v2/a\"b", "/v2/<x>", "@evil.example://x", "/v2/a|b", "/v2/`id`", "/v2/a^b",
	}
}

func TestRawPathKeepsItsQuery(t *testing.T) {
	path, err := upstash.ParseRawPath("/redis/stats/x?period=1h")
	if err != nil {
		t.Fatal(err)
	}
	far := newFar(t, says(200, "{}"))
	client := newClient(t, far.URL+"/base/")

	for _, sent := range []upstash.RawPath{path, path.WithQuery(nil), path.WithQuery(url.Values{"a b": {"&"}})} {
		response, err := client.Raw(t.Context(), somebody, upstash.RawRequest{Method: "GET", Path: sent})
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}

	want := []string{
		"GET /base/v2/redis/stats/x?period=1h", "GET /base/v2/redis/stats/x?period=1h",
		"GET /base/v2/redis/stats/x?period=1h&a+b=%26",
	}
	for n, request := range far.requests {
		if request != want[n] {
			t.Errorf("got %s, want %s", request, want[n])
		}
	}
}
