package test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/brand"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/test/harness"
)

const browserAccept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// TestWrongHostShowsTheCorrectAddress: a user who opens the server by another name gets a page that leads to the
// right one, and nothing of the name they came by. Clients of the API get the problem, by any name.
//
// Threat model: H08.
func TestWrongHostShowsTheCorrectAddress(t *testing.T) {
	p := harness.StartProduct(t)

	const evil = "evil.example"
	for _, path := range []string{"/", "/databases/x?y=evil.example", "/api/v1/docs", "/api/v1/problems", "/api/v1/problems/internal"} {
		t.Run(path, func(t *testing.T) {
			header := http.Header{"Host": {evil}, "Accept": {browserAccept}, "X-Forwarded-Host": {evil}}
			got := p.Do(t, "GET", path, header, "").Is(t, 421)
			isPage(t, got)

			if links := linksOf(got); len(links) != 1 || links[0] != p.URL+"/" {
				t.Errorf("got links %q, want one, to %s/", links, p.URL)
			}

			if strings.Contains(string(got.Body), "evil") {
				t.Errorf("the response repeats the request:\n%s", got.Body)
			}
		})
	}

	for name, ask := range map[string]struct {
		method, path, accept string
	}{
		"the API, from a browser": {"GET", harness.DatabasesPath, browserAccept},
		"the page, by a client":   {"GET", "/", "*/*"},
		"a form":                  {"POST", "/", browserAccept},
		"HTML refused":            {"GET", "/", "text/html;q=0, */*"},
		"beside the problems":     {"GET", "/api/v1/problemsx", browserAccept},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Host": {evil}, "Accept": {ask.accept}}
			p.Do(t, ask.method, ask.path, header, "").IsProblem(t, 421, "misdirected_request")
		})
	}
}

// TestProblemPages walks the pages as a person does: from the list to every code and on through every link.
func TestProblemPages(t *testing.T) {
	p := harness.StartProduct(t)
	index := p.Do(t, "GET", "/api/v1/problems", http.Header{"Accept": {browserAccept}}, "").Is(t, 200)
	isPage(t, index)

	todo, seen := linksOf(index), map[string]bool{}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]

		if seen[path] {
			continue
		}
		seen[path] = true

		got := p.Do(t, "GET", path, nil, "").Is(t, 200)
		if code, ok := strings.CutPrefix(path, "/api/v1/problems/"); ok {
			isPage(t, got)

			if !strings.Contains(string(got.Body), "<code>"+code+"</code>") || strings.Contains(string(got.Body), "`") {
				t.Errorf("%s does not read as its page:\n%s", path, got.Body)
			}
			todo = append(todo, linksOf(got)...)
		}
	}

	for _, path := range []string{"/api/v1/docs", "/api/v1/openapi.json", "/api/v1/problems/not_found", "/api/v1/problems/upstream_timeout"} {
		if !seen[path] {
			t.Errorf("no link leads to %s", path)
		}
	}

	if len(seen) < 40 {
		t.Errorf("saw %d pages only", len(seen))
	}
	p.Do(t, "GET", "/api/v1/problems/none", http.Header{"Accept": {browserAccept}}, "").IsProblem(t, 404, "not_found")
}

// TestAPIReferenceMayCallNothing: the reference is a page like the others, and leads to every call.
func TestAPIReferenceMayCallNothing(t *testing.T) {
	got := harness.StartProduct(t).Do(t, "GET", "/api/v1/docs", nil, "").Is(t, 200)
	isPage(t, got)

	policy := policyOf(t, got)
	for directive, want := range map[string]string{
		"connect-src": "", "img-src": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'", "form-action": "'none'",
	} {
		if policy[directive] != want {
			t.Errorf("got %s %q, want %q", directive, policy[directive], want)
		}
	}

	for _, want := range []string{`id="createDatabase"`, `href="/api/v1/problems/rate_limited"`, "/api/v1/databases \\"} {
		if !strings.Contains(string(got.Body), want) {
			t.Errorf("the reference lacks %s", want)
		}
	}
}

// isPage: HTML that may run and load nothing but its own style and script, and the pictures of the brand.
func isPage(t *testing.T, got harness.Response) {
	t.Helper()

	if kind := got.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") {
		t.Errorf("%s: got %s, want HTML", got.Path, kind)
	}

	policy := policyOf(t, got)
	oneHash := regexp.MustCompile(`^'sha256-[\w+/]{43}='$`)

	if policy["default-src"] != "'none'" || !oneHash.MatchString(policy["style-src"]) ||
		!oneHash.MatchString(policy["script-src"]) {
		t.Errorf("%s: got policy %v", got.Path, policy)
	}

	if cache := got.Header.Get("Cache-Control"); cache != "no-store" {
		t.Errorf("%s: got Cache-Control %q, want no-store", got.Path, cache)
	}
}

// The server's own pages end with the links of BFF_BRAND_LINKS, and name no other product.
func TestPagesEndWithTheLinksOfTheBrand(t *testing.T) {
	p := harness.StartProduct(t, harness.WithConfig(func(c *config.Config) {
		c.AppName = "Orbit Host"
		c.Brand.Links = brand.Links{
			Product: "https://orbit.example", Support: "mailto:help@orbit.example", Privacy: "https://orbit.example/privacy",
		}
	}))
	const want = `<footer><a href="https://orbit.example">Orbit Host</a><a href="mailto:help@orbit.example">Support</a>` +
		`<a href="https://orbit.example/privacy">Privacy</a></footer>`

	for path, host := range map[string]string{
		"/api/v1/docs": "", "/api/v1/problems": "", "/api/v1/problems/internal": "", "/": "elsewhere.example",
	} {
		header := http.Header{"Accept": {browserAccept}}
		if host != "" {
			header.Set("Host", host)
		}
		got := p.Do(t, "GET", path, header, "")
		_, end, found := strings.Cut(got.Body, want)

		if !found || strings.Contains(end, "</main>") {
			t.Errorf("%s %s: the page does not end with %s", host, path, want)
		}

		if strings.Contains(got.Body, "Upstash Connect") {
			t.Errorf("%s %s: the page names Upstash Connect", host, path)
		}
	}
}

func linksOf(got harness.Response) []string {
	var links []string
	for _, match := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(string(got.Body), -1) {
		if !strings.HasPrefix(match[1], "#") {
			links = append(links, match[1])
		}
	}

	return links
}
