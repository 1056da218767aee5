package sandbox_test

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// published fetches the keys the issuer publishes, by kid.
func published(t *testing.T, s *sandbox.Sandbox) map[string]*rsa.PublicKey {
	t.Helper()
	discovery := call(t, "GET", s.IssuerURL()+".well-known/openid-configuration", "")
	if got := discovery.text(t, "issuer"); got != s.IssuerURL() {
		t.Errorf("discovery names the issuer %q, want %q", got, s.IssuerURL())
	}
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(call(t, "GET", discovery.text(t, "jwks_uri"), "").body), &set); err != nil {
		t.Fatal(err)
	}
	keys := map[string]*rsa.PublicKey{}
	for _, key := range set.Keys {
		for member, value := range map[string]string{"kty": "RSA", "use": "sig", "alg": "RS256"} {
			if key[member] != value {
				t.Errorf("key member %s: got %v, want %s", member, key[member], value)
			}
		}
		number := func(member string) *big.Int {
			raw, err := base64.RawURLEncoding.DecodeString(key[member].(string))
			if err != nil {
				t.Fatal(err)
			}
			return new(big.Int).SetBytes(raw)
		}
		keys[key["kid"].(string)] = &rsa.PublicKey{N: number("n"), E: int(number("e").Int64())}
	}
	return keys
}

// claims verifies a JWT as a stranger would and returns what it says.
func claims(t *testing.T, s *sandbox.Sandbox, raw string) jwt.MapClaims {
	t.Helper()
	keys := published(t, s)
	found := jwt.MapClaims{}
	token, err := jwt.ParseWithClaims(raw, found, func(token *jwt.Token) (any, error) {
		return keys[token.Header["kid"].(string)], nil
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(s.IssuerURL()), jwt.WithExpirationRequired())
	if err != nil {
		t.Fatalf("token %q: %v", raw, err)
	}
	if token.Header["typ"] != "JWT" {
		t.Errorf("typ: got %v, want JWT", token.Header["typ"])
	}
	return found
}

func TestTheCodeFlowIssuesAuth0sTokens(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)

	page := b.authorize()
	if page.status != http.StatusOK || !strings.Contains(page.body, "demo@example.com") {
		t.Fatalf("got %d %s, want the log-in page with the demo hint", page.status, page.body)
	}
	if policy := page.header.Get("Content-Security-Policy"); strings.Contains(policy, "form-action") {
		t.Errorf("form-action in %q would block the way back", policy)
	}
	back := calledBack(t, b.logIn(page))
	if got := back.Get("state"); got != "the state" {
		t.Errorf("state: got %q", got)
	}
	got := exchange(t, s, "code", back.Get("code"))
	if got.status != http.StatusOK || got.text(t, "token_type") != "Bearer" || got.text(t, "scope") != "openid email" ||
		got.field(t, "expires_in") != json.Number("172800") || got.field(t, "refresh_token") != nil {
		t.Errorf("token response: got %d %s", got.status, got.body)
	}

	access := claims(t, s, got.text(t, "access_token"))
	if subject, _ := access.GetSubject(); !regexp.MustCompile(`^auth0\|[0-9a-f]{24}$`).MatchString(subject) {
		t.Errorf("sub: got %q", subject)
	}
	wantAccess := map[string]any{
		"iss": s.IssuerURL(), "sub": access["sub"], "iat": access["iat"], "exp": access["iat"].(float64) + 172800,
		"aud": []any{"upstash-api", s.IssuerURL() + "userinfo"}, "azp": "sandbox-spa", "scope": "openid email", "jti": access["jti"],
		"https://user.io/email": "demo@example.com",
	}
	if diff := cmp.Diff(wantAccess, map[string]any(access)); diff != "" {
		t.Errorf("access token (-want +got):\n%s", diff)
	}
	identity := claims(t, s, got.text(t, "id_token"))
	for name, value := range map[string]any{
		"sub": access["sub"], "aud": "sandbox-spa", "nonce": "the nonce", "email": "demo@example.com", "email_verified": true,
	} {
		if identity[name] != value {
			t.Errorf("id_token %s: got %v, want %v", name, identity[name], value)
		}
	}

	request := newRequest(t, "GET", s.IssuerURL()+"userinfo", "")
	request.Header.Set("Authorization", "Bearer "+got.text(t, "access_token"))
	if info := send(t, http.DefaultClient, request); info.status != 200 || info.text(t, "email") != "demo@example.com" {
		t.Errorf("userinfo: got %d %s", info.status, info.body)
	}
	for _, cookie := range b.client.Jar.Cookies(newRequest(t, "GET", s.IssuerURL(), "").URL) {
		if !strings.HasPrefix(cookie.Name, "idp_") {
			t.Errorf("cookie %q may collide with the application's", cookie.Name)
		}
	}
}

func TestWithoutOpenIDTheAudienceIsAStringAndThereIsNoIDToken(t *testing.T) {
	s := start(t)
	got := exchange(t, s, "code", code(t, s, "scope", "offline_access"))
	if audience := claims(t, s, got.text(t, "access_token"))["aud"]; audience != "upstash-api" {
		t.Errorf("aud: got %v, want a string", audience)
	}
	if got.field(t, "id_token") != nil || got.text(t, "refresh_token") == "" {
		t.Errorf("got %s, want a refresh token and no ID token", got.body)
	}
}

