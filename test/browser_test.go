package test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/test/harness"
)

// What a browser stores and shows: methods, cookies, sessions, frames and markup.

// Threat model: C08.
func TestUnknownMethodsAreRejected(t *testing.T) {
	p, cookie := victim(t)

	allowed := map[string]map[string]bool{}
	for _, route := range p.Routes(t) {
		if allowed[route.Path] == nil {
			allowed[route.Path] = map[string]bool{}
		}
		allowed[route.Path][route.Method] = true
	}
	p.HasNoEffect(t, func() {
		for path, methods := range allowed {
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "LOCK", "get", "Post"} {
				if methods[method] || method == http.MethodHead && methods[http.MethodGet] {
					continue
				}
				t.Run(method+" "+path, func(t *testing.T) {
					got := p.Do(t, method, path, p.FromPage(cookie), "")
					if method == http.MethodHead {
						got.Is(t, 405)
					} else {
						got.IsProblem(t, 405, "method_not_allowed")
					}

					if got.Header.Get("Allow") == "" {
						t.Error("no Allow") // RFC 9110 section 15.5.6
					}

					if strings.Contains(got.Body, cookie.Value) {
						t.Error("the response contains the request's cookie")
					}
				})
			}
		}
	})
	overrides := http.Header{
		"X-Http-Method-Override": {"DELETE"},
		"X-Http-Method":          {"DELETE"},
		"X-Method-Override":      {"DELETE"},
	}
	t.Run("method override in headers and query", func(t *testing.T) {
		for _, path := range []string{"/api/v1/session", "/api/v1/connection"} {
			p.Do(t, "GET", path+"?_method=DELETE", harness.Merged(p.FromPage(cookie), overrides), "").Is(t, 200)
		}
		p.HasNoEffect(t, func() {
			p.Do(
				t, "POST", "/api/v1/session?_method=DELETE", harness.Merged(p.FromPage(cookie), overrides), "",
			).IsProblem(t, 401,
				"authentication_required")
			p.Do(
				t, "POST", "/api/v1/connection?_method=DELETE", harness.Merged(p.FromPage(cookie), overrides), "",
			).IsProblem(t, 405,
				"method_not_allowed")
		})
		p.StillLoggedIn(t, cookie)
	})
	t.Run("GET with a body reads, and takes nothing from it", func(t *testing.T) {
		p.Do(
			t,
			"GET",
			"/api/v1/databases",
			p.FromPage(cookie),
			`{"name":"mine","primary_region":"us-east-1"}`,
		).Is(
			t, 200,
		)

		if got := p.Account(t, "victim@example.com").Databases; len(got) != 0 {
			t.Errorf("the account has %d databases, want none", len(got))
		}
	})
	p.StillLoggedIn(t, cookie)
}

// Threat model: C10.
func TestSessionFixationIsPrevented(t *testing.T) {
	p := harness.StartProduct(t)
	planted := &http.Cookie{Name: "session", Value: strings.Repeat("A", 43)}
	token := p.TokenOf(t, "victim@example.com")
	logIn := func(cookie *http.Cookie) *http.Cookie {
		t.Helper()

		return p.SessionCookie(
			t,
			p.Do(
				t, "POST", "/api/v1/session", harness.Merged(p.FromPage(cookie), harness.Bearer(token)), "",
			).Is(
				t, 201,
			),
		)
	}

	first := logIn(planted)
	if first.Value == planted.Value {
		t.Error("the login kept the planted id")
	}
	p.Do(t, "GET", "/api/v1/session", p.FromPage(planted), "").IsProblem(t, 401, "session_expired")

	second := logIn(first)
	if second.Value == first.Value {
		t.Error("the second login kept the id of the first")
	}
	p.Do(t, "GET", "/api/v1/session", p.FromPage(first), "").IsProblem(t, 401, "session_expired")
	p.StillLoggedIn(t, second)

	if got := p.Rows(t)["sessions"]; got != 1 {
		t.Errorf("got %d sessions in the database, want the last alone", got)
	}
}

