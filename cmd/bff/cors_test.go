package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/config"
)

const listedOrigin = "https://good.example"

// openProduct is a product that lets pages of one other origin in.
func openProduct(t *testing.T) *product {
	t.Helper()
	return startProduct(t, withConfig(func(c *config.Config) { c.CORSOrigins = []string{listedOrigin} }))
}

func crossOrigin(origin string) http.Header {
	return http.Header{"Origin": {origin}, "Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Dest": {"empty"}}
}

// Row C05: beside a listed origin, none that looks like it is let in.
func TestC05OnlyTheListedOriginIsLetIn(t *testing.T) {
	p := openProduct(t)
	for _, origin := range []string{
		"https://good.example.evil.com", "https://evilgood.example", "https://good.example:444", "http://good.example", "https://GOOD.example",
		"https://good.example.", "https://gооd.example", "https://sub.good.example", "https://good.example/", "https://good.example:443",
		"https://good.example@evil.com", "null", "*", "", "https://good.example, https://evil.com", "https://good.exampl", "good.example",
	} {
		t.Run(origin, func(t *testing.T) { p.noCORS(t, http.Header{"Origin": {origin}}) })
	}
	t.Run("beside another", func(t *testing.T) { p.noCORS(t, http.Header{"Origin": {listedOrigin, "https://evil.com"}}) })
}

// A page of a listed origin does with an access token what a service does.
func TestListedOriginCallsWithAToken(t *testing.T) {
	p := openProduct(t)
	token := p.tokenOf(t, "partner-page@example.com")
	page := merged(crossOrigin(listedOrigin), bearer(token))
	for _, call := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/api/v1/config", "", 200},
		{"PUT", "/api/v1/connection", "", 201},
		{"POST", "/api/v1/databases", createBody("from-a-page"), 201},
		{"GET", "/api/v1/databases", "", 200},
		{"GET", "/api/v1/databases/unknown", "", 404},
		{"DELETE", "/api/v1/connection", "", 200},
	} {
		preflight := p.do(t, http.MethodOptions, call.path, merged(crossOrigin(listedOrigin), http.Header{
			"Access-Control-Request-Method": {call.method}, "Access-Control-Request-Headers": {"authorization,content-type,x-evil"},
		}), "").is(t, 204)
		if got := preflight.header.Get("Access-Control-Allow-Methods"); !strings.Contains(got, call.method) {
			t.Errorf("%s %s: the preflight allows %q", call.method, call.path, got)
		}
		if got := preflight.header.Get("Access-Control-Allow-Headers"); !strings.Contains(got, "Authorization") || strings.Contains(strings.ToLower(got), "evil") || strings.Contains(got, "X-CSRF") {
			t.Errorf("%s %s: the preflight allows the headers %q", call.method, call.path, got)
		}
		for _, got := range []answer{preflight, p.do(t, call.method, call.path, page, call.body).is(t, call.status)} {
			if origin := got.header.Values("Access-Control-Allow-Origin"); len(origin) != 1 || origin[0] != listedOrigin {
				t.Errorf("%s %s: lets in %q, want the page's origin", got.method, call.path, origin)
			}
			if !strings.Contains(strings.Join(got.header.Values("Vary"), ","), "Origin") {
				t.Errorf("%s %s: got Vary %q, want Origin in it", got.method, call.path, got.header.Values("Vary"))
			}
			if _, found := got.header["Access-Control-Allow-Credentials"]; found {
				t.Errorf("%s %s: allows credentials", got.method, call.path)
			}
		}
	}
}

// A page of a listed origin can read every refusal, that of a body which is too large included.
func TestListedOriginCanReadARefusedBody(t *testing.T) {
	p := openProduct(t)
	page := merged(crossOrigin(listedOrigin), bearer(p.tokenOf(t, "partner-page@example.com")))
	got := p.do(t, "POST", "/api/v1/databases", page, createBody("x")+strings.Repeat(" ", 64<<10))
	got.isProblem(t, 413, "body_too_large")
	if origin := got.header.Get("Access-Control-Allow-Origin"); origin != listedOrigin {
		t.Errorf("lets in %q, want the page's origin", origin)
	}
}

// Row C07: the cookie is our own page's alone, also where the listed origin would have it sent along.
func TestC07ListedOriginHasNothingOfTheCookie(t *testing.T) {
	p := openProduct(t)
	cookie := p.login(t, p.tokenOf(t, "victim@example.com"))
	withCookie := merged(p.fromPage(cookie), crossOrigin(listedOrigin))
	p.leavesNothing(t, func() {
		for _, route := range p.routes(t) {
			if !needsCaller(route.Path) || strings.HasPrefix(route.Path, "/api/v1/docs") {
				continue
			}
			got := p.do(t, route.Method, route.Path, withCookie, "")
			got.isProblem(t, 403, "csrf")
			if _, found := got.header["Access-Control-Allow-Credentials"]; found {
				t.Errorf("%s %s: allows credentials", route.Method, route.Path)
			}
		}
		token := bearer(p.tokenOf(t, "victim@example.com"))
		for _, method := range []string{"GET", "POST", "DELETE"} {
			for _, header := range []http.Header{withCookie, merged(withCookie, token)} {
				got := p.do(t, method, "/api/v1/session", header, "")
				got.isProblem(t, 403, "csrf")
				if got := got.header.Get("Access-Control-Allow-Origin"); got != "" {
					t.Errorf("%s /session: lets %s in", method, got)
				}
			}
		}
		for _, method := range []string{http.MethodPost, http.MethodDelete} {
			ask := p.do(t, http.MethodOptions, "/api/v1/session", merged(crossOrigin(listedOrigin), http.Header{"Access-Control-Request-Method": {method}}), "")
			if got := ask.header.Get("Access-Control-Allow-Origin"); got != "" || ask.status/100 == 2 {
				t.Errorf("preflight of %s /session: got %d and %q", method, ask.status, got)
			}
		}
	})
	p.stillLoggedIn(t, cookie)
}
