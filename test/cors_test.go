package test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/test/harness"
)

const listedOrigin = "https://good.example"

// openProduct allows one other origin.
func openProduct(t *testing.T) *harness.Product {
	t.Helper()

	return harness.StartProduct(
		t, harness.WithConfig(func(c *config.Config) { c.CORSOrigins = []string{listedOrigin} }),
	)
}

func crossOrigin(origin string) http.Header {
	return http.Header{
		"Origin":         {origin},
		"Sec-Fetch-Site": {"cross-site"},
		"Sec-Fetch-Mode": {"cors"},
		"Sec-Fetch-Dest": {"empty"},
	}
}

// Row C05: origins similar to a listed origin are rejected.
//
// Threat model: C05.
func TestCORSAllowsOnlyListedOrigins(t *testing.T) {
	p := openProduct(t)
	for _, origin := range []string{
		"https://good.example.evil.com", "https://evilgood.example", "https://good.example:444", "http://good.example", "https://GOOD.example",
		"https://good.example.", "https://gооd.example", "https://sub.good.example", "https://good.example/", "https://good.example:443",
		"https://good.example@evil.com", "null", "*", "", "https://good.example, https://evil.com", "https://good.exampl", "good.example",
	} {
		t.Run(origin, func(t *testing.T) { p.NoCORS(t, http.Header{"Origin": {origin}}) })
	}
	t.Run(
		"beside another",
		func(t *testing.T) { p.NoCORS(t, http.Header{"Origin": {listedOrigin, "https://evil.com"}}) },
	)
}

// A page of a listed origin can make every call with an access token.
func TestListedOriginCallsWithAToken(t *testing.T) {
	p := openProduct(t)
	token := p.TokenOf(t, "partner-page@example.com")

	page := harness.Merged(crossOrigin(listedOrigin), harness.Bearer(token))
	for _, call := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/api/v1/config", "", 200},
		{"PUT", "/api/v1/connection", "", 201},
		{"POST", "/api/v1/databases", harness.CreateBody("from-a-page"), 201},
		{"GET", "/api/v1/databases", "", 200},
		{"GET", "/api/v1/databases/unknown", "", 404},
		{"DELETE", "/api/v1/connection", "", 200},
	} {
		preflight := p.Do(t, http.MethodOptions, call.path, harness.Merged(crossOrigin(listedOrigin), http.Header{
			"Access-Control-Request-Method": {
				call.method,
			},
			"Access-Control-Request-Headers": {"authorization,content-type,x-evil"},
		}), "").Is(t, 204)
		if got := preflight.Header.Get("Access-Control-Allow-Methods"); !strings.Contains(got, call.method) {
			t.Errorf("%s %s: the preflight allows %q", call.method, call.path, got)
		}

		if got := preflight.Header.Get(
			"Access-Control-Allow-Headers",
		); !strings.Contains(got, "Authorization") || strings.Contains(strings.ToLower(got), "evil") ||
			strings.Contains(got, "X-CSRF") {
			t.Errorf("%s %s: the preflight allows the headers %q", call.method, call.path, got)
		}

		for _, got := range []harness.Response{
			preflight, p.Do(t, call.method, call.path, page, call.body).Is(t, call.status),
		} {
			if origin := got.Header.Values(
				"Access-Control-Allow-Origin",
			); len(origin) != 1 ||
				origin[0] != listedOrigin {
				t.Errorf("%s %s: lets in %q, want the page's origin", got.Method, call.path, origin)
			}

			if !strings.Contains(strings.Join(got.Header.Values("Vary"), ","), "Origin") {
				t.Errorf("%s %s: got Vary %q, want Origin in it", got.Method, call.path, got.Header.Values("Vary"))
			}

			if _, found := got.Header["Access-Control-Allow-Credentials"]; found {
				t.Errorf("%s %s: allows credentials", got.Method, call.path)
			}
		}
	}
}

// A page of a listed origin can read every error response, also for a body that is too large.
func TestListedOriginCanReadARejectedBody(t *testing.T) {
	p := openProduct(t)
	page := harness.Merged(crossOrigin(listedOrigin), harness.Bearer(p.TokenOf(t, "partner-page@example.com")))
	got := p.Do(t, "POST", "/api/v1/databases", page, harness.CreateBody("x")+strings.Repeat(" ", 64<<10))
	got.IsProblem(t, 413, "body_too_large")

	if origin := got.Header.Get("Access-Control-Allow-Origin"); origin != listedOrigin {
		t.Errorf("lets in %q, want the page's origin", origin)
	}
}

// Row C07: only the server's own page can use the cookie, even if a listed origin sends it.
//
// Threat model: C07.
func TestListedOriginCannotUseTheSessionCookie(t *testing.T) {
	p := openProduct(t)
	cookie := p.Login(t, p.TokenOf(t, "victim@example.com"))
	withCookie := harness.Merged(p.FromPage(cookie), crossOrigin(listedOrigin))
	p.HasNoEffect(t, func() {
		for _, route := range p.Routes(t) {
			if !needsCaller(route.Path) || strings.HasPrefix(route.Path, "/api/v1/docs") {
				continue
			}
			got := p.Do(t, route.Method, route.Path, withCookie, "")
			rejectsTheCookie(t, got, route.Path)

			if _, found := got.Header["Access-Control-Allow-Credentials"]; found {
				t.Errorf("%s %s: allows credentials", route.Method, route.Path)
			}
		}

		token := harness.Bearer(p.TokenOf(t, "victim@example.com"))
		for _, method := range []string{"GET", "POST", "DELETE"} {
			for _, header := range []http.Header{withCookie, harness.Merged(withCookie, token)} {
				got := p.Do(t, method, "/api/v1/session", header, "")
				got.IsProblem(t, 403, "csrf")

				if got := got.Header.Get("Access-Control-Allow-Origin"); got != "" {
					t.Errorf("%s /session: lets %s in", method, got)
				}
			}
		}

		for _, method := range []string{http.MethodPost, http.MethodDelete} {
			ask := p.Do(
				t,
				http.MethodOptions,
				"/api/v1/session",
				harness.Merged(crossOrigin(listedOrigin), http.Header{"Access-Control-Request-Method": {method}}),
				"",
			)
			if got := ask.Header.Get("Access-Control-Allow-Origin"); got != "" || ask.Status/100 == 2 {
				t.Errorf("preflight of %s /session: got %d and %q", method, ask.Status, got)
			}
		}
	})
	p.StillLoggedIn(t, cookie)
}
