package test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/test/harness"
)

// Requests that other sites make a logged-in browser send. Every case has the victim's cookie, although SameSite=Strict
// would withhold it: each layer must work alone.

// victim is a product with one browser logged in, and its cookie.
func victim(t *testing.T) (*harness.Product, *http.Cookie) {
	t.Helper()
	p := harness.StartProduct(t)
	return p, p.Login(t, p.TokenOf(t, "victim@example.com"))
}

// forms are the bodies a page can send anywhere without asking first (Fetch, "CORS-safelisted").
func forms() map[string]string {
	return map[string]string{
		"application/x-www-form-urlencoded": url.Values{
			"name":           {"mine"},
			"primary_region": {"us-east-1"},
			"replace":        {"true"},
		}.Encode(),
		"multipart/form-data; boundary=b": "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nmine\r\n--b--\r\n",
		"text/plain":                      `{"name":"mine","primary_region":"us-east-1","x":"="}`,
		"text/plain;charset=UTF-8":        `{"name":"mine","primary_region":"us-east-1"}`,
	}
}

// Threat model: C01.
func TestCrossSiteFormsAreRejectedOnEveryWriteRoute(t *testing.T) {
	p, cookie := victim(t)
	token := p.TokenOf(t, "victim@example.com")
	fromElsewhere := map[string]http.Header{
		"as browsers mark it": {
			"Origin":         {"https://evil.example"},
			"Sec-Fetch-Site": {"cross-site"},
			"Sec-Fetch-Mode": {"navigate"},
		},
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
	routes := p.Changes(t)
	p.HasNoEffect(t, func() {
		for name, marks := range fromElsewhere {
			t.Run(name, func(t *testing.T) {
				for _, route := range routes {
					for kind, body := range forms() {
						header := harness.Merged(
							http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "Content-Type": {kind}}, marks,
						)
						p.Do(t, route.Method, route.Path, header, body).IsProblem(t, 403, "csrf")
						// Even if the other site could add our header, and had the token.
						header = harness.Merged(header, http.Header{"X-Csrf": {"1"}}, harness.Bearer(token))
						p.Do(t, route.Method, route.Path, header, body).IsProblem(t, 403, "csrf")
					}
				}
			})
		}
		t.Run("no mark of its origin, no X-CSRF", func(t *testing.T) {
			for _, route := range routes {
				for kind, body := range forms() {
					got := p.Do(
						t,
						route.Method,
						route.Path,
						http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "Content-Type": {kind}},
						body,
					)
					if got.Status == 401 { // these read only the token, which no form can send
						got.IsProblem(t, 401, "authentication_required")
						continue
					}
					got.IsProblem(t, 403, "csrf")
				}
			}
		})
		t.Run("a form in place of JSON, from our own page", func(t *testing.T) {
			for _, call := range []harness.Endpoint{{Method: "POST", Path: "/api/v1/session"}, {Method: "PUT", Path: "/api/v1/connection"}, {Method: "POST", Path: "/api/v1/databases"}} {
				for kind, body := range forms() {
					header := harness.Merged(
						p.FromPage(cookie), harness.Bearer(token), http.Header{"Content-Type": {kind}},
					)
					p.Do(t, call.Method, call.Path, header, body).IsProblem(t, 415, "unsupported_media_type")
				}
			}
		})
	})
	p.StillLoggedIn(t, cookie)
}

// Threat model: C02.
func TestCrossSiteSimpleRequestsAreRejected(t *testing.T) {
	p, cookie := victim(t)
	marks := func(mode, destination string) http.Header {
		return http.Header{
			"Cookie": {cookie.Name + "=" + cookie.Value}, "Sec-Fetch-Site": {"cross-site"},
			"Sec-Fetch-Mode": {mode}, "Sec-Fetch-Dest": {destination},
		}
	}
	evil := http.Header{"Origin": {"https://evil.example"}}
	p.HasNoEffect(t, func() {
		t.Run("fetch without CORS and without a body", func(t *testing.T) {
			for _, route := range p.Changes(t) {
				p.Do(
					t, route.Method, route.Path, harness.Merged(marks("no-cors", "empty"), evil), "",
				).IsProblem(t, 403,
					"csrf")
			}
		})
		t.Run("sendBeacon", func(t *testing.T) {
			for _, route := range p.Changes(t) {
				p.Do(
					t,
					route.Method,
					route.Path,
					harness.Merged(
						marks("no-cors", "empty"), evil, http.Header{"Content-Type": {"text/plain;charset=UTF-8"}},
					),
					"{}",
				).IsProblem(t, 403,
					"csrf")
			}
		})

		for name, header := range map[string]http.Header{
			"img":                       marks("no-cors", "image"),
			"script":                    marks("no-cors", "script"),
			"iframe":                    marks("navigate", "iframe"),
			"link prefetch":             harness.Merged(marks("no-cors", "empty"), http.Header{"Sec-Purpose": {"prefetch"}}),
			"a click on a link":         marks("navigate", "document"),
			"form with method GET":      harness.Merged(marks("navigate", "document"), http.Header{"Sec-Fetch-User": {"?1"}}),
			"fetch with our header":     harness.Merged(marks("cors", "empty"), evil, http.Header{"X-Csrf": {"1"}}),
			"browser without Sec-Fetch": {"Cookie": {cookie.Name + "=" + cookie.Value}, "Referer": {"https://evil.example/"}},
		} {
			t.Run(name, func(t *testing.T) {
				for _, route := range p.Routes(t) {
					if route.Method == http.MethodGet && needsCaller(route.Path) {
						rejectsTheCookie(t, p.Do(t, "GET", route.Path, header, ""), route.Path)
					}
				}
			})
		}
	})
	p.StillLoggedIn(t, cookie)
}

