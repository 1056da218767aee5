package control_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// parts decodes a token's header and claims without judging it.
func parts(t *testing.T, raw string) (header, claims map[string]any, signature string) {
	t.Helper()

	split := strings.Split(raw, ".")
	if len(split) != 3 {
		t.Fatalf("token %q has %d parts", raw, len(split))
	}

	for i, target := range []*map[string]any{&header, &claims} {
		decoded, err := base64.RawURLEncoding.DecodeString(split[i])
		if err != nil {
			t.Fatal(err)
		}

		if err := json.Unmarshal(decoded, target); err != nil {
			t.Fatal(err)
		}
	}

	return header, claims, split[2]
}

func TestTokensAreMadeToMeasure(t *testing.T) {
	s := sandboxtest.Start(t)

	usual, usualClaims, _ := parts(t, sandboxtest.Token(t, s, `{"email":"a@example.com"}`))
	if usualClaims["azp"] != "sandbox-spa" || usualClaims["aud"] != "upstash-api" ||
		usualClaims["https://user.io/email"] != "a@example.com" {
		t.Errorf("defaults: got %v", usualClaims)
	}

	if subject := sandboxtest.Claims(t, s, sandboxtest.Token(t, s, `{"email":"A@example.com"}`))["sub"]; subject != usualClaims["sub"] {
		t.Errorf("the same e-mail got the subjects %v and %v", usualClaims["sub"], subject)
	}

	first, second := sandboxtest.Token(
		t,
		s,
		`{"email":"a@example.com"}`,
	), sandboxtest.Token(
		t,
		s,
		`{"email":"a@example.com"}`,
	)
	if first == second {
		t.Error("two tokens of one second are the same")
	}

	header, changed, _ := parts(t, sandboxtest.Token(t, s, `{"email":"a@example.com","ttl_s":-60,
		"claims":{"azp":null,"jti":null,"aud":["x","y"],"iat":5,"extra":{"deep":true}},"header":{"kid":null,"typ":"at+jwt"}}`))
	if diff := cmp.Diff(map[string]any{"alg": "RS256", "typ": "at+jwt"}, header); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}

	if exp := int64(changed["exp"].(float64)); exp > time.Now().Unix()-59 || exp < time.Now().Unix()-70 {
		t.Errorf("exp: got %d, want a minute ago", exp)
	}
	delete(changed, "exp")

	if diff := cmp.Diff(map[string]any{
		"iss": s.IssuerURL(), "sub": usualClaims["sub"], "aud": []any{"x", "y"}, "iat": 5.0, "scope": "offline_access",
		"https://user.io/email": "a@example.com", "extra": map[string]any{"deep": true},
	}, changed); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}

	for _, spelling := range []string{"none", "None", "nOnE"} {
		header, _, signature := parts(
			t,
			sandboxtest.Token(t, s, `{"email":"a@example.com","header":{"alg":"`+spelling+`"}}`),
		)
		if header["alg"] != spelling || signature != "" {
			t.Errorf("alg %s: got header %v and signature %q, want none", spelling, header, signature)
		}
	}

	keys := sandboxtest.Published(t, s)

	raw := sandboxtest.Token(t, s, `{"email":"a@example.com","header":{"alg":"PS256"}}`)
	if _, err := jwt.Parse(raw, func(*jwt.Token) (any, error) { return keys[usual["kid"].(string)], nil },
		jwt.WithValidMethods([]string{"PS256"})); err != nil {
		t.Errorf("alg PS256: signature is not of that algorithm: %v", err)
	}
}

func TestATokenMayNameItsSubject(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Token(t, s, `{"email":"a@example.com","claims":{"sub":"github|1"}}`)

	if got := sandboxtest.Call(
		t, "GET", s.ControlURL()+"/accounts/a@example.com", "",
	).Text(
		t, "sub",
	); got != "github|1" {
		t.Errorf("new account: got subject %q, want the one asked for", got)
	}

	_, moved, _ := parts(t, sandboxtest.Token(t, s, `{"email":"b@example.com","claims":{"sub":"github|1"}}`))
	if moved["https://user.io/email"] != "b@example.com" {
		t.Errorf("known subject, new e-mail: got %v", moved)
	}

	if got := sandboxtest.Call(
		t, "GET", s.ControlURL()+"/accounts/b@example.com", "",
	); got.Status != http.StatusNotFound {
		t.Errorf("known subject, new e-mail: made an account: %s", got.Body)
	}
}