// Threat model: C10.
func TestSessionCookieAttributes(t *testing.T) {
	for name, test := range map[string]struct {
		start  func(*testing.T) *harness.Product
		host   string
		name   string
		secure bool
	}{
		"https":                {published, "good.example", "__Host-session", true},
		"plain http, loopback": {func(t *testing.T) *harness.Product { t.Helper(); return harness.StartProduct(t) }, "", "session", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := test.start(t)

			header := harness.Bearer(p.TokenOf(t, "victim@example.com"))
			if test.host != "" {
				header.Set("Host", test.host)
			}
			cookie := p.SessionCookie(t, p.Do(t, "POST", "/api/v1/session", header, "").Is(t, 201))
			got := fmt.Sprintf(
				"%s HttpOnly=%t Secure=%t SameSite=%d Path=%s Domain=%q",
				cookie.Name,
				cookie.HttpOnly,
				cookie.Secure,
				cookie.SameSite,
				cookie.Path,
				cookie.Domain,
			)

			want := fmt.Sprintf(
				"%s HttpOnly=true Secure=%t SameSite=%d Path=/ Domain=\"\"",
				test.name,
				test.secure,
				http.SameSiteStrictMode,
			)
			if got != want {
				t.Errorf("got cookie %s, want %s", got, want)
			}
		})
	}
}

// Threat model: C11.
func TestMalformedCookiesAreRejected(t *testing.T) {
	p, cookie := victim(t)
	own := cookie.Name + "=" + cookie.Value

	ask := func(cookies string) harness.Response {
		return p.Raw(t,
			"GET /api/v1/session HTTP/1.1\r\nHost: "+p.Host()+"\r\nX-CSRF: 1\r\nCookie: "+cookies+"\r\nConnection: close\r\n\r\n")
	}
	if got := ask(own); got.Status != 200 {
		t.Fatalf("the cookie alone: got status %d, want 200", got.Status)
	}
	p.HasNoEffect(t, func() {
		for name, test := range map[string]struct {
			cookies string
			status  int
		}{
			"20 000 tiny cookies": {strings.Repeat("a=b; ", 20_000) + own, 431},
			"64 KB cookie":        {cookie.Name + "=" + strings.Repeat("A", 64<<10), 431},
			// more than Go reads: none is read
			"5 000 tiny cookies":                 {strings.Repeat("a=b; ", 5_000) + own, 401},
			"30 KB cookie":                       {cookie.Name + "=" + strings.Repeat("A", 30<<10), 401},
			"ours twice, the same":               {own + "; " + own, 401},
			"ours beside a planted one":          {cookie.Name + "=" + strings.Repeat("A", 43) + "; " + own, 401},
			"in quotes":                          {cookie.Name + `="` + cookie.Value + `"`, 401},
			"a quote inside":                     {own + `"`, 401},
			"carriage return inside":             {own + "\rX: 1", 400},
			"NUL inside":                         {own + "\x00", 400},
			"cut at a semicolon":                 {cookie.Name + "=" + cookie.Value[:20] + ";" + cookie.Value[20:], 401},
			"name in other letters":              {strings.ToUpper(cookie.Name) + "=" + cookie.Value, 401},
			"name of the secure one":             {"__Host-session=" + cookie.Value, 401},
			"name with a space behind":           {cookie.Name + " =" + cookie.Value, 0},
			"empty":                              {cookie.Name + "=", 401},
			"value with something behind":        {own + "A", 401},
			"value with base64's other alphabet": {cookie.Name + "=" + strings.Repeat("+/", 21) + "A", 401},
			"non-ASCII":                          {cookie.Name + "=" + strings.Repeat("é", 21) + "A", 401},
		} {
			t.Run(name, func(t *testing.T) {
				got := ask(test.cookies)
				switch {
				case test.status == 0: // read as ours, or not: either is sane
				case got.Status != test.status:
					t.Errorf("got status %d, want %d", got.Status, test.status)
				}

				if strings.Contains(got.Body, cookie.Value) {
					t.Error("the response contains the cookie")
				}
			})
		}
	})
	p.StillLoggedIn(t, cookie)
}

// Threat model: C12.
func TestTokenOfAnotherAccountIsRejectedInALiveSession(t *testing.T) {
	p, cookie := victim(t)
	attackers := harness.Bearer(p.TokenOf(t, "attacker@example.com"))
	p.HasNoEffect(t, func() {
		p.Do(
			t, "POST", "/api/v1/session", harness.Merged(p.FromPage(cookie), attackers), "",
		).IsProblem(t, 409,
			"account_mismatch")
		p.Do(
			t,
			"POST",
			"/api/v1/session",
			harness.Merged(p.FromPage(cookie), attackers),
			`{"replace":false}`,
		).IsProblem(t, 409,
			"account_mismatch")
		fromElsewhere := harness.Merged(
			p.FromPage(cookie),
			attackers,
			http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}},
		)
		p.Do(t, "POST", "/api/v1/session", fromElsewhere, `{"replace":true}`).IsProblem(t, 403, "csrf")
	})
	p.StillLoggedIn(t, cookie)
	t.Run("connecting without a session leaves the victim's alone", func(t *testing.T) {
		got := p.Do(t, "PUT", "/api/v1/connection", harness.Merged(p.FromPage(cookie), attackers), "").Is(t, 201)
		if got.Header.Get("Set-Cookie") != "" {
			t.Error("it sets a cookie")
		}
		p.StillLoggedIn(t, cookie)
	})
	t.Run("the user decides", func(t *testing.T) {
		replaced := p.SessionCookie(
			t,
			p.Do(
				t,
				"POST",
				"/api/v1/session",
				harness.Merged(p.FromPage(cookie), attackers),
				`{"replace":true}`,
			).Is(
				t, 201,
			),
		)
		p.Do(t, "GET", "/api/v1/session", p.FromPage(cookie), "").IsProblem(t, 401, "session_expired")
		p.Do(t, "GET", "/api/v1/session", p.FromPage(replaced), "").Is(t, 200)
	})
}

