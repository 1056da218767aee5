package config_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/config"
)

// While a token is changed, its file holds the old one and the new one.
func TestServiceTokensAreReadALineEach(t *testing.T) {
	path := filepath.Join(t.TempDir(), "service-token")
	if err := os.WriteFile(path, []byte("upc_one\r\n\n  upc_two \n"), 0o600); err != nil {
		t.Fatal(err)
	}

	environ := []string{
		"BFF_SERVICE_TOKEN_FILE=" + path,
		"BFF_RETURN_URLS=https://app.example.com/back, http://localhost:*",
		"BFF_LIMIT_SERVICE_REQUESTS=50/m",
	}

	c, err := config.LoadOnly(nil, environ, "SERVICE_TOKEN", "RETURN_URLS", "LIMIT_SERVICE_REQUESTS")
	if err != nil {
		t.Fatal(err)
	}

	var tokens []string
	for _, token := range c.ServiceTokens {
		tokens = append(tokens, token.Reveal())
	}

	if want := []string{"upc_one", "upc_two"}; !slices.Equal(tokens, want) {
		t.Errorf("got the tokens %q, want %q", tokens, want)
	}

	if want := []string{"https://app.example.com/back", "http://localhost:*"}; !slices.Equal(c.ReturnURLs, want) {
		t.Errorf("got the return URLs %q, want %q", c.ReturnURLs, want)
	}

	if c.LimitServiceRequests.Count != 50 {
		t.Errorf("got the limit %+v, want 50 a minute", c.LimitServiceRequests)
	}
}

func TestServiceTokenAndReturnURLsGoTogether(t *testing.T) {
	const (
		noURLs  = "BFF_RETURN_URLS is required"
		noToken = "BFF_SERVICE_TOKEN or BFF_SERVICE_TOKEN_FILE is required with BFF_RETURN_URLS: generate a token with `bff token generate`"
	)

	for name, tc := range map[string]struct {
		environ          []string
		noURLs, noTokens bool
	}{
		"neither":           {nil, false, false},
		"both":              {[]string{"BFF_SERVICE_TOKEN=x", "BFF_RETURN_URLS=https://a.example/"}, false, false},
		"no return URLs":    {[]string{"BFF_SERVICE_TOKEN=x"}, true, false},
		"no token":          {[]string{"BFF_RETURN_URLS=https://a.example/"}, false, true},
		"faulty URLs":       {[]string{"BFF_SERVICE_TOKEN=x", "BFF_RETURN_URLS=,"}, false, false},
		"a token not there": {[]string{"BFF_SERVICE_TOKEN_FILE=/nowhere", "BFF_RETURN_URLS=https://a.example/"}, false, false},
	} {
		_, err := config.Load(nil, tc.environ)

		var invalid *config.InvalidError
		if !errors.As(err, &invalid) { // other settings are missing
			t.Fatalf("%s: got %v, want an InvalidError", name, err)
		}

		if got := strings.Contains(err.Error(), noURLs); got != tc.noURLs {
			t.Errorf("%s: return URLs are asked for: %t: %v", name, got, err)
		}

		if got := strings.Contains(err.Error(), noToken); got != tc.noTokens {
			t.Errorf("%s: a token is asked for: %t: %v", name, got, err)
		}
	}
}

func TestServiceTokensAndPasswordsOfReturnURLsAreNotPrinted(t *testing.T) {
	var out bytes.Buffer

	err := config.Print(&out, nil, []string{
		"BFF_SERVICE_TOKEN=canary-1",
		"BFF_RETURN_URLS=https://a.example/x,https://me:canary-2@b.example/,https://c.example/?t=canary-3,http://localhost:*",
	})
	if err != nil {
		t.Fatal(err)
	}

	if strings.Contains(out.String(), "canary") || !strings.Contains(out.String(), "https://a.example/x,") ||
		!strings.Contains(out.String(), ",http://localhost:*") {
		t.Errorf("got %s, want the return URLs without secrets", out.String())
	}
}