func TestWithoutAnAudienceTheTokenIsOpaque(t *testing.T) {
	s := start(t)
	opaque := exchange(t, s, "code", code(t, s, "audience", "")).text(t, "access_token")
	if strings.Contains(opaque, ".") {
		t.Errorf("token %q looks like a JWT", opaque)
	}
	request := newRequest(t, "GET", s.IssuerURL()+"userinfo", "")
	request.Header.Set("Authorization", "Bearer "+opaque)
	if got := send(t, http.DefaultClient, request); got.status != 200 || got.text(t, "email") != "demo@example.com" {
		t.Errorf("userinfo: got %d %s", got.status, got.body)
	}
	request = newRequest(t, "POST", s.UpstashURL()+"/apikey", `{"name":"KEY"}`)
	request.Header.Set("Authorization", "Bearer "+opaque)
	want(t, send(t, http.DefaultClient, request), 401, `{"error":"Unauthorized"}`)
}

func TestTheTokenEndpointRefusesInAuth0sWords(t *testing.T) {
	s := start(t)
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
			want(t, exchange(t, s, append([]string{"code", code(t, s)}, row.change...)...), row.status, row.body)
		})
	}
}

func TestACodeIsGoodOnceAndForAMinute(t *testing.T) {
	var later atomic.Int64
	s := start(t, func(o *sandbox.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	const invalid = `{"error":"invalid_grant","error_description":"Invalid authorization code"}`

	spent := code(t, s, "scope", "openid offline_access")
	first := exchange(t, s, "code", spent)
	if first.status != 200 {
		t.Fatalf("got %d %s", first.status, first.body)
	}
	want(t, exchange(t, s, "code", spent), 403, invalid)
	want(t, exchange(t, s, "grant_type", "refresh_token", "refresh_token", first.text(t, "refresh_token")), 403,
		`{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}`)

	late := code(t, s)
	later.Store(int64(time.Minute))
	want(t, exchange(t, s, "code", late), 403, invalid)
}

func TestRefreshTokensRotateAndReuseEndsTheFamily(t *testing.T) {
	s := start(t)
	refresh := func(token string) answer {
		return exchange(t, s, "grant_type", "refresh_token", "refresh_token", token)
	}
	first := exchange(t, s, "code", code(t, s, "scope", "openid offline_access")).text(t, "refresh_token")
	second := refresh(first)
	if second.status != 200 || second.text(t, "refresh_token") == first || second.text(t, "id_token") == "" {
		t.Fatalf("got %d %s, want 200 and a new refresh token", second.status, second.body)
	}
	const refused = `{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}`
	want(t, refresh(first), 403, refused)
	want(t, refresh(second.text(t, "refresh_token")), 403, refused)

	revoked := exchange(t, s, "code", code(t, s, "scope", "offline_access")).text(t, "refresh_token")
	request := newRequest(t, "POST", s.IssuerURL()+"oauth/revoke", fmt.Sprintf(`{"client_id":"sandbox-spa","token":%q}`, revoked))
	request.Header.Set("Content-Type", "application/json")
	want(t, send(t, http.DefaultClient, request), 200, "")
	want(t, refresh(revoked), 403, refused)
}

func TestTheTokenEndpointTakesJSON(t *testing.T) {
	s := start(t)
	body, err := json.Marshal(map[string]string{
		"grant_type": "authorization_code", "client_id": "sandbox-spa", "code": code(t, s),
		"redirect_uri": callback, "code_verifier": verifier,
	})
	if err != nil {
		t.Fatal(err)
	}
	request := newRequest(t, "POST", s.IssuerURL()+"oauth/token", string(body))
	request.Header.Set("Content-Type", "application/json")
	if got := send(t, http.DefaultClient, request); got.status != 200 {
		t.Errorf("got %d %s, want 200", got.status, got.body)
	}
}

func TestScriptsOfRegisteredOriginsReadTheTokenEndpoint(t *testing.T) {
	s := start(t)
	for origin, allowed := range map[string]string{appOrigin: appOrigin, "http://evil.example": "", "null": ""} {
		request := newRequest(t, "OPTIONS", s.IssuerURL()+"oauth/token", "")
		request.Header.Set("Origin", origin)
		preflight := send(t, http.DefaultClient, request)
		if got := preflight.header.Get("Access-Control-Allow-Origin"); got != allowed {
			t.Errorf("preflight from %s: got %q, want %q", origin, got, allowed)
		}
		if allowed != "" && !strings.Contains(preflight.header.Get("Access-Control-Allow-Headers"), "Auth0-Client") {
			t.Errorf("preflight allows %q, want Auth0-Client among them", preflight.header.Get("Access-Control-Allow-Headers"))
		}
		request = newRequest(t, "POST", s.IssuerURL()+"oauth/token", "")
		request.Header.Set("Origin", origin)
		if got := send(t, http.DefaultClient, request).header.Get("Access-Control-Allow-Origin"); got != allowed {
			t.Errorf("answer to %s: got %q, want %q", origin, got, allowed)
		}
	}
}
