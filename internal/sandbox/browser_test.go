package sandbox_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
)

const (
	verifier = "a-verifier-of-at-least-forty-three-characters"
	callback = appOrigin + "/callback"
)

// browser is a user agent with cookies that stops at every redirect.
type browser struct {
	t      *testing.T
	s      *sandbox.Sandbox
	client *http.Client
}

func newBrowser(t *testing.T, s *sandbox.Sandbox) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, s, &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// query is a good authorization request with parameters changed; an empty value
// removes one.
func query(change ...string) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"response_type":         {"code"},
		"client_id":             {"sandbox-spa"},
		"redirect_uri":          {callback},
		"scope":                 {"openid email"},
		"audience":              {"upstash-api"},
		"state":                 {"the state"},
		"nonce":                 {"the nonce"},
		"code_challenge":        {base64.RawURLEncoding.EncodeToString(sum[:])},
		"code_challenge_method": {"S256"},
	}
	for i := 0; i < len(change); i += 2 {
		if q.Set(change[i], change[i+1]); change[i+1] == "" {
			q.Del(change[i])
		}
	}
	return q
}

func (b *browser) open(path string) answer {
	b.t.Helper()
	return send(b.t, b.client, newRequest(b.t, "GET", strings.TrimSuffix(b.s.IssuerURL(), "/")+path, ""))
}

func (b *browser) authorize(change ...string) answer {
	b.t.Helper()
	return b.open("/authorize?" + query(change...).Encode())
}

var (
	formAction = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
	formCSRF   = regexp.MustCompile(`name="csrf" value="([^"]+)"`)
)

// press fills in the form on the page and presses one of its buttons.
func (b *browser) press(page answer, button string, fields ...string) answer {
	b.t.Helper()
	action, csrf := formAction.FindStringSubmatch(page.body), formCSRF.FindStringSubmatch(page.body)
	if action == nil || csrf == nil || !strings.Contains(page.body, `name="action" value="`+button+`"`) {
		b.t.Fatalf("no form with a button %q in %d %s", button, page.status, page.body)
	}
	form := url.Values{"action": {button}, "csrf": {html.UnescapeString(csrf[1])}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	address := strings.TrimSuffix(b.s.IssuerURL(), "/") + html.UnescapeString(action[1])
	request := newRequest(b.t, "POST", address, form.Encode())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return send(b.t, b.client, request)
}

func (b *browser) logIn(page answer) answer {
	b.t.Helper()
	return b.press(page, "login", "email", sandbox.DemoEmail, "password", sandbox.DemoPassword)
}

// calledBack reads what a redirect to the application carries.
func calledBack(t *testing.T, got answer) url.Values {
	t.Helper()
	location := got.header.Get("Location")
	if got.status != http.StatusFound || !strings.HasPrefix(location, callback+"?") {
		t.Fatalf("got %d to %q, want 302 to the callback; body %s", got.status, location, got.body)
	}
	parsed, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Query()
}

// code logs the demo user in and returns the code the application gets.
func code(t *testing.T, s *sandbox.Sandbox, change ...string) string {
	t.Helper()
	b := newBrowser(t, s)
	got := calledBack(t, b.logIn(b.authorize(change...))).Get("code")
	if got == "" {
		t.Fatal("called back without a code")
	}
	return got
}

// exchange posts a form to the token endpoint; it starts from a good code
// exchange, and an empty value removes a parameter.
func exchange(t *testing.T, s *sandbox.Sandbox, change ...string) answer {
	t.Helper()
	form := url.Values{
		"grant_type":    {"authorization_code"},
		"client_id":     {"sandbox-spa"},
		"redirect_uri":  {callback},
		"code_verifier": {verifier},
	}
	for i := 0; i < len(change); i += 2 {
		if form.Set(change[i], change[i+1]); change[i+1] == "" {
			form.Del(change[i])
		}
	}
	request := newRequest(t, "POST", s.IssuerURL()+"oauth/token", form.Encode())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return send(t, http.DefaultClient, request)
}

// formLink finds the way from the log-in form to the sign-up form.
var formLink = regexp.MustCompile(`<a href="(/u/signup[^"]*)"`)
