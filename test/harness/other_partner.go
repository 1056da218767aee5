package harness

import (
	"encoding/json"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// TokenByLogIn logs the demo user in with a client and returns the access token.
func (p *Product) TokenByLogIn(t *testing.T, client, callback string) string {
	t.Helper()

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	send := func(method, address string, form url.Values) (location, page string) {
		request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")

		response, err := browser.Do(request)
		if err != nil {
			t.Fatal(err)
		}

		content, err := io.ReadAll(response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil {
			t.Fatal(err)
		}

		return response.Header.Get("Location"), string(content)
	}
	issuer := p.Config.AuthIssuer
	_, page := send("GET", issuer+"authorize?"+url.Values{
		"response_type": {
			"code",
		},
		"client_id":    {client},
		"redirect_uri": {callback},
		"audience":     {p.Config.AuthAudience},
		"scope":        {"offline_access"},
	}.Encode(), nil)

	action, csrf := FormActionOf.FindStringSubmatch(page), FormCSRFOf.FindStringSubmatch(page)
	if action == nil || csrf == nil {
		t.Fatalf("no form on %s", page)
	}
	back, _ := send("POST", strings.TrimSuffix(issuer, "/")+html.UnescapeString(action[1]), url.Values{
		"action": {"login"}, "csrf": {csrf[1]}, "email": {sandbox.DemoEmail}, "password": {sandbox.DemoPassword},
	})

	location, err := url.Parse(back)
	if err != nil || location.Query().Get("code") == "" {
		t.Fatalf("login with %s: led to %q (%v)", client, back, err)
	}
	_, answered := send("POST", issuer+"oauth/token", url.Values{
		"grant_type": {
			"authorization_code",
		},
		"client_id":    {client},
		"redirect_uri": {callback},
		"code":         {location.Query().Get("code")},
	})

	var tokens struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(answered), &tokens); err != nil || tokens.Access == "" {
		t.Fatalf("no access token in %s (%v)", answered, err)
	}
	p.noteToken(tokens.Access)
	p.emails[sandbox.DemoEmail] = true

	return tokens.Access
}
