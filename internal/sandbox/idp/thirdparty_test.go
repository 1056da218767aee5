package idp_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// strict is a good request of a third-party client, with parameters changed.
func strict(client string, change ...string) []string {
	return append([]string{"client_id", client, "scope", "openid profile email offline_access"}, change...)
}

// stays fails unless the response is an error page that redirects nowhere.
func stays(t *testing.T, name string, got sandboxtest.Response, status int, code, description string) {
	t.Helper()

	if got.Status != status || got.Header.Get("Location") != "" || !strings.Contains(got.Body, `role="alert"`) ||
		!strings.Contains(got.Body, code) || !strings.Contains(got.Body, description) {
		t.Errorf("%s: got %d to %q, want %d, %s: %s on a page; body %s",
			name, got.Status, got.Header.Get("Location"), status, code, description, got.Body)
	}
}

func TestAThirdPartyClientGetsAccessAndRefreshTokensOnly(t *testing.T) {
	s := sandboxtest.Start(t, func(o *sandbox.Options) { o.ThirdParty = true })
	if s.SPAClientID() != "tpc_sandbox-spa" {
		t.Fatalf("client id: got %q", s.SPAClientID())
	}
	client := s.SPAClientID()
	b := sandboxtest.NewBrowser(t, s)
	page := b.LogIn(b.Authorize(strict(client, "ext-source", "docs")...))
	back := sandboxtest.CalledBack(t, b.Press(page, "accept"))

	got := sandboxtest.Exchange(t, s, "client_id", client, "code", back.Get("code"))
	if got.Status != 200 || got.Text(t, "scope") != "offline_access" || got.Field(t, "id_token") != nil {
		t.Fatalf("got %d %s, want offline_access and no ID token", got.Status, got.Body)
	}

	access := sandboxtest.Claims(t, s, got.Text(t, "access_token"))
	if access["aud"] != "upstash-api" || access["azp"] != client ||
		access["https://user.io/email"] != sandbox.DemoEmail {
		t.Errorf("access token: got %v", access)
	}
	request := sandboxtest.NewRequest(t, "GET", s.IssuerURL()+"userinfo", "")
	request.Header.Set("Authorization", "Bearer "+got.Text(t, "access_token"))

	if info := sandboxtest.Send(t, http.DefaultClient, request); info.Status != 401 {
		t.Errorf("userinfo: got %d %s, want 401", info.Status, info.Body)
	}

	refreshed := sandboxtest.Exchange(
		t, s, "client_id", client, "grant_type", "refresh_token", "refresh_token", got.Text(t, "refresh_token"),
	)
	if refreshed.Status != 200 || refreshed.Text(t, "refresh_token") == got.Text(t, "refresh_token") ||
		refreshed.Field(t, "id_token") != nil {
		t.Errorf("refresh: got %d %s, want a new refresh token and no ID token", refreshed.Status, refreshed.Body)
	}

	// The user must consent each time.
	if again := b.Authorize(strict(client)...); !strings.Contains(again.Body, `value="accept"`) {
		t.Errorf("again: got %d %s, want the question of consent", again.Status, again.Body)
	}
	stays(t, "silent", b.Authorize(strict(client, "prompt", "none")...), 400, "consent_required", "Consent required")

	logout := "/v2/logout?client_id=" + client + "&returnTo=" + url.QueryEscape(sandboxtest.AppOrigin)
	stays(t, "logout", b.Open(logout), 400, "invalid_request", "cannot log the user out")
	stays(t, "OpenID logout", b.Open("/oidc/logout?client_id="+client), 400, "invalid_request",
		"cannot log the user out")

	if still := b.Authorize(strict(client)...); !strings.Contains(still.Body, `value="accept"`) {
		t.Error("a refused logout ended the session")
	}
}

func TestAThirdPartyClientsErrorsStayAtTheProvider(t *testing.T) {
	s := sandboxtest.Start(t)

	client := register(t, s, `"third_party":true`)
	if !strings.HasPrefix(client, "tpc_") || len(client) < 20 {
		t.Fatalf("client id: got %q, want tpc_ and something nobody chose", client)
	}

	for name, row := range map[string]struct {
		change            []string
		status            int
		code, description string
	}{
		"screen_hint":      {[]string{"screen_hint", "signup"}, 400, "invalid_request", "Unsupported parameter: screen_hint"},
		"response_mode":    {[]string{"response_mode", "query"}, 400, "invalid_request", "Unsupported parameter: response_mode"},
		"web_message":      {[]string{"response_mode", "web_message"}, 400, "invalid_request", "Unsupported parameter: response_mode"},
		"an SDK's own":     {[]string{"auth0Client", "x"}, 400, "invalid_request", "Unsupported parameter: auth0Client"},
		"access_type":      {[]string{"access_type", "offline"}, 400, "invalid_request", "Unsupported parameter: access_type"},
		"no PKCE":          {[]string{"code_challenge", "", "code_challenge_method", ""}, 400, "invalid_request", "Missing required parameter: code_challenge"},
		"implicit flow":    {[]string{"response_type", "token"}, 400, "unsupported_response_type", "Unsupported response type: token"},
		"no session":       {[]string{"prompt", "none"}, 400, "login_required", "Login required"},
		"another audience": {[]string{"audience", "https://api.example"}, 403, "access_denied", "Service not found"},
	} {
		t.Run(name, func(t *testing.T) {
			stays(
				t,
				name,
				sandboxtest.NewBrowser(t, s).Authorize(strict(client, row.change...)...),
				row.status,
				row.code,
				row.description,
			)
		})
	}

	b := sandboxtest.NewBrowser(t, s)
	stays(t, "cancelled", b.Press(b.Authorize(strict(client)...), "cancel"), 403, "access_denied",
		"User has canceled the interaction.")
	page := b.LogIn(b.Authorize(strict(client)...))
	stays(t, "declined", b.Press(page, "decline"), 403, "access_denied", "access_denied")
}

func TestAThirdPartyClientsUserCanSignUp(t *testing.T) {
	s := sandboxtest.Start(t)
	client := register(t, s, `"third_party":true`)
	b := sandboxtest.NewBrowser(t, s)

	link := sandboxtest.FormLink.FindStringSubmatch(b.Authorize(strict(client)...).Body)
	if link == nil {
		t.Fatal("no link to the sign-up form")
	}
	page := b.Open(html.UnescapeString(link[1]))

	asked := b.Press(page, "signup", "email", "new@example.com", "password", "12345678")
	if got := sandboxtest.CalledBack(t, b.Press(asked, "accept")); got.Get("code") == "" {
		t.Errorf("got %v, want a code", got)
	}
}

func TestWhetherAClientIsThirdPartyIsSettledByItsID(t *testing.T) {
	s := sandboxtest.Start(t)
	got := sandboxtest.Call(t, "POST", s.ControlURL()+"/clients", `{"client_id":"sandbox-spa","third_party":true}`)
	sandboxtest.Want(t, got, 400, `{"error":"the id of a third-party client begins with tpc_"}`)
	register(t, s, `"client_id":"tpc_mine"`)
	stays(
		t,
		"a tpc_ id",
		sandboxtest.NewBrowser(t, s).Authorize(strict("tpc_mine", "screen_hint", "signup")...),
		400,
		"invalid_request",
		"screen_hint",
	)
}