// Threat model: C18.
func TestPagesCannotBeFramed(t *testing.T) {
	p := harness.StartProduct(t)
	for _, path := range []string{"/", "/connect", "/callback?code=x&state=y", "/databases", "/index.html", "/assets/none.js", "/api/v1/config", "/api/v1/openapi.json", "/api/nothing", "/livez"} {
		t.Run(path, func(t *testing.T) {
			got := p.Do(t, "GET", path, nil, "")
			for name, want := range map[string]string{"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin"} {
				if got := got.Header.Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("got %s %q, want %q", name, got, want)
				}
			}

			policy := policyOf(t, got)
			if policy["frame-ancestors"] != "'none'" {
				t.Errorf("got frame-ancestors %q, want 'none'", policy["frame-ancestors"])
			}
		})
	}
	t.Run("a foreign Host", func(t *testing.T) {
		got := p.Do(t, "GET", "/", http.Header{"Host": {"evil.example"}}, "")
		got.IsProblem(t, 421, "misdirected_request")
		policyOf(t, got)
	})
}

// policyOf reads a response's only Content-Security-Policy, by directive.
func policyOf(t *testing.T, a harness.Response) map[string]string {
	t.Helper()

	headers := a.Header.Values("Content-Security-Policy")
	if len(headers) != 1 {
		t.Fatalf("%s %s: got %d content security policies, want one", a.Method, a.Path, len(headers))
	}

	policy := map[string]string{}
	for directive := range strings.SplitSeq(headers[0], ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(directive), " ")
		policy[name] = sources
	}

	return policy
}

const payload = `"><script>alert(1)</script><img src=x onerror=alert(1)>`

