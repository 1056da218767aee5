package test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/test/harness"
)

// Tokens that the issuer signed, for a different audience, client or time.

// Threat model: T11.
func TestIDTokenIsRejected(t *testing.T) {
	p := harness.StartProduct(t)
	p.AcceptsToken(t, p.TokenOf(t, "someone@example.com"))
	p.RejectsClaims(t, map[string]map[string]any{
		"ID token of our client": idClaims("someone@example.com"),
		"ID token that names azp": with(
			idClaims("someone@example.com"), map[string]any{"azp": harness.SpaClient},
		),
		"ID token for client and our API": with(
			idClaims("someone@example.com"),
			map[string]any{"aud": []string{harness.SpaClient, "upstash-api"}, "azp": harness.SpaClient},
		),
		"ID token of another partner": with(
			idClaims("someone@example.com"), map[string]any{"aud": sandbox.OtherPartnerClientID},
		),
		"ID token with the API's e-mail": with(
			idClaims("someone@example.com"),
			map[string]any{"https://user.io/email": "someone@example.com"},
		),
		"ID token whose azp is client_id's": with(
			idClaims("someone@example.com"), map[string]any{"azp": nil, "client_id": harness.SpaClient},
		),
	})
}

// idClaims turn the stand-in's access token into the ID token of the same login (OpenID Connect Core section 2). A nil
// removes a claim.
func idClaims(email string) map[string]any {
	return map[string]any{
		"aud": harness.SpaClient, "azp": nil, "https://user.io/email": nil, "scope": nil, "jti": nil,
		"email": email, "email_verified": true, "nonce": "n-0S6_WzA2Mj",
	}
}

// with adds claims; a nil among them stays, to remove one of the stand-in's claims.
func with(claims, changes map[string]any) map[string]any {
	maps.Copy(claims, changes)
	return claims
}

// Threat model: T12.
func TestTokenForAnotherAudienceIsRejected(t *testing.T) {
	p := harness.StartProduct(t)
	p.RejectsClaims(t, map[string]map[string]any{
		"another API":             {"aud": "https://other.example/api"},
		"userinfo alone":          {"aud": p.Config.AuthIssuer + "userinfo"},
		"our audience in capital": {"aud": "UPSTASH-API"},
		"our audience and more":   {"aud": "upstash-api2"},
		"our audience and slash":  {"aud": "upstash-api/"},
		"absent":                  {"aud": nil},
	})
}

// Threat model: T13.
func TestTokenOfAnotherPartnersClientIsRejected(t *testing.T) {
	p := harness.StartProduct(t)
	for name, claims := range map[string]map[string]any{
		"azp of another partner":          {"azp": sandbox.OtherPartnerClientID},
		"client_id of another partner":    {"azp": nil, "client_id": sandbox.OtherPartnerClientID},
		"azp that begins like ours":       {"azp": harness.SpaClient + "2"},
		"azp ours in other case":          {"azp": strings.ToUpper(harness.SpaClient)},
		"azp two clients, one of them us": {"azp": harness.SpaClient + "," + sandbox.OtherPartnerClientID},
	} {
		t.Run(name, func(t *testing.T) {
			token := p.Token(t, map[string]any{"email": "someone@example.com", "claims": claims})
			p.RejectedAtEveryEndpoint(t, harness.Bearer(token), 403, "client_not_allowed")
		})
	}
}

// Threat model: T14.
func TestTokenWithAnUnclearClientIsRejected(t *testing.T) {
	p := harness.StartProduct(t)

	both := []string{"upstash-api", p.Config.AuthIssuer + "userinfo"}
	for name, claims := range map[string]map[string]any{
		"no azp, several audiences":           {"azp": nil, "aud": both},
		"no azp, one audience":                {"azp": nil},
		"empty azp":                           {"azp": ""},
		"azp ours, client_id another's":       {"client_id": sandbox.OtherPartnerClientID},
		"azp another's, client_id ours":       {"azp": sandbox.OtherPartnerClientID, "client_id": harness.SpaClient},
		"several audiences, azp of another's": {"azp": sandbox.OtherPartnerClientID, "aud": both},
	} {
		t.Run(name, func(t *testing.T) {
			token := p.Token(t, map[string]any{"email": "someone@example.com", "claims": claims})
			p.RejectedAtEveryEndpoint(t, harness.Bearer(token), 403, "client_not_allowed")
		})
	}
	p.RejectsClaims(t, map[string]map[string]any{
		"azp a number":                 {"azp": 7},
		"azp an array with ours":       {"azp": []string{harness.SpaClient}},
		"client_id an object":          {"client_id": map[string]any{}},
		"azp ours, client_id a number": {"client_id": 7},
	})
	p.AcceptsClaims(t, map[string]map[string]any{
		"azp alone, as Auth0 has it":               {"client_id": nil},
		"client_id alone, as RFC 9068 has it":      {"azp": nil, "client_id": harness.SpaClient},
		"azp and client_id that agree":             {"client_id": harness.SpaClient},
		"azp ours, several audiences, with openid": {"aud": both},
	})
}

