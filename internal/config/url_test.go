package config_test

import (
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/config"
)

func TestThePublicURLMayHaveAPath(t *testing.T) {
	for value, want := range map[string]string{
		"https://acme.example":                    "https://acme.example",
		"https://acme.example/":                   "https://acme.example",
		"https://acme.example/connect":            "https://acme.example/connect",
		"https://ACME.example:8443/Connect/":      "https://acme.example:8443/Connect",
		"https://acme.example/a.b/c_d/~e-f":       "https://acme.example/a.b/c_d/~e-f",
		"http://localhost:3000/connect":           "http://localhost:3000/connect",
		"https://acme.example/connect/api/assets": "https://acme.example/connect/api/assets",
		"https://acme.example/apis":               "https://acme.example/apis",
	} {
		c, err := config.LoadOnly(nil, []string{"BFF_PUBLIC_URL=" + value}, "PUBLIC_URL")
		if err != nil || c.PublicURL.String() != want {
			t.Errorf("%s: got %v, %v, want %s", value, c, err, want)
		}
	}
}

// What is written into documents, headers and cookies means the same to everyone, and no request means two things.
func TestAnAmbiguousPathIsRejected(t *testing.T) {
	for path, want := range map[string]string{
		"/a//b": "single slashes", "//a": "single slashes", "/a//": "single slashes", "/../a": "single slashes", "/a/..": "single slashes",
		"/a/./b": "single slashes", "/a%2Fb": "single slashes", "/%61": "single slashes", "/a b": "percent-encoded", "/ä": "percent-encoded",
		"/a;b": "single slashes", "/a,b": "single slashes", "/a:b": "single slashes", `/a"b`: "percent-encoded", "/a'b": "single slashes",
		"/<a>": "percent-encoded", "/a\\b": "percent-encoded", "/a$1": "single slashes", "/a*": "single slashes", "/{a}": "percent-encoded",
		"/a?": "query", "/a#b": "fragment",
		"/api": "begins with /api", "/api/x": "begins with /api", "/assets/": "begins with /assets", "/databases": "begins with /databases",
		"/livez": "begins with /livez", "/readyz/x": "begins with /readyz",
	} {
		_, err := config.LoadOnly(nil, []string{"BFF_PUBLIC_URL=https://acme.example" + path}, "PUBLIC_URL")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want a fault with %q", path, err, want)
		}
	}
}
