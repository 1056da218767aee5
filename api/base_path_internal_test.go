package api

import (
	"net/http"
	"net/url"
	"testing"
)

// One rule for both kinds of proxies: the prefix is removed if present.
func TestBasePathIsStripped(t *testing.T) {
	for sent, want := range map[string]string{
		"/up":                        "/",
		"/up/":                       "/",
		"/up/api/v1/config":          "/api/v1/config",
		"/up/api/v1/databases/a%2Fb": "/api/v1/databases/a%2Fb",
		"/up/up/x":                   "/up/x",
		"/up//x":                     "//x",
		"/":                          "/",
		"/api/v1/config":             "/api/v1/config",
		"/upper":                     "/upper",
		"/UP/api":                    "/UP/api",
		"/x/up/api":                  "/x/up/api",
		"/%75p/api":                  "/%75p/api",
		"/up%2Fapi":                  "/up%2Fapi",
		"//up/api":                   "//up/api",
	} {
		target, err := url.Parse("http://localhost" + sent)
		if err != nil {
			t.Fatal(err)
		}
		request := &http.Request{Method: http.MethodGet, URL: target}

		if got := basePath("/up").strip(request).URL.EscapedPath(); got != want {
			t.Errorf("%s: got %s, want %s", sent, got, want)
		}

		if request.URL.EscapedPath() != sent {
			t.Errorf("%s: the caller's request was modified to %s", sent, request.URL.EscapedPath())
		}

		if basePath("").strip(request) != request {
			t.Errorf("%s: a request was changed without a base path", sent)
		}
	}
}

func TestCookieHasTheStrictestPrefix(t *testing.T) {
	for _, tc := range []struct {
		secure     bool
		base       basePath
		name, path string
	}{
		{true, "", "__Host-session", "/"},
		{true, "/connect", "__Secure-session", "/connect"},
		{false, "", "session", "/"},
		{false, "/connect", "session", "/connect"},
	} {
		header := headerWriter{}
		newCookie("session", tc.secure, tc.base).clear(header)

		got, err := http.ParseSetCookie(http.Header(header).Get("Set-Cookie"))
		if err != nil {
			t.Fatal(err)
		}

		if got.Name != tc.name || got.Path != tc.path || got.Secure != tc.secure || got.Domain != "" || !got.HttpOnly ||
			got.SameSite != http.SameSiteStrictMode {
			t.Errorf("secure %t below %q: got %s", tc.secure, tc.base, got)
		}
	}
}

func TestDocumentNamesItsServer(t *testing.T) {
	const contract = "info:\n  title: x\nservers:\n  - url: /api/v1\ntags: []\n"

	got, err := servedAt("https://acme.example/connect/api/v1", []byte(contract))
	if want := "info:\n  title: x\nservers:\n  - url: \"https://acme.example/connect/api/v1\"\ntags: []\n"; err != nil ||
		string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}

	for _, other := range []string{"", "servers: []\n", contract + contract} {
		if got, err := servedAt("https://acme.example/api/v1", []byte(other)); err == nil {
			t.Errorf("%q: got %q, want an error", other, got)
		}
	}
}