// Threat model: T15.
func TestSimilarIssuersAreRejected(t *testing.T) {
	p := harness.StartProduct(t)
	issuer := p.Config.AuthIssuer // http://localhost:PORT/
	p.AcceptsClaims(t, map[string]map[string]any{"exactly ours": {"iss": issuer}})
	p.RejectsClaims(t, map[string]map[string]any{
		"without the trailing slash": {"iss": strings.TrimSuffix(issuer, "/")},
		"with two slashes":           {"iss": issuer + "/"},
		"another scheme":             {"iss": strings.Replace(issuer, "http://", "https://", 1)},
		"host in upper case":         {"iss": strings.ToUpper(issuer)},
		"extra path":                 {"iss": issuer + "tenant/"},
		"homograph host":             {"iss": strings.Replace(issuer, "localhost", "lоcalhost", 1)}, // a Cyrillic o
		"same host by address":       {"iss": strings.Replace(issuer, "localhost", "127.0.0.1", 1)},
		"another tenant":             {"iss": "https://other.auth0.com/"},
		"the real Upstash":           {"iss": "https://auth.upstash.com/"},
		"userinfo in front":          {"iss": strings.Replace(issuer, "http://", "http://a@", 1)},
		"with a query":               {"iss": issuer + "?"},
		"empty":                      {"iss": ""},
		"absent":                     {"iss": nil},
		"array that holds ours":      {"iss": []string{issuer}},
	})
}

// Threat model: T16.
func TestAudienceShapes(t *testing.T) {
	p := harness.StartProduct(t)
	userinfo := p.Config.AuthIssuer + "userinfo"

	many := make([]string, 17)
	for n := range many {
		many[n] = "upstash-api"
	}
	p.AcceptsClaims(t, map[string]map[string]any{
		"string":                    {"aud": "upstash-api"},
		"array of ours":             {"aud": []string{"upstash-api"}},
		"ours and the userinfo URL": {"aud": []string{"upstash-api", userinfo}},
		"the userinfo URL and ours": {"aud": []string{userinfo, "upstash-api"}},
	})
	p.RejectsClaims(t, map[string]map[string]any{
		"empty string":                {"aud": ""},
		"empty array":                 {"aud": []string{}},
		"array with an empty string":  {"aud": []string{"", "x"}},
		"ours and an empty string":    {"aud": []string{"upstash-api", ""}},
		"ours and another API":        {"aud": []string{"upstash-api", "https://other.example/api"}},
		"ours and another's userinfo": {"aud": []string{"upstash-api", "https://other.auth0.com/userinfo"}},
		"number":                      {"aud": 1},
		"object":                      {"aud": map[string]any{"upstash-api": true}},
		"array in an array":           {"aud": []any{[]string{"upstash-api"}}},
		"ours beside a number":        {"aud": []any{"upstash-api", 1}},
		"true":                        {"aud": true},
		"more entries than any has":   {"aud": many},
		"a comma list in one string":  {"aud": "upstash-api,other"},
		"a space list in one string":  {"aud": "upstash-api other"},
	})
	t.Run("10 000 entries, refused below the router", func(t *testing.T) {
		token := p.Token(
			t,
			map[string]any{
				"email":  "someone@example.com",
				"claims": map[string]any{"aud": strings.Split(strings.Repeat("upstash-api ", 10_000), " ")},
			},
		)
		p.RejectedAsTooLarge(t, "Bearer "+token)
	})
}