// Threat model: C19.
func TestUpstreamMarkupIsNeverReturnedAsHTML(t *testing.T) {
	p, cookie := victim(t)
	harmless := func(t *testing.T, a harness.Response) {
		t.Helper()

		if kind := a.Header.Get(
			"Content-Type",
		); !strings.HasPrefix(kind, "application/json") &&
			kind != "application/problem+json" {
			t.Errorf("got content type %q, want JSON", kind)
		}

		if a.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Error("a browser may guess another type")
		}

		if strings.Contains(a.Body, "<") { // inside JSON it is written \u003c: harmless even when pasted into a page
			t.Errorf("the response contains markup as it came: %s", a.Body)
		}

		if policy := policyOf(t, a); policy["default-src"] != "'none'" {
			t.Errorf("got default-src %q, want 'none'", policy["default-src"])
		}
	}
	t.Run("in a database", func(t *testing.T) {
		p.Fault(t, map[string]any{
			"match": map[string]any{"target": "upstash", "method": "GET", "path": "/v2/redis/databases"},
			"do": map[string]any{"status": 200, "body": []map[string]any{
				{
					"database_id":    "96ad0856-03b1-4ee7-9666-e81abd0349e1",
					"database_name":  payload,
					"primary_region": payload,
					"state":          payload,
					"endpoint":       "host",
					"port":           6379,
					"tls":            true,
					"type":           payload,
					"read_regions":   []string{payload},
				},
			}},
		})
		got := p.Do(t, "GET", "/api/v1/databases", p.FromPage(cookie), "").Is(t, 200)
		harmless(t, got)
		var listed struct {
			Databases []struct {
				Name string `json:"name"`
			} `json:"databases"`
		}
		got.JSON(t, &listed)

		if len(listed.Databases) != 1 || listed.Databases[0].Name != payload {
			t.Errorf("got %+v, want the name as text, unchanged", listed.Databases)
		}
	})
	t.Run("in an error", func(t *testing.T) {
		p.Fault(t, map[string]any{
			"match": map[string]any{"target": "upstash", "method": "GET", "path": "/v2/redis/database/*"},
			"count": -1, "do": map[string]any{"status": 400, "body": payload},
		})
		got := p.Do(t, "GET", "/api/v1/databases/96ad0856-03b1-4ee7-9666-e81abd0349e1", p.FromPage(cookie), "")
		harmless(t, got)

		if strings.Contains(got.Body, "alert") {
			t.Errorf("upstream's text passes through: %s", got.Body)
		}
	})
	t.Run("in a path", func(t *testing.T) {
		for _, path := range []string{"/api/%3Cscript%3Ealert(1)%3C/script%3E", "/api/v1/databases/%3Cscript%3E"} {
			harmless(t, p.Do(t, "GET", path, p.FromPage(cookie), ""))
		}
	})
	t.Run("in a name to create", func(t *testing.T) {
		got := p.Do(
			t,
			"POST",
			"/api/v1/databases",
			p.FromPage(cookie),
			`{"name":"<script>","primary_region":"<img>","<b>":1}`,
		)
		harmless(t, got)

		if got.Status/100 != 4 {
			t.Errorf("got status %d, want an error", got.Status)
		}
	})
	t.Run("in the page's address", func(t *testing.T) {
		for _, path := range []string{"/?x=%3Cscript%3Ealert(1)%3C/script%3E", "/callback?error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E", "/%3Cscript%3Ealert(1)%3C/script%3E"} {
			if got := p.Do(t, "GET", path, nil, ""); strings.Contains(got.Body, "alert(1)") {
				t.Errorf("GET %s: the page repeats its address", path)
			}
		}
	})
	t.Run("the page's policy takes script of ours alone", func(t *testing.T) {
		page := p.Do(t, "GET", "/", nil, "").Is(t, 200)
		policy := policyOf(t, page)

		want := map[string]string{
			"default-src": "'none'",
			"script-src":  "'self'",
			"base-uri":    "'none'",
			"form-action": "'self'",
			"connect-src": "'self' " + strings.TrimSuffix(p.Config.AuthIssuer, "/"),
		}
		for directive, sources := range want {
			if policy[directive] != sources {
				t.Errorf("got %s %q, want %q", directive, policy[directive], sources)
			}
		}

		for directive, sources := range policy {
			if strings.Contains(sources, "unsafe") || strings.Contains(sources, "*") {
				t.Errorf("%s lets through %q", directive, sources)
			}
		}

		for _, script := range strings.Split(page.Body, "<script")[1:] {
			if tag, rest, _ := strings.Cut(
				script, ">",
			); !strings.Contains(tag, ` src="/`) ||
				!strings.HasPrefix(rest, "</script>") {
				t.Errorf("the page contains inline script: %.80s", script)
			}
		}
	})
}

// Threat model: C22.
func TestLogoutDuringRequestsEndsTheSession(t *testing.T) {
	p, cookie := victim(t)
	p.Fault(t, map[string]any{
		"match": map[string]any{
			"target": "upstash",
			"method": "GET",
		},
		"count": -1,
		"do":    map[string]any{"delay_ms": 400},
	})
	const requests = 20
	answers, faults := make([]harness.Response, requests), make([]error, requests)
	before := len(p.Journal(t))

	var group sync.WaitGroup
	for n := range requests {
		group.Go(
			func() { answers[n], faults[n] = p.Try(t.Context(), "GET", "/api/v1/databases", p.FromPage(cookie), "") },
		)
	}

	if !harness.Eventually(func() bool { return len(p.Journal(t)) > before }) {
		t.Fatal("no request got as far as upstream")
	}

	out := p.Do(t, "DELETE", "/api/v1/session", p.FromPage(cookie), "").Is(t, 204)
	if cleared := (&http.Response{Header: out.Header}).Cookies(); len(cleared) != 1 || cleared[0].MaxAge >= 0 ||
		cleared[0].Value != "" {
		t.Errorf("got cookies %v, want the session's cleared", cleared)
	}
	group.Wait()

	for n, got := range answers {
		switch {
		case faults[n] != nil:
			t.Fatal(faults[n])
		case got.Status != 200 && got.Status != 401:
			t.Errorf(
				"got status %d, want 200 for those that were admitted before and 401 after; body %s",
				got.Status,
				got.Body,
			)
		case got.Header.Get("Set-Cookie") != "":
			t.Error("a response sets the cookie again")
		}
	}
	p.NoFaults(t)

	for range 2 { // the back button, and again
		p.Do(t, "GET", "/api/v1/session", p.FromPage(cookie), "").IsProblem(t, 401, "session_expired")
		p.Do(t, "GET", "/api/v1/databases", p.FromPage(cookie), "").IsProblem(t, 401, "session_expired")
	}

	if got := p.Rows(t); got["sessions"] != 0 || got["connections"] != 1 {
		t.Errorf("got rows %v, want no session and the connection kept", got)
	}
	p.Do(t, "DELETE", "/api/v1/session", p.FromPage(cookie), "").Is(t, 204)
	p.Do(t, "DELETE", "/api/v1/session", nil, "").Is(t, 204)
}

