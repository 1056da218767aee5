package idp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func TestTheCodeFlowIssuesAuth0sTokens(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)

	page := b.Authorize()
	if page.Status != http.StatusOK || !strings.Contains(page.Body, "demo@example.com") {
		t.Fatalf("got %d %s, want the login page with the demo hint", page.Status, page.Body)
	}

	if policy := page.Header.Get("Content-Security-Policy"); strings.Contains(policy, "form-action") {
		t.Errorf("form-action in %q would block the way back", policy)
	}

	back := sandboxtest.CalledBack(t, b.LogIn(page))
	if got := back.Get("state"); got != "the state" {
		t.Errorf("state: got %q", got)
	}

	got := sandboxtest.Exchange(t, s, "code", back.Get("code"))
	if got.Status != http.StatusOK || got.Text(t, "token_type") != "Bearer" || got.Text(t, "scope") != "openid email" ||
		got.Field(t, "expires_in") != json.Number("172800") || got.Field(t, "refresh_token") != nil {
		t.Errorf("token response: got %d %s", got.Status, got.Body)
	}

	access := sandboxtest.Claims(t, s, got.Text(t, "access_token"))
	if subject, _ := access.GetSubject(); !regexp.MustCompile(`^auth0\|[0-9a-f]{24}$`).MatchString(subject) {
		t.Errorf("sub: got %q", subject)
	}

	wantAccess := map[string]any{
		"iss": s.IssuerURL(),
		"sub": access["sub"],
		"iat": access["iat"],
		"exp": access["iat"].(float64) + 172800,
		"aud": []any{
			"upstash-api",
			s.IssuerURL() + "userinfo",
		},
		"azp":                   "sandbox-spa",
		"scope":                 "openid email",
		"jti":                   access["jti"],
		"https://user.io/email": "demo@example.com",
	}
	if diff := cmp.Diff(wantAccess, map[string]any(access)); diff != "" {
		t.Errorf("access token (-want +got):\n%s", diff)
	}

	identity := sandboxtest.Claims(t, s, got.Text(t, "id_token"))
	for name, value := range map[string]any{
		"sub": access["sub"], "aud": "sandbox-spa", "nonce": "the nonce", "email": "demo@example.com", "email_verified": true,
	} {
		if identity[name] != value {
			t.Errorf("id_token %s: got %v, want %v", name, identity[name], value)
		}
	}

	request := sandboxtest.NewRequest(t, "GET", s.IssuerURL()+"userinfo", "")
	request.Header.Set("Authorization", "Bearer "+got.Text(t, "access_token"))

	if info := sandboxtest.Send(
		t, http.DefaultClient, request,
	); info.Status != 200 ||
		info.Text(t, "email") != "demo@example.com" {
		t.Errorf("userinfo: got %d %s", info.Status, info.Body)
	}

	for _, cookie := range b.Client.Jar.Cookies(sandboxtest.NewRequest(t, "GET", s.IssuerURL(), "").URL) {
		if !strings.HasPrefix(cookie.Name, "idp_") {
			t.Errorf("cookie %q may collide with the application's", cookie.Name)
		}
	}
}

func TestWithoutOpenIDTheAudienceIsAStringAndThereIsNoIDToken(t *testing.T) {
	s := sandboxtest.Start(t)

	got := sandboxtest.Exchange(t, s, "code", sandboxtest.Code(t, s, "scope", "offline_access"))
	if audience := sandboxtest.Claims(t, s, got.Text(t, "access_token"))["aud"]; audience != "upstash-api" {
		t.Errorf("aud: got %v, want a string", audience)
	}

	if got.Field(t, "id_token") != nil || got.Text(t, "refresh_token") == "" {
		t.Errorf("got %s, want a refresh token and no ID token", got.Body)
	}
}

