package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/internal/config"
)

// What other sites make a logged-in browser send. Every case carries the victim's cookie, although SameSite=Strict would
// keep it home: each layer alone must hold.

// victim is a product with one browser logged in, and its cookie.
func victim(t *testing.T) (*product, *http.Cookie) {
	t.Helper()
	p := startProduct(t)
	return p, p.login(t, p.tokenOf(t, "victim@example.com"))
}

// stillLoggedIn fails the test if what came before had an effect on the victim's session or connection.
func (p *product) stillLoggedIn(t *testing.T, cookie *http.Cookie) {
	t.Helper()
	var session struct {
		Connection struct {
			State string `json:"state"`
			Email string `json:"email"`
		} `json:"connection"`
	}
	p.do(t, "GET", "/api/v1/session", p.fromPage(cookie), "").is(t, 200).json(t, &session)
	if session.Connection.State != "active" || session.Connection.Email != "victim@example.com" {
		t.Errorf("got connection %+v, want the victim's, active", session.Connection)
	}
}

// routes walks the table of the running server. In a path, an id stands for its template.
func (p *product) routes(t *testing.T) []api.Route {
	t.Helper()
	server, ok := p.app.Handler().(routed)
	if !ok {
		t.Fatalf("the handler is a %T, which has no route table", p.app.Handler())
	}
	routes := server.Routes()
	if len(routes) < 10 {
		t.Fatalf("the route table has %d routes, want all of the contract", len(routes))
	}
	for n := range routes {
		parts := strings.Split(routes[n].Path, "/")
		for m, part := range parts {
			if strings.HasPrefix(part, ":") {
				parts[m] = "some-id"
			}
		}
		routes[n].Path = strings.Join(parts, "/")
	}
	return routes
}

// changes are the routes that may change something.
func (p *product) changes(t *testing.T) []api.Route {
	t.Helper()
	var found []api.Route
	for _, route := range p.routes(t) {
		if route.Method != http.MethodGet && route.Method != http.MethodHead && route.Method != http.MethodOptions {
			found = append(found, route)
		}
	}
	return found
}

// forms are the bodies a page can send anywhere without asking first (Fetch, "CORS-safelisted").
func forms() map[string]string {
	return map[string]string{
		"application/x-www-form-urlencoded": url.Values{"name": {"mine"}, "primary_region": {"us-east-1"}, "replace": {"true"}}.Encode(),
		"multipart/form-data; boundary=b":   "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nmine\r\n--b--\r\n",
		"text/plain":                        `{"name":"mine","primary_region":"us-east-1","x":"="}`,
		"text/plain;charset=UTF-8":          `{"name":"mine","primary_region":"us-east-1"}`,
	}
}

func TestC01CrossSiteFormOnEveryRouteThatChanges(t *testing.T) {
	p, cookie := victim(t)
	token := p.tokenOf(t, "victim@example.com")
	fromElsewhere := map[string]http.Header{
		"as browsers mark it":             {"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}},
		"Sec-Fetch-Site alone":            {"Sec-Fetch-Site": {"cross-site"}},
		"a sibling's Sec-Fetch-Site":      {"Sec-Fetch-Site": {"same-site"}},
		"Origin alone":                    {"Origin": {"https://evil.example"}},
		"Origin of another port":          {"Origin": {"http://localhost:1"}},
		"Origin hidden":                   {"Origin": {"null"}},
		"our Origin, cross-site":          {"Origin": {p.URL}, "Sec-Fetch-Site": {"cross-site"}},
		"another Origin, same-origin":     {"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"same-origin"}},
		"our Origin and another's":        {"Origin": {p.URL, "https://evil.example"}},
		"Sec-Fetch-Site twice":            {"Sec-Fetch-Site": {"same-origin", "cross-site"}},
		"Origin that begins like ours":    {"Origin": {p.URL + ".evil.example"}},
		"Origin ours with a path":         {"Origin": {p.URL + "/"}},
		"Sec-Fetch-Site unheard of":       {"Sec-Fetch-Site": {"next-site"}},
		"Sec-Fetch-Site in other letters": {"Sec-Fetch-Site": {"Same-Origin"}},
	}
	routes := p.changes(t)
	p.leavesNothing(t, func() {
		for name, marks := range fromElsewhere {
			t.Run(name, func(t *testing.T) {
				for _, route := range routes {
					for kind, body := range forms() {
						header := merged(http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "Content-Type": {kind}}, marks)
						p.do(t, route.Method, route.Path, header, body).isProblem(t, 403, "csrf")
						// Even if the other site could add our header, and had the token.
						header = merged(header, http.Header{"X-Csrf": {"1"}}, bearer(token))
						p.do(t, route.Method, route.Path, header, body).isProblem(t, 403, "csrf")
					}
				}
			})
		}
		t.Run("no mark of its origin, no X-CSRF", func(t *testing.T) {
			for _, route := range routes {
				for kind, body := range forms() {
					got := p.do(t, route.Method, route.Path, http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "Content-Type": {kind}}, body)
					if got.status == 401 { // these look at the token alone, which no form can send
						got.isProblem(t, 401, "authentication_required")
						continue
					}
					got.isProblem(t, 403, "csrf")
				}
			}
		})
		t.Run("a form in place of JSON, from our own page", func(t *testing.T) {
			for _, call := range []door{{"POST", "/api/v1/session"}, {"PUT", "/api/v1/connection"}, {"POST", "/api/v1/databases"}} {
				for kind, body := range forms() {
					header := merged(p.fromPage(cookie), bearer(token), http.Header{"Content-Type": {kind}})
					p.do(t, call.method, call.path, header, body).isProblem(t, 415, "unsupported_media_type")
				}
			}
		})
	})
	p.stillLoggedIn(t, cookie)
}