// Threat model: T17.
func TestExpiryShapes(t *testing.T) {
	p := harness.StartProduct(t)
	now := time.Now().Unix()
	leeway := int64(30)
	p.AcceptsClaims(t, map[string]map[string]any{
		"an hour ahead": {"exp": now + 3600},
		// internal/auth tests its last second with a test clock
		"past, well inside the leeway": {"exp": now - leeway/2},
	})
	p.RejectsClaims(t, map[string]map[string]any{
		"absent":                      {"exp": nil},
		"zero":                        {"exp": 0},
		"negative":                    {"exp": -now},
		"string":                      {"exp": "4102444800"},
		"float":                       {"exp": 4102444800.5},
		"beyond every calendar":       {"exp": 1e308},
		"more digits than a date has": {"exp": int64(1) << 62},
		"array":                       {"exp": []int64{now + 3600}},
		"true":                        {"exp": true},
		"past the leeway by a second": {"exp": now - leeway - 1},
		"yesterday":                   {"exp": now - 86400},
	})
	t.Run("null", func(t *testing.T) {
		i := harness.NewIssuer(t)
		q := harness.StartProduct(t, harness.WithIssuer(i))
		q.AcceptsToken(t, i.Token(t, nil, nil))
		q.RejectsTokens(
			t,
			map[string]string{
				"exp null":                      i.RawClaims(t, `"exp":null`),
				"exp twice, the later one null": i.RawClaims(t, `"exp":4102444800,"exp":null`),
			},
		)
	})
}

// Threat model: T18.
func TestFutureDatesAndOldLoginsAreRejected(t *testing.T) {
	p := harness.StartProduct(t)
	now := time.Now()
	hour := now.Add(time.Hour).Unix()
	p.RejectsClaims(t, map[string]map[string]any{
		"nbf in an hour":       {"nbf": hour},
		"iat in an hour":       {"iat": hour},
		"auth_time in an hour": {"auth_time": hour},
		"iat absent":           {"iat": nil},
		"iat a string":         {"iat": "1"},
		"auth_time a string":   {"auth_time": "1"},
		"nbf a float":          {"nbf": 1.5},
		"nbf negative":         {"nbf": -1},
	})
	old := map[string]any{"email": "old@example.com", "claims": map[string]any{"iat": now.Add(-47 * time.Hour).Unix()}}
	t.Run("iat 47 hours ago reads, and does not mint", func(t *testing.T) {
		p.AcceptsToken(t, p.Token(t, old))
		p.HasNoEffect(t, func() {
			for _, endpoint := range harness.TokenEndpoints[:2] {
				got := p.Do(t, endpoint.Method, endpoint.Path, harness.Bearer(p.Token(t, old)), "")
				got.IsProblem(t, 401, "token_too_old")
			}
		})
	})
	t.Run("iat 47 hours ago reuses a key that is there", func(t *testing.T) {
		p.Login(t, p.TokenOf(t, "old@example.com"))
		mints := p.Mints(t)
		p.Do(t, "PUT", "/api/v1/connection", harness.Bearer(p.Token(t, old)), "").Is(t, 200)
		p.Do(t, "GET", "/api/v1/databases", harness.Bearer(p.Token(t, old)), "").Is(t, 200)

		if got := p.Mints(t); got != mints {
			t.Errorf("got %d further mints, want none", got-mints)
		}
	})
}