func TestRotationKeepsOrDropsTheOldKey(t *testing.T) {
	s := sandboxtest.Start(t)
	mintWith := func(bearer, name string) int {
		request := sandboxtest.NewRequest(t, "POST", s.UpstashURL()+"/apikey", `{"name":"`+name+`"}`)
		request.Header.Set("Authorization", "Bearer "+bearer)
		return sandboxtest.Send(t, http.DefaultClient, request).Status
	}
	old := sandboxtest.Token(t, s, `{"email":"a@example.com"}`)

	first := sandboxtest.Call(t, "POST", s.ControlURL()+"/jwks/rotate", "")
	if len(sandboxtest.Published(t, s)) != 2 || sandboxtest.Published(t, s)[first.Text(t, "kid")] == nil {
		t.Errorf("after a rotation: got %s, want two keys, the new one among them", first.Body)
	}

	if header, _, _ := parts(
		t,
		sandboxtest.Token(t, s, `{"email":"a@example.com"}`),
	); header["kid"] != first.Text(
		t, "kid",
	) {
		t.Errorf("new tokens are signed with %v, want the new key", header["kid"])
	}

	if got := mintWith(old, "1"); got != 200 {
		t.Errorf("old token, key still published: got %d, want 200", got)
	}
	sandboxtest.Call(t, "POST", s.ControlURL()+"/jwks/rotate", `{"drop_old":true}`)

	if got := len(sandboxtest.Published(t, s)); got != 1 {
		t.Errorf("after dropping: %d keys, want 1", got)
	}

	if got := mintWith(old, "2"); got != 401 {
		t.Errorf("old token, key dropped: got %d, want 401", got)
	}
}

func TestAnAccountChangesAsInTheConsole(t *testing.T) {
	s := sandboxtest.Start(t)
	key := sandboxtest.MustMint(t, s, "a@example.com")
	subject := sandboxtest.Call(t, "GET", s.ControlURL()+"/accounts/a@example.com", "").Text(t, "sub")
	sandboxtest.Upstash(
		t,
		s,
		"a@example.com",
		key,
		"POST",
		"/v2/redis/database",
		`{"name":"x","primary_region":"us-east-1"}`,
	)

	renamed := sandboxtest.Call(t, "PATCH", s.ControlURL()+"/accounts/a@example.com", `{"email":"b@example.com"}`)
	if renamed.Status != 200 || renamed.Text(t, "sub") != subject {
		t.Fatalf("got %d %s, want 200 and the subject as before", renamed.Status, renamed.Body)
	}
	sandboxtest.Want(
		t,
		sandboxtest.Upstash(t, s, "a@example.com", key, "GET", "/v2/redis/databases", ""),
		401,
		`{"error":"Unauthorized"}`,
	)

	if got := sandboxtest.Upstash(
		t, s, "b@example.com", key, "GET", "/v2/redis/databases", "",
	); got.Status != 200 ||
		!strings.Contains(got.Body, `"user_email":"b@example.com"`) {
		t.Errorf("with the new e-mail: got %d %s", got.Status, got.Body)
	}

	if _, newcomer, _ := parts(t, sandboxtest.Token(t, s, `{"email":"a@example.com"}`)); newcomer["sub"] == subject {
		t.Error("a newcomer with the old e-mail got the old account's subject")
	}

	view := sandboxtest.Call(t, "GET", s.ControlURL()+"/accounts/b@example.com", "")
	if !strings.Contains(view.Body, `"secret":"`+key+`"`) || !strings.Contains(view.Body, `"database_name":"x"`) ||
		view.Text(t, "plan") != "payg" {
		t.Errorf("got %s, want the key's secret, the database and the plan", view.Body)
	}
	sandboxtest.Want(t, sandboxtest.Call(t, "DELETE", s.ControlURL()+"/accounts/b@example.com/keys/KEY", ""), 204, "")
	sandboxtest.Want(
		t,
		sandboxtest.Upstash(t, s, "b@example.com", key, "GET", "/v2/redis/databases", ""),
		401,
		`{"error":"Unauthorized"}`,
	)
	sandboxtest.Want(
		t,
		sandboxtest.Call(t, "DELETE", s.ControlURL()+"/accounts/b@example.com/keys/KEY", ""),
		404,
		`{"error":"not found"}`,
	)
}

