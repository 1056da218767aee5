package sandboxtest

import (
	"html"
	"net/http"
	"net/url"
	"strings"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// Console is a browser that follows redirects through the console and the login.
func (b *browser) Console(path string) Response {
	b.t.Helper()
	return b.Follow(Send(b.t, b.Client, NewRequest(b.t, "GET", b.s.ConsoleURL()+path, "")))
}

func (b *browser) Follow(got Response) Response {
	b.t.Helper()

	for range 10 {
		target := got.Header.Get("Location")
		if target == "" {
			return got
		}

		if strings.HasPrefix(target, "/") {
			target = b.s.UpstashURL() + target
		}
		got = Send(b.t, b.Client, NewRequest(b.t, "GET", target, ""))
	}
	b.t.Fatal("redirected without an end")

	return Response{}
}

// Enter opens a page of the console and logs in on the way.
func (b *browser) Enter(path, email string) Response {
	b.t.Helper()

	got := b.Follow(b.Press(b.Console(path), "login", "email", email, "password", sandbox.DemoPassword))
	if got.Status != http.StatusOK || !strings.Contains(got.Body, "Upstash console</p>") {
		b.t.Fatalf("got %d %s, want a page of the console", got.Status, got.Body)
	}

	return got
}

// Post sends a form of the console with the token of the page it is on.
func (b *browser) Post(page Response, path string, fields ...string) Response {
	b.t.Helper()

	form := url.Values{}
	if csrf := FormCSRF.FindStringSubmatch(page.Body); csrf != nil {
		form.Set("csrf", html.UnescapeString(csrf[1]))
	}

	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	request := NewRequest(b.t, "POST", b.s.ConsoleURL()+path, form.Encode())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")

	return b.Follow(Send(b.t, b.Client, request))
}
