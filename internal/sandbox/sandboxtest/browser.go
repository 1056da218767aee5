package sandboxtest

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
	// Verifier is the code verifier (RFC 7636 section 4.1) of every login.
	Verifier = "a-verifier-of-at-least-forty-three-characters"
	// Callback is where the client of AppOrigin is sent back to.
	Callback = AppOrigin + "/callback"
)

// browser is a user agent with cookies that stops at every redirect.
type browser struct {
	t      *testing.T
	s      *sandbox.Sandbox
	Client *http.Client
}

// NewBrowser returns a browser without cookies that follows no redirect, so that a test sees each step.
func NewBrowser(t *testing.T, s *sandbox.Sandbox) *browser {
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

// Query returns a valid authorization request with parameters changed; an empty value removes one.
func Query(change ...string) url.Values {
	sum := sha256.Sum256([]byte(Verifier))

	q := url.Values{
		"response_type":         {"code"},
		"client_id":             {"sandbox-spa"},
		"redirect_uri":          {Callback},
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

func (b *browser) Open(path string) Response {
	b.t.Helper()
	return Send(b.t, b.Client, NewRequest(b.t, "GET", strings.TrimSuffix(b.s.IssuerURL(), "/")+path, ""))
}

func (b *browser) Authorize(change ...string) Response {
	b.t.Helper()
	return b.Open("/authorize?" + Query(change...).Encode())
}

var (
	formAction = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
	// FormCSRF finds the CSRF token of a form.
	FormCSRF = regexp.MustCompile(`name="csrf" value="([^"]+)"`)
)

// Press fills in the form on the page and presses one of its buttons.
func (b *browser) Press(page Response, button string, fields ...string) Response {
	b.t.Helper()

	action, csrf := formAction.FindStringSubmatch(page.Body), FormCSRF.FindStringSubmatch(page.Body)
	if action == nil || csrf == nil || !strings.Contains(page.Body, `name="action" value="`+button+`"`) {
		b.t.Fatalf("no form with a button %q in %d %s", button, page.Status, page.Body)
	}

	form := url.Values{"action": {button}, "csrf": {html.UnescapeString(csrf[1])}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	address := strings.TrimSuffix(b.s.IssuerURL(), "/") + html.UnescapeString(action[1])
	request := NewRequest(b.t, "POST", address, form.Encode())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")

	return Send(b.t, b.Client, request)
}

func (b *browser) LogIn(page Response) Response {
	b.t.Helper()
	return b.Press(page, "login", "email", sandbox.DemoEmail, "password", sandbox.DemoPassword)
}

// CalledBack returns the parameters of a redirect to the application.
func CalledBack(t *testing.T, got Response) url.Values {
	t.Helper()

	location := got.Header.Get("Location")
	if got.Status != http.StatusFound || !strings.HasPrefix(location, Callback+"?") {
		t.Fatalf("got %d to %q, want 302 to the callback; body %s", got.Status, location, got.Body)
	}

	parsed, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}

	return parsed.Query()
}

// Code logs the demo user in and returns the application's code.
func Code(t *testing.T, s *sandbox.Sandbox, change ...string) string {
	t.Helper()
	b := NewBrowser(t, s)

	got := CalledBack(t, b.LogIn(b.Authorize(change...))).Get("code")
	if got == "" {
		t.Fatal("called back without a code")
	}

	return got
}

// Exchange posts a form to the token endpoint. It starts from a valid code exchange; an empty value removes a
// parameter.
func Exchange(t *testing.T, s *sandbox.Sandbox, change ...string) Response {
	t.Helper()

	form := url.Values{
		"grant_type":    {"authorization_code"},
		"client_id":     {"sandbox-spa"},
		"redirect_uri":  {Callback},
		"code_verifier": {Verifier},
	}
	for i := 0; i < len(change); i += 2 {
		if form.Set(change[i], change[i+1]); change[i+1] == "" {
			form.Del(change[i])
		}
	}
	request := NewRequest(t, "POST", s.IssuerURL()+"oauth/token", form.Encode())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")

	return Send(t, http.DefaultClient, request)
}

// FormLink finds the link from the login form to the sign-up form.
var FormLink = regexp.MustCompile(`<a href="(/u/signup[^"]*)"`)