// needsCaller reports whether a route requires authentication.
func needsCaller(path string) bool {
	for _, public := range []string{"/config", "/openapi.json", "/openapi.yaml", "/docs", "/problems"} {
		if strings.HasPrefix(path, "/api/v1"+public) {
			return false
		}
	}

	return true
}

// serviceRoute reports whether a path is an endpoint of services or their pages, which ignore cookies.
func serviceRoute(path string) bool {
	return strings.HasPrefix(path, "/api/v1/connect-sessions") || strings.HasPrefix(path, "/api/v1/grants") ||
		path == "/api/v1/webhook-events"
}

// rejectsTheCookie fails the test if a cookie works for a request from another site, or for one without an origin.
func rejectsTheCookie(t *testing.T, got harness.Response, path string) {
	t.Helper()

	if serviceRoute(path) && got.Status == http.StatusUnauthorized {
		got.IsProblem(t, 401, "authentication_required")
		return
	}
	got.IsProblem(t, 403, "csrf")
}

// Threat model: C03.
func TestEachCrossSiteDefenceWorksAlone(t *testing.T) {
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
		"Sec-Fetch-Site none":            {"Sec-Fetch-Site": {"none"}}, // typed in the address bar: no script added X-Csrf
		"Sec-Fetch-Site empty":           {"Sec-Fetch-Site": {""}},
		"Sec-Fetch-Site twice":           {"Sec-Fetch-Site": {"same-origin", "cross-site"}},
		"Origin null":                    {"Origin": {"null"}},
		"Origin of another site":         {"Origin": {"https://evil.example"}},
		"Origin by the other scheme":     {"Origin": {strings.Replace(p.URL, "http://", "https://", 1)}},
		"Origin twice, one of them ours": {"Origin": {p.URL, "https://evil.example"}},
	} {
		t.Run(name, func(t *testing.T) {
			p.HasNoEffect(t, func() {
				for _, route := range p.Routes(t) {
					bearerOnly := route == (api.Route{Method: "POST", Path: "/api/v1/session"}) ||
						route == (api.Route{Method: "PUT", Path: "/api/v1/connection"})
					if !needsCaller(route.Path) || bearerOnly {
						continue
					}
					got := p.Do(t, route.Method, route.Path, harness.Merged(p.FromPage(cookie), spoil), "")
					rejectsTheCookie(t, got, route.Path)
				}
			})
		})
	}
	t.Run("login beside a live session", func(t *testing.T) {
		header := harness.Merged(
			p.FromPage(cookie), harness.Bearer(p.TokenOf(t, "victim@example.com")), http.Header{"X-Csrf": nil},
		)
		p.HasNoEffect(t, func() { p.Do(t, "POST", "/api/v1/session", header, "").IsProblem(t, 403, "csrf") })
	})
	p.StillLoggedIn(t, cookie)
	t.Run("a browser that sends neither Sec-Fetch-Site nor Origin", func(t *testing.T) {
		p.Do(
			t, "GET", "/api/v1/session", http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "X-Csrf": {"1"}}, "",
		).Is(
			t, 200,
		)
	})
}

// published is a product behind https://good.example, where a proxy terminates TLS.
func published(t *testing.T) *harness.Product {
	t.Helper()

	return harness.StartProduct(
		t, harness.WithConfig(func(c *config.Config) { c.PublicURL = &url.URL{Scheme: "https", Host: "good.example"} }),
	)
}

// Threat model: C05.
func TestCORSIsOffByDefault(t *testing.T) {
	p := published(t)
	for _, origin := range []string{
		"https://good.example", "https://good.example.evil.com", "https://evilgood.example", "https://good.example:444",
		"http://good.example", "https://GOOD.example", "https://good.example.", "https://gооd.example", "https://xn--gd-jlca.example",
		"https://good.example%00.evil.com", "https://good.example@evil.com", "null", "*", "", "file://", "https://sub.good.example",
	} {
		t.Run(origin, func(t *testing.T) {
			p.NoCORS(t, http.Header{"Host": {"good.example"}, "Origin": {origin}})
		})
	}
}

// Threat model: C06.
func TestHugePreflightIsRejected(t *testing.T) {
	p := harness.StartProduct(t)
	names := func(count int) string { return strings.TrimSuffix(strings.Repeat("x-a,", count), ",") }
	preflight := func(list string) string {
		return "OPTIONS /api/v1/databases HTTP/1.1\r\nHost: " + p.Host() + "\r\nOrigin: https://evil.example\r\n" +
			"Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: " + list + "\r\nConnection: close\r\n\r\n"
	}
	p.HasNoEffect(t, func() {
		got := p.Raw(t, preflight(names(7_000))) // as many as fit into a header
		if got.Status/100 != 4 || len(got.Body) > 1<<10 || len(got.Header.Values("Access-Control-Allow-Headers")) > 0 {
			t.Errorf("7 000 names: got status %d with %d bytes, want a short 4xx", got.Status, len(got.Body))
		}
		p.Raw(t, preflight(names(10_000))).Is(t, 431)
		p.Raw(t, preflight(names(250_000))).Is(t, 431)
		p.Raw(t, preflight(strings.Repeat("a", 1<<20))).Is(t, 431)
	})
}

// Threat model: C07.
func TestCORSNeverAllowsCredentials(t *testing.T) {
	p, cookie := victim(t)
	for _, origin := range []string{p.URL, "https://evil.example", "null", "http://localhost:1"} {
		t.Run(origin, func(t *testing.T) {
			p.NoCORS(t, http.Header{"Origin": {origin}, "Cookie": {cookie.Name + "=" + cookie.Value}, "X-Csrf": {"1"}})
		})
	}
	p.StillLoggedIn(t, cookie)
}