// Threat model: T19.
func TestSubjectShapes(t *testing.T) {
	p := harness.StartProduct(t)
	// Without an e-mail of their own account: the stand-in signs any claims.
	p.RejectsClaims(t, map[string]map[string]any{
		"absent":          {"sub": nil},
		"empty":           {"sub": ""},
		"object":          {"sub": map[string]any{"id": 1}},
		"number":          {"sub": 7},
		"array":           {"sub": []string{"auth0|1"}},
		"longer than 255": {"sub": strings.Repeat("s", 256)},
		"8 KiB":           {"sub": strings.Repeat("s", 8<<10)},
		"with a newline":  {"sub": "auth0|1\nlevel=ERROR"},
		"with a NUL":      {"sub": "auth0|1\x00"},
		"with an escape":  {"sub": "auth0|\x1b[2J"},
	})
	t.Run("64 KiB, refused below the router", func(t *testing.T) {
		p.RejectedAsTooLarge(
			t,
			"Bearer "+p.Token(
				t,
				map[string]any{
					"email":  "someone@example.com",
					"claims": map[string]any{"sub": strings.Repeat("s", 64<<10)},
				},
			),
		)
	})
	t.Run("another's e-mail opens nothing of theirs", func(t *testing.T) {
		p.Login(t, p.TokenOf(t, "victim@example.com"))
		p.Do(
			t,
			"POST",
			"/api/v1/databases",
			harness.Bearer(p.TokenOf(t, "victim@example.com")),
			`{"name":"theirs","primary_region":"us-east-1"}`,
		).Is(
			t, 201,
		)
		thief := harness.Bearer(
			p.Token(
				t,
				map[string]any{
					"email":  "thief@example.com",
					"claims": map[string]any{"https://user.io/email": "victim@example.com"},
				},
			),
		)
		p.HasNoEffect(t, func() {
			p.Do(t, "GET", "/api/v1/connection", thief, "").IsProblem(t, 404, "not_connected")
			p.Do(t, "GET", "/api/v1/databases", thief, "").IsProblem(t, 409, "connect_required")
			p.Do(t, "DELETE", "/api/v1/connection", thief, "").IsProblem(t, 404, "not_connected")
		})
	})
}

// Threat model: T20.
func TestUnusableEmailIsRejected(t *testing.T) {
	p := harness.StartProduct(t)

	refused := func(name string, token, body string) {
		t.Run(name, func(t *testing.T) {
			p.HasNoEffect(t, func() {
				for _, endpoint := range harness.TokenEndpoints[:2] {
					got := p.Do(t, endpoint.Method, endpoint.Path, harness.Bearer(token), body)
					got.IsProblem(t, 422, "email_unusable")
				}
				p.Do(t, "GET", "/api/v1/databases", harness.Bearer(token), "").IsProblem(t, 409, "connect_required")
			})
		})
	}
	for name, email := range map[string]any{
		"missing":                nil,
		"empty":                  "",
		"two at signs":           "a@b@c",
		"colon":                  "a:b@example.com",
		"line break":             "a@example.com\r\nX-Evil: 1",
		"10 KB":                  strings.Repeat("a", 10<<10) + "@example.com",
		"right-to-left override": "a\u202e@example.com",
		"zero-width space":       "a\u200b@example.com",
		"space":                  "a b@example.com",
		"no at sign":             "example.com",
		"no local part":          "@example.com",
		"no domain":              "a@",
		"markup":                 "<script>@example.com",
		"number":                 7,
		"array":                  []string{"a@example.com"},
	} {
		refused(
			name,
			p.Token(
				t,
				map[string]any{
					"email":  "someone@example.com",
					"claims": map[string]any{"https://user.io/email": email},
				},
			),
			"",
		)
	}

	access := p.Token(
		t,
		map[string]any{"email": "someone@example.com", "claims": map[string]any{"https://user.io/email": nil}},
	)
	idToken := func(changes map[string]any) string {
		token := p.Token(
			t, map[string]any{"email": "someone@example.com", "claims": with(idClaims("someone@example.com"), changes)},
		)

		return `{"id_token":"` + token + `"}`
	}
	refused("ID token, e-mail not verified", access, idToken(map[string]any{"email_verified": false}))
	refused("ID token, verification not said", access, idToken(map[string]any{"email_verified": nil}))
	refused("ID token, verification a string", access, idToken(map[string]any{"email_verified": "true"}))
	refused("ID token, no e-mail", access, idToken(map[string]any{"email": nil}))
	refused("ID token, unusable e-mail", access, idToken(map[string]any{"email": "a@b@c"}))
	refused("ID token of another account", access, idToken(map[string]any{"sub": "auth0|another"}))
	refused("ID token of another client", access, idToken(map[string]any{"aud": sandbox.OtherPartnerClientID}))
	refused("ID token, expired", access, idToken(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}))
	refused("ID token, no token", access, `{"id_token":"x"}`)
	refused("access token as the ID token", access, `{"id_token":"`+access+`"}`)

	t.Run("a verified ID token fills the gap", func(t *testing.T) {
		p.Do(t, "PUT", "/api/v1/connection", harness.Bearer(access), idToken(nil)).Is(t, 201)
	})
}
