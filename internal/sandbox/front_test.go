package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// A browser gets a page that says what a listener simulates and what is real. Programs get what the real service
// returns, and the journal shows no call.
func TestListenersHaveAStartPageForBrowsers(t *testing.T) {
	s := sandboxtest.Start(t)

	for address, want := range map[string][]string{
		s.IssuerURL(): {
			"<h1>Identity provider</h1>", "simulates auth.upstash.com", "demo-password", s.ConsoleURL(), s.ControlURL() + "/journal.html",
			".well-known/openid-configuration",
		},
		s.UpstashURL() + "/": {
			"<h1>Developer API</h1>", "simulates api.upstash.com", "They run on this machine, in miniredis", s.ConsoleURL(), s.ControlURL() + "/journal.html",
			s.IssuerURL(),
		},
	} {
		request := sandboxtest.NewRequest(t, "GET", address, "")
		request.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")

		got := sandboxtest.Send(t, http.DefaultClient, request)
		if got.Status != http.StatusOK || !strings.Contains(got.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: got %d %v", address, got.Status, got.Header)
		}

		for _, part := range want {
			if !strings.Contains(got.Body, part) {
				t.Errorf("%s: the page lacks %q:\n%s", address, part, got.Body)
			}
		}

		if plain := sandboxtest.Call(t, "GET", address, ""); plain.Status != http.StatusNotFound {
			t.Errorf("%s: a program gets %d, want 404", address, plain.Status)
		}

		request = sandboxtest.NewRequest(t, "POST", address, "")
		request.Header.Set("Accept", "text/html")

		if posted := sandboxtest.Send(t, http.DefaultClient, request); posted.Status == http.StatusOK {
			t.Errorf("%s: POST gets the page", address)
		}
	}

	journal := sandboxtest.Call(t, "GET", s.ControlURL()+"/journal?target=all&method=GET&status=2xx", "")
	if !strings.Contains(journal.Body, `"entries":[]`) {
		t.Errorf("the journal has the start pages: %s", journal.Body)
	}
}