func TestC02WhatAPageCanSendWithoutAsking(t *testing.T) {
	p, cookie := victim(t)
	marks := func(mode, destination string) http.Header {
		return http.Header{
			"Cookie": {cookie.Name + "=" + cookie.Value}, "Sec-Fetch-Site": {"cross-site"},
			"Sec-Fetch-Mode": {mode}, "Sec-Fetch-Dest": {destination},
		}
	}
	evil := http.Header{"Origin": {"https://evil.example"}}
	p.leavesNothing(t, func() {
		t.Run("fetch without CORS and without a body", func(t *testing.T) {
			for _, route := range p.changes(t) {
				p.do(t, route.Method, route.Path, merged(marks("no-cors", "empty"), evil), "").isProblem(t, 403, "csrf")
			}
		})
		t.Run("sendBeacon", func(t *testing.T) {
			for _, route := range p.changes(t) {
				p.do(t, route.Method, route.Path, merged(marks("no-cors", "empty"), evil, http.Header{"Content-Type": {"text/plain;charset=UTF-8"}}), "{}").isProblem(t, 403, "csrf")
			}
		})
		for name, header := range map[string]http.Header{
			"img":                       marks("no-cors", "image"),
			"script":                    marks("no-cors", "script"),
			"iframe":                    marks("navigate", "iframe"),
			"link prefetch":             merged(marks("no-cors", "empty"), http.Header{"Sec-Purpose": {"prefetch"}}),
			"a click on a link":         marks("navigate", "document"),
			"form with method GET":      merged(marks("navigate", "document"), http.Header{"Sec-Fetch-User": {"?1"}}),
			"fetch with our header":     merged(marks("cors", "empty"), evil, http.Header{"X-Csrf": {"1"}}),
			"browser without Sec-Fetch": {"Cookie": {cookie.Name + "=" + cookie.Value}, "Referer": {"https://evil.example/"}},
		} {
			t.Run(name, func(t *testing.T) {
				for _, route := range p.routes(t) {
					if route.Method == http.MethodGet && needsCaller(route.Path) {
						p.do(t, "GET", route.Path, header, "").isProblem(t, 403, "csrf")
					}
				}
			})
		}
	})
	p.stillLoggedIn(t, cookie)
}

// needsCaller: all but what anyone may read.
func needsCaller(path string) bool {
	for _, public := range []string{"/config", "/openapi.json", "/openapi.yaml", "/docs", "/problems"} {
		if strings.HasPrefix(path, "/api/v1"+public) {
			return false
		}
	}
	return true
}

func TestC03EachLayerAlone(t *testing.T) {
	p, cookie := victim(t)
	for name, spoil := range map[string]http.Header{
		"X-CSRF missing":                 {"X-Csrf": nil},
		"X-CSRF empty":                   {"X-Csrf": {""}},
		"X-CSRF 0":                       {"X-Csrf": {"0"}},
		"X-CSRF 1 and more":              {"X-Csrf": {"1, 1"}},
		"X-CSRF twice":                   {"X-Csrf": {"1", "1"}},
		"X-CSRF by another name":         {"X-Csrf": nil, "X_csrf": {"1"}, "X-Csrf-Token": {"1"}, "X-Requested-With": {"XMLHttpRequest"}},
		"Sec-Fetch-Site cross-site":      {"Sec-Fetch-Site": {"cross-site"}},
		"Sec-Fetch-Site same-site":       {"Sec-Fetch-Site": {"same-site"}},
		"Sec-Fetch-Site none":            {"Sec-Fetch-Site": {"none"}}, // typed in: no script of ours added the header
		"Sec-Fetch-Site empty":           {"Sec-Fetch-Site": {""}},
		"Sec-Fetch-Site twice":           {"Sec-Fetch-Site": {"same-origin", "cross-site"}},
		"Origin null":                    {"Origin": {"null"}},
		"Origin of another site":         {"Origin": {"https://evil.example"}},
		"Origin by the other scheme":     {"Origin": {strings.Replace(p.URL, "http://", "https://", 1)}},
		"Origin twice, one of them ours": {"Origin": {p.URL, "https://evil.example"}},
	} {
		t.Run(name, func(t *testing.T) {
			p.leavesNothing(t, func() {
				for _, route := range p.routes(t) {
					bearerOnly := route == (api.Route{Method: "POST", Path: "/api/v1/session"}) || route == (api.Route{Method: "PUT", Path: "/api/v1/connection"})
					if !needsCaller(route.Path) || bearerOnly {
						continue
					}
					p.do(t, route.Method, route.Path, merged(p.fromPage(cookie), spoil), "").isProblem(t, 403, "csrf")
				}
			})
		})
	}
	t.Run("log-in beside a live session", func(t *testing.T) {
		header := merged(p.fromPage(cookie), bearer(p.tokenOf(t, "victim@example.com")), http.Header{"X-Csrf": nil})
		p.leavesNothing(t, func() { p.do(t, "POST", "/api/v1/session", header, "").isProblem(t, 403, "csrf") })
	})
	p.stillLoggedIn(t, cookie)
	t.Run("a browser that sends neither Sec-Fetch-Site nor Origin", func(t *testing.T) {
		p.do(t, "GET", "/api/v1/session", http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "X-Csrf": {"1"}}, "").is(t, 200)
	})
}