func TestControlRejectsInvalidRequests(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts", `{"email":"a@example.com"}`)

	for name, row := range map[string]struct {
		method, path, body string
		status             int
	}{
		"unknown field":             {"POST", "/tokens", `{"email":"a@example.com","clams":{}}`, 400},
		"two objects":               {"POST", "/tokens", `{"email":"a@example.com"}{}`, 400},
		"no e-mail":                 {"POST", "/tokens", `{}`, 400},
		"unknown account":           {"GET", "/accounts/nobody@example.com", "", 404},
		"rename of unknown account": {"PATCH", "/accounts/nobody@example.com", `{"email":"b@example.com"}`, 404},
		"rename to one in use":      {"PATCH", "/accounts/a@example.com", `{"email":"demo@example.com"}`, 409},
		"rename to no e-mail":       {"PATCH", "/accounts/a@example.com", `{"email":"x"}`, 400},
		"account that exists":       {"POST", "/accounts", `{"email":"a@example.com"}`, 409},
		"unknown plan":              {"POST", "/accounts", `{"email":"b@example.com","plan":"gold"}`, 400},
		"unknown marketplace":       {"POST", "/accounts", `{"email":"b@example.com","marketplace":"moon"}`, 400},
		"client without an id":      {"POST", "/clients", `{"callbacks":["http://localhost:1/"]}`, 400},
		"client with a bare path":   {"POST", "/clients", `{"client_id":"x","callbacks":["/callback"]}`, 400},
		"invalid time":              {"GET", "/journal?since=yesterday", "", 400},
		"fault without a target":    {"POST", "/faults", `{"match":{},"do":{"status":500}}`, 400},
		"fault without a deed":      {"POST", "/faults", `{"match":{"target":"upstash"},"do":{}}`, 400},
		"fault in nested field":     {"POST", "/faults", `{"match":{"target":"upstash","pth":"/"},"do":{"status":500}}`, 400},
		"fault with bad drop":       {"POST", "/faults", `{"match":{"target":"upstash"},"do":{"drop":"never"}}`, 400},
		"fault that contradicts":    {"POST", "/faults", `{"match":{"target":"upstash"},"do":{"drop":"after_commit","status":500}}`, 400},
		"fault with two endings":    {"POST", "/faults", `{"match":{"target":"upstash"},"do":{"drop":"after_commit","hang":"after_commit"}}`, 400},
		"fault, unknown preset":     {"POST", "/faults", `{"match":{"target":"upstash"},"do":{"preset":"flood"}}`, 400},
		"fault never to be played":  {"POST", "/faults", `{"match":{"target":"upstash"},"probability":0,"do":{"status":500}}`, 400},
		"fault played too often":    {"POST", "/faults", `{"match":{"target":"upstash"},"probability":1.5,"do":{"status":500}}`, 400},
		"fault of a bad header":     {"POST", "/faults", `{"match":{"target":"upstash","header":"a b: c"},"do":{"status":500}}`, 400},
		"fault with a bare reset":   {"POST", "/faults", `{"match":{"target":"upstash"},"do":{"reset":true}}`, 400},
		"fault that ends nowhere":   {"POST", "/faults", `{"match":{"target":"upstash"},"do":{"pad_mb":100000}}`, 400},
		"end of an unknown fault":   {"DELETE", "/faults/7", "", 404},
		"journal of nobody":         {"GET", "/journal?target=moon", "", 400},
		"journal, unknown filter":   {"GET", "/journal?stats=200", "", 400},
		"journal, status of none":   {"GET", "/journal?status=abc", "", 400},
		"stream of nobody":          {"GET", "/journal/stream?target=moon", "", 400},
		"unknown call":              {"GET", "/secrets", "", 404},
	} {
		t.Run(name, func(t *testing.T) {
			if got := sandboxtest.Call(t, row.method, s.ControlURL()+row.path, row.body); got.Status != row.status {
				t.Errorf("got %d %s, want %d", got.Status, got.Body, row.status)
			}
		})
	}
}

func TestControlKeepsWebPagesOut(t *testing.T) {
	s := sandboxtest.Start(t)
	for name, row := range map[string]struct {
		header, value string
		status        int
	}{
		"foreign host":         {"Host", "evil.example", 421},
		"foreign host, port":   {"Host", "evil.example:" + sandboxtest.Port(s.ControlURL()), 421},
		"other port":           {"Host", "127.0.0.1:1", 421},
		"localhost":            {"Host", "localhost:" + sandboxtest.Port(s.ControlURL()), 200},
		"cross-site":           {"Sec-Fetch-Site", "cross-site", 403},
		"same site, next door": {"Sec-Fetch-Site", "same-site", 403},
		"typed in by the user": {"Sec-Fetch-Site", "none", 200},
		"other origin":         {"Origin", sandboxtest.AppOrigin, 403},
		"origin null":          {"Origin", "null", 403},
		"own origin":           {"Origin", s.ControlURL(), 200},
	} {
		t.Run(name, func(t *testing.T) {
			request := sandboxtest.NewRequest(t, "GET", s.ControlURL()+"/journal", "")
			if request.Header.Set(row.header, row.value); row.header == "Host" {
				request.Host = row.value
			}

			if got := sandboxtest.Send(t, http.DefaultClient, request); got.Status != row.status {
				t.Errorf("got %d %s, want %d", got.Status, got.Body, row.status)
			}
		})
	}
}

func TestTheHelpNamesThisListener(t *testing.T) {
	s := sandboxtest.Start(t)

	got := sandboxtest.Call(t, "GET", s.ControlURL()+"/", "")
	if got.Status != 200 || !strings.Contains(got.Body, "curl "+s.ControlURL()+"/tokens") ||
		strings.Contains(got.Body, "{{") {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}

func TestARegisteredClientCanLogIn(t *testing.T) {
	s := sandboxtest.Start(t, func(o *sandbox.Options) { o.AppOrigins = nil })
	if got := sandboxtest.NewBrowser(t, s).Authorize(); got.Status != 403 {
		t.Fatalf("before: got %d, want 403", got.Status)
	}
	sandboxtest.Call(
		t,
		"POST",
		s.ControlURL()+"/clients",
		`{"client_id":"sandbox-spa","callbacks":["`+sandboxtest.Callback+`"],"origins":["`+sandboxtest.AppOrigin+`"]}`,
	)

	if got := sandboxtest.Exchange(t, s, "code", sandboxtest.Code(t, s)); got.Status != 200 {
		t.Errorf("after: got %d %s, want tokens", got.Status, got.Body)
	}
}