func TestWithoutAnAudienceTheTokenIsOpaque(t *testing.T) {
	s := sandboxtest.Start(t)

	opaque := sandboxtest.Exchange(t, s, "code", sandboxtest.Code(t, s, "audience", "")).Text(t, "access_token")
	if strings.Contains(opaque, ".") {
		t.Errorf("token %q looks like a JWT", opaque)
	}
	request := sandboxtest.NewRequest(t, "GET", s.IssuerURL()+"userinfo", "")
	request.Header.Set("Authorization", "Bearer "+opaque)

	if got := sandboxtest.Send(
		t, http.DefaultClient, request,
	); got.Status != 200 ||
		got.Text(t, "email") != "demo@example.com" {
		t.Errorf("userinfo: got %d %s", got.Status, got.Body)
	}
	request = sandboxtest.NewRequest(t, "POST", s.UpstashURL()+"/apikey", `{"name":"KEY"}`)
	request.Header.Set("Authorization", "Bearer "+opaque)
	sandboxtest.Want(t, sandboxtest.Send(t, http.DefaultClient, request), 401, `{"error":"Unauthorized"}`)
}

func TestTheTokenEndpointRejectsWithAuth0sText(t *testing.T) {
	s := sandboxtest.Start(t)
	const invalid = `{"error":"invalid_grant","error_description":"Invalid authorization code"}`

	const unknownClient = `{"error":"access_denied","error_description":"Unauthorized"}`
	for name, row := range map[string]struct {
		change []string
		status int
		body   string
	}{
		"unknown code":     {[]string{"code", "x"}, 403, invalid},
		"wrong verifier":   {[]string{"code_verifier", "wrong"}, 403, `{"error":"invalid_grant","error_description":"Failed to verify code verifier"}`},
		"no verifier":      {[]string{"code_verifier", ""}, 403, `{"error":"invalid_grant","error_description":"Failed to verify code verifier"}`},
		"another client":   {[]string{"client_id", "sandbox-other-partner"}, 403, invalid},
		"unknown client":   {[]string{"client_id", "x"}, 401, unknownClient},
		"no client":        {[]string{"client_id", ""}, 401, unknownClient},
		"another callback": {[]string{"redirect_uri", "http://evil.example/callback"}, 403, `{"error":"unauthorized_client","error_description":"The redirect URI is wrong. You sent http://evil.example, and we expected http://localhost:8080"}`},
		"another's grant":  {[]string{"grant_type", "password"}, 403, `{"error":"unauthorized_client","error_description":"Grant type 'password' not allowed for the client."}`},
		"unknown grant":    {[]string{"grant_type", "magic"}, 403, `{"error":"unsupported_grant_type","error_description":"Unsupported grant type: magic"}`},
		"no grant type":    {[]string{"grant_type", ""}, 400, `{"error":"invalid_request","error_description":"Missing required parameter: grant_type"}`},
		"no refresh token": {[]string{"grant_type", "refresh_token"}, 400, `{"error":"invalid_request","error_description":"Missing required parameter: refresh_token"}`},
		"no code":          {[]string{"code", ""}, 400, `{"error":"invalid_request","error_description":"Missing required parameter: code"}`},
		"unknown refresh":  {[]string{"grant_type", "refresh_token", "refresh_token", "x"}, 403, `{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}`},
	} {
		t.Run(name, func(t *testing.T) {
			sandboxtest.Want(
				t,
				sandboxtest.Exchange(t, s, append([]string{"code", sandboxtest.Code(t, s)}, row.change...)...),
				row.status,
				row.body,
			)
		})
	}
}