// published is a product behind https://good.example, where a proxy ends TLS.
func published(t *testing.T) *product {
	t.Helper()
	return startProduct(t, withConfig(func(c *config.Config) { c.PublicURL = &url.URL{Scheme: "https", Host: "good.example"} }))
}

func TestC05NoOriginIsLetIn(t *testing.T) {
	p := published(t)
	for _, origin := range []string{
		"https://good.example", "https://good.example.evil.com", "https://evilgood.example", "https://good.example:444",
		"http://good.example", "https://GOOD.example", "https://good.example.", "https://gооd.example", "https://xn--gd-jlca.example",
		"https://good.example%00.evil.com", "https://good.example@evil.com", "null", "*", "", "file://", "https://sub.good.example",
	} {
		t.Run(origin, func(t *testing.T) {
			p.noCORS(t, http.Header{"Host": {"good.example"}, "Origin": {origin}})
		})
	}
}

// noCORS fails the test if any answer gives another origin leave to read it, and if caches are not told that the answer
// depends on the origin.
func (p *product) noCORS(t *testing.T, header http.Header) {
	t.Helper()
	for _, call := range []door{{"GET", "/api/v1/config"}, {"GET", "/api/v1/session"}, {"POST", "/api/v1/session"}, {"GET", "/api/v1/databases"}, {"GET", "/api/nothing"}, {"GET", "/"}} {
		for _, method := range []string{call.method, http.MethodOptions} {
			header := merged(header, http.Header{"Access-Control-Request-Method": {call.method}, "Access-Control-Request-Headers": {"authorization, x-csrf"}})
			got := p.do(t, method, call.path, header, "")
			for name := range got.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s %s: got %s: %s, want none", method, call.path, name, got.header.Get(name))
				}
			}
			if strings.HasPrefix(call.path, "/api/") && !strings.Contains(strings.Join(got.header.Values("Vary"), ","), "Origin") {
				t.Errorf("%s %s: got Vary %q, want Origin in it", method, call.path, got.header.Values("Vary"))
			}
		}
	}
}

func TestC06PreflightOfEnormousSize(t *testing.T) {
	p := startProduct(t)
	names := func(count int) string { return strings.TrimSuffix(strings.Repeat("x-a,", count), ",") }
	preflight := func(list string) string {
		return "OPTIONS /api/v1/databases HTTP/1.1\r\nHost: " + p.host() + "\r\nOrigin: https://evil.example\r\n" +
			"Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: " + list + "\r\nConnection: close\r\n\r\n"
	}
	p.leavesNothing(t, func() {
		got := p.raw(t, preflight(names(7_000))) // as many as fit into a header
		if got.status/100 != 4 || len(got.body) > 1<<10 || len(got.header.Values("Access-Control-Allow-Headers")) > 0 {
			t.Errorf("7 000 names: got status %d with %d bytes, want a short 4xx", got.status, len(got.body))
		}
		p.raw(t, preflight(names(10_000))).is(t, 431)
		p.raw(t, preflight(names(250_000))).is(t, 431)
		p.raw(t, preflight(strings.Repeat("a", 1<<20))).is(t, 431)
	})
}

func TestC07CredentialsForNoOrigin(t *testing.T) {
	p, cookie := victim(t)
	for _, origin := range []string{p.URL, "https://evil.example", "null", "http://localhost:1"} {
		t.Run(origin, func(t *testing.T) {
			p.noCORS(t, http.Header{"Origin": {origin}, "Cookie": {cookie.Name + "=" + cookie.Value}, "X-Csrf": {"1"}})
		})
	}
	p.stillLoggedIn(t, cookie)
}