// A planted second cookie makes every call anonymous. A logout that answered 204 and ended nothing would be a lie.
func TestLogoutBesideAPlantedCookieEndsTheSession(t *testing.T) {
	for name, query := range map[string]string{"here": "", "everywhere": "?everywhere=true"} {
		t.Run(name, func(t *testing.T) {
			p, cookie := victim(t)
			headers := p.FromPage(cookie)
			headers["Cookie"] = []string{strings.Repeat(cookie.Name+"="+strings.Repeat("A", 43)+"; ", 8) + headers.Get("Cookie")}
			p.Do(t, "DELETE", "/api/v1/session"+query, headers, "").Is(t, 204)
			p.Do(t, "GET", "/api/v1/session", p.FromPage(cookie), "").IsProblem(t, 401, "session_expired")
		})
	}

	p, cookie := victim(t)
	headers := p.FromPage(cookie)
	headers["Cookie"] = []string{headers.Get("Cookie") + `"`} // net/http skips such a cookie
	out := p.Do(t, "DELETE", "/api/v1/session", headers, "").Is(t, 204)

	if got := out.Header.Get("Set-Cookie"); !strings.Contains(got, "Max-Age=0") {
		t.Errorf("a cookie that cannot be read stays in the browser: got %q", got)
	}
}

func TestLogoutEverywhere(t *testing.T) {
	p, cookie := victim(t)
	elsewhere := p.Login(t, p.TokenOf(t, "victim@example.com"))
	another := p.Login(t, p.TokenOf(t, sandbox.DemoEmail))
	p.Do(t, "DELETE", "/api/v1/session?everywhere=true", p.FromPage(cookie), "").Is(t, 204)

	for _, dead := range []*http.Cookie{cookie, elsewhere} {
		p.Do(t, "GET", "/api/v1/session", p.FromPage(dead), "").IsProblem(t, 401, "session_expired")
	}
	p.Do(t, "GET", "/api/v1/session", p.FromPage(another), "").Is(t, 200)
}

func TestFirstVisitMayAskForASessionWithoutAnError(t *testing.T) {
	p, cookie := victim(t)
	const optional = "/api/v1/session?optional=true"
	dead := &http.Cookie{Name: cookie.Name, Value: strings.Repeat("A", 43)}
	first := http.Header{"X-Csrf": {"1"}, "Sec-Fetch-Site": {"same-origin"}}

	if got := p.Do(t, "GET", optional, first, "").Is(t, 204); got.Body != "" {
		t.Errorf("got body %q, want none", got.Body)
	}
	p.Do(t, "GET", optional, p.FromPage(cookie), "").Is(t, 200)
	p.Do(t, "GET", optional, p.FromPage(dead), "").IsProblem(t, 401, "session_expired")
	p.Do(t, "GET", optional, http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}}, "").IsProblem(t, 403, "csrf")

	// A cookie that is there but cannot be read is no first visit. A sibling domain can plant one, and the page would
	// then tell a user whose session ended that they never connected.
	for name, planted := range map[string]string{
		"twice": cookie.Name + "=" + cookie.Value + "; " + cookie.Name + "=planted",
		"empty": cookie.Name + "=", "quoted": cookie.Name + `="` + cookie.Value + `"`, "not ASCII": cookie.Name + "=é",
		"behind thousands": strings.Repeat("a=b; ", 4_000) + cookie.Name + "=" + cookie.Value,
	} {
		header := first.Clone()
		header.Set("Cookie", planted)

		t.Run(name, func(t *testing.T) { p.Do(t, "GET", optional, header, "").IsProblem(t, 401, "session_expired") })
	}
	others := first.Clone()
	others.Set("Cookie", "other="+cookie.Value)
	p.Do(t, "GET", optional, others, "").Is(t, 204)

	for _, path := range []string{"/api/v1/session", "/api/v1/session?optional=false", "/api/v1/session?optional"} {
		p.Do(t, "GET", path, first, "").IsProblem(t, 401, "authentication_required")
	}
}