func TestACodeIsGoodOnceAndForAMinute(t *testing.T) {
	var later atomic.Int64
	s := sandboxtest.Start(t, func(o *sandbox.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	const invalid = `{"error":"invalid_grant","error_description":"Invalid authorization code"}`

	spent := sandboxtest.Code(t, s, "scope", "openid offline_access")

	first := sandboxtest.Exchange(t, s, "code", spent)
	if first.Status != 200 {
		t.Fatalf("got %d %s", first.Status, first.Body)
	}
	sandboxtest.Want(t, sandboxtest.Exchange(t, s, "code", spent), 403, invalid)
	sandboxtest.Want(
		t,
		sandboxtest.Exchange(t, s, "grant_type", "refresh_token", "refresh_token", first.Text(t, "refresh_token")),
		403,
		`{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}`,
	)

	late := sandboxtest.Code(t, s)
	later.Store(int64(time.Minute))
	sandboxtest.Want(t, sandboxtest.Exchange(t, s, "code", late), 403, invalid)
}

func TestRefreshTokensRotateAndReuseEndsTheFamily(t *testing.T) {
	s := sandboxtest.Start(t)
	refresh := func(token string) sandboxtest.Response {
		return sandboxtest.Exchange(t, s, "grant_type", "refresh_token", "refresh_token", token)
	}
	first := sandboxtest.Exchange(
		t, s, "code", sandboxtest.Code(t, s, "scope", "openid offline_access"),
	).Text(t,
		"refresh_token")

	second := refresh(first)
	if second.Status != 200 || second.Text(t, "refresh_token") == first || second.Text(t, "id_token") == "" {
		t.Fatalf("got %d %s, want 200 and a new refresh token", second.Status, second.Body)
	}
	const refused = `{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}`
	sandboxtest.Want(t, refresh(first), 403, refused)
	sandboxtest.Want(t, refresh(second.Text(t, "refresh_token")), 403, refused)

	revoked := sandboxtest.Exchange(
		t, s, "code", sandboxtest.Code(t, s, "scope", "offline_access"),
	).Text(t,
		"refresh_token")
	request := sandboxtest.NewRequest(
		t,
		"POST",
		s.IssuerURL()+"oauth/revoke",
		fmt.Sprintf(`{"client_id":"sandbox-spa","token":%q}`, revoked),
	)
	request.Header.Set("Content-Type", "application/json")
	sandboxtest.Want(t, sandboxtest.Send(t, http.DefaultClient, request), 200, "")
	sandboxtest.Want(t, refresh(revoked), 403, refused)
}

func TestTheTokenEndpointTakesJSON(t *testing.T) {
	s := sandboxtest.Start(t)

	body, err := json.Marshal(map[string]string{
		"grant_type": "authorization_code", "client_id": "sandbox-spa", "code": sandboxtest.Code(t, s),
		"redirect_uri": sandboxtest.Callback, "code_verifier": sandboxtest.Verifier,
	})
	if err != nil {
		t.Fatal(err)
	}
	request := sandboxtest.NewRequest(t, "POST", s.IssuerURL()+"oauth/token", string(body))
	request.Header.Set("Content-Type", "application/json")

	if got := sandboxtest.Send(t, http.DefaultClient, request); got.Status != 200 {
		t.Errorf("got %d %s, want 200", got.Status, got.Body)
	}
}

func TestScriptsOfRegisteredOriginsReadTheTokenEndpoint(t *testing.T) {
	s := sandboxtest.Start(t)
	for origin, allowed := range map[string]string{
		sandboxtest.AppOrigin: sandboxtest.AppOrigin, "http://evil.example": "", "null": "",
	} {
		request := sandboxtest.NewRequest(t, "OPTIONS", s.IssuerURL()+"oauth/token", "")
		request.Header.Set("Origin", origin)

		preflight := sandboxtest.Send(t, http.DefaultClient, request)
		if got := preflight.Header.Get("Access-Control-Allow-Origin"); got != allowed {
			t.Errorf("preflight from %s: got %q, want %q", origin, got, allowed)
		}

		if allowed != "" && !strings.Contains(preflight.Header.Get("Access-Control-Allow-Headers"), "Auth0-Client") {
			t.Errorf(
				"preflight allows %q, want Auth0-Client among them",
				preflight.Header.Get("Access-Control-Allow-Headers"),
			)
		}
		request = sandboxtest.NewRequest(t, "POST", s.IssuerURL()+"oauth/token", "")
		request.Header.Set("Origin", origin)

		if got := sandboxtest.Send(
			t, http.DefaultClient, request,
		).Header.Get(
			"Access-Control-Allow-Origin",
		); got != allowed {
			t.Errorf("answer to %s: got %q, want %q", origin, got, allowed)
		}
	}
}
