package idp_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func TestAnUnsafeReturnURLIsShownAndNotFollowed(t *testing.T) {
	s := sandboxtest.Start(t)
	for name, row := range map[string]struct {
		change []string
		status int
	}{
		"unknown client":           {[]string{"client_id", "<script>"}, 400},
		"no client":                {[]string{"client_id", ""}, 400},
		"another's callback":       {[]string{"redirect_uri", "http://localhost:9090/callback"}, 403},
		"no callback":              {[]string{"redirect_uri", ""}, 403},
		"callback with more to it": {[]string{"redirect_uri", sandboxtest.Callback + "/x"}, 403},
		"any port, browser client": {[]string{"redirect_uri", "http://localhost:5555/callback"}, 403},
		"native, another path":     {[]string{"client_id", "sandbox-native", "redirect_uri", "http://127.0.0.1:5555/other"}, 403},
		"native, another host":     {[]string{"client_id", "sandbox-native", "redirect_uri", "http://evil.example:5555/callback"}, 403},
		"native, user in callback": {[]string{"client_id", "sandbox-native", "redirect_uri", "http://x@127.0.0.1:5555/callback"}, 403},
		"message to unknown origin": {[]string{
			"client_id", "sandbox-native", "redirect_uri", "http://127.0.0.1:5555/callback",
			"response_mode", "web_message",
		}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			got := sandboxtest.NewBrowser(t, s).Authorize(row.change...)
			if got.Status != row.status || got.Header.Get("Location") != "" ||
				!strings.Contains(got.Body, `role="alert"`) {
				t.Errorf("got %d to %q, want %d and a page", got.Status, got.Header.Get("Location"), row.status)
			}

			if strings.Contains(got.Body, "<script>") {
				t.Error("the page repeats markup of the request")
			}
		})
	}
}

func TestANativeClientMayListenOnAnyLoopbackPort(t *testing.T) {
	s := sandboxtest.Start(t)
	for _, redirect := range []string{
		"http://localhost:3000", "http://localhost:3000/", "http://127.0.0.1:49152/callback", "http://[::1]:49152/callback", "http://127.0.0.1:1",
	} {
		b := sandboxtest.NewBrowser(t, s)

		got := b.LogIn(b.Authorize("client_id", "sandbox-native", "redirect_uri", redirect))
		if !strings.HasPrefix(got.Header.Get("Location"), redirect+"?code=") {
			t.Errorf("%s: got %d to %q, want a code there", redirect, got.Status, got.Header.Get("Location"))
		}
	}
}

func TestOtherErrorsGoBackToTheClient(t *testing.T) {
	s := sandboxtest.Start(t)
	for name, row := range map[string]struct {
		change            []string
		code, description string
	}{
		"wrong audience":          {[]string{"audience", "https://api.example"}, "access_denied", "Service not found: https://api.example"},
		"no session to reuse":     {[]string{"prompt", "none"}, "login_required", "Login required"},
		"method, no challenge":    {[]string{"code_challenge", ""}, "invalid_request", "Missing required parameter: code_challenge"},
		"plain challenge":         {[]string{"code_challenge_method", "plain"}, "invalid_request", "Unsupported code_challenge_method: S256 expected"},
		"challenge of wrong size": {[]string{"code_challenge", "short"}, "invalid_request", "Invalid code_challenge"},
		"unknown response type":   {[]string{"response_type", "cookie"}, "unsupported_response_type", "Unsupported response type: cookie"},
		"no response type":        {[]string{"response_type", ""}, "invalid_request", "Missing required parameter: response_type"},
		"unknown response mode":   {[]string{"response_mode", "pigeon"}, "invalid_request", "Unsupported response mode: pigeon"},
		"unknown connection":      {[]string{"connection", "facebook"}, "invalid_request", "the connection was not found"},
		"none with another":       {[]string{"prompt", "none login"}, "invalid_request", "prompt=none cannot be combined with another prompt"},
		"max_age in words":        {[]string{"max_age", "soon"}, "invalid_request", "Invalid max_age"},
	} {
		t.Run(name, func(t *testing.T) {
			got := sandboxtest.CalledBack(t, sandboxtest.NewBrowser(t, s).Authorize(row.change...))
			if got.Get("error") != row.code || got.Get("error_description") != row.description ||
				got.Get("state") != "the state" || got.Has("code") {
				t.Errorf("got %v, want %s: %s", got, row.code, row.description)
			}
		})
	}
}

func TestARepeatedParameterIsRejected(t *testing.T) {
	s := sandboxtest.Start(t)
	q := sandboxtest.Query()
	q.Add("scope", "profile")

	if got := sandboxtest.CalledBack(
		t, sandboxtest.NewBrowser(t, s).Open("/authorize?"+q.Encode()),
	); got.Get(
		"error",
	) != "invalid_request" {
		t.Errorf("got %v, want invalid_request", got)
	}
}

func TestASessionIsReusedUnlessTheClientForbidsIt(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)
	sandboxtest.CalledBack(t, b.LogIn(b.Authorize()))

	for name, change := range map[string][]string{
		"plain":        nil,
		"silent":       {"prompt", "none"},
		"sign-up hint": {"screen_hint", "signup"},
		"fresh enough": {"max_age", "3600"},
	} {
		if got := sandboxtest.CalledBack(t, b.Authorize(change...)); got.Get("code") == "" {
			t.Errorf("%s: got %v, want a code at once", name, got)
		}
	}

	if page := b.Authorize(
		"prompt", "login", "login_hint", "me@example.com",
	); !strings.Contains(
		page.Body,
		`value="me@example.com"`,
	) {
		t.Errorf("prompt=login: got %d %s, want the login page with the hint", page.Status, page.Body)
	}

	if page := b.Authorize("prompt", "login", "screen_hint", "signup"); !strings.Contains(page.Body, `value="signup"`) {
		t.Errorf("prompt=login with the sign-up hint: got %d, want the sign-up page", page.Status)
	}

	if got := sandboxtest.CalledBack(t, b.Press(b.Authorize("prompt", "consent"), "accept")); got.Get("code") == "" {
		t.Errorf("consent given: got %v, want a code", got)
	}

	declined := sandboxtest.CalledBack(t, b.Press(b.Authorize("prompt", "consent"), "decline"))
	if declined.Get("error") != "access_denied" || declined.Has("error_description") {
		t.Errorf("consent declined: got %v, want access_denied without a description", declined)
	}

	if got := b.Open(
		"/v2/logout?client_id=sandbox-spa&returnTo=http%3A%2F%2Fevil.example",
	); got.Status != http.StatusBadRequest {
		t.Errorf("logout to an unlisted address: got %d, want 400", got.Status)
	}

	if got := sandboxtest.CalledBack(t, b.Authorize("prompt", "none")); got.Get("code") == "" {
		t.Error("a refused logout ended the session")
	}

	out := b.Open("/v2/logout?client_id=sandbox-spa&returnTo=http%3A%2F%2Flocalhost%3A8080%2F%3Fbye%3D1")
	if out.Status != http.StatusFound || out.Header.Get("Location") != sandboxtest.AppOrigin+"/?bye=1" {
		t.Errorf("logout: got %d to %q", out.Status, out.Header.Get("Location"))
	}

	if got := sandboxtest.CalledBack(t, b.Authorize("prompt", "none")); got.Get("error") != "login_required" {
		t.Errorf("after logout: got %v, want login_required", got)
	}
}

// A client that needs a recent login sends max_age=0, with or without prompt=login (RFC 9470 section 4). As at Auth0,
// only the ID token has the time of the login: a login from the session gets a new access token with a newer iat.
func TestMaxAgeZeroRepeatsTheLogin(t *testing.T) {
	var ahead atomic.Int64
	s := sandboxtest.Start(t, func(o *sandbox.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	b := sandboxtest.NewBrowser(t, s)
	login := func(back url.Values) (authTime, issued float64) {
		tokens := sandboxtest.Exchange(t, s, "code", back.Get("code"))
		access := sandboxtest.Claims(t, s, tokens.Text(t, "access_token"))

		if access["auth_time"] != nil {
			t.Errorf("the access token has auth_time %v, want none", access["auth_time"])
		}

		return sandboxtest.Claims(t, s, tokens.Text(t, "id_token"))["auth_time"].(float64), access["iat"].(float64)
	}
	first, _ := login(sandboxtest.CalledBack(t, b.LogIn(b.Authorize())))

	ahead.Store(int64(time.Hour))

	if again, issued := login(sandboxtest.CalledBack(t, b.Authorize())); again != first || issued < first+3600 {
		t.Errorf("from the session: got auth_time %v, iat %v, want the first login, %v, and a new token", again, issued, first)
	}

	for _, change := range [][]string{{"max_age", "0"}, {"max_age", "0", "prompt", "login"}} {
		page := b.Authorize(change...)
		if page.Status != http.StatusOK {
			t.Fatalf("%v: got %d, want the login page", change, page.Status)
		}

		if again, _ := login(sandboxtest.CalledBack(t, b.LogIn(page))); again < first+3600 {
			t.Errorf("%v: got auth_time %v, want a new login", change, again)
		}
	}
}

func TestSilentLoginRespondsByMessage(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)
	before := b.Authorize("prompt", "none", "response_mode", "web_message")
	sandboxtest.CalledBack(t, b.LogIn(b.Authorize()))

	after := b.Authorize("prompt", "none", "response_mode", "web_message")
	for name, row := range map[string]struct {
		page sandboxtest.Response
		part string
	}{"without a session": {before, `"error":"login_required"`}, "with a session": {after, `"code":"`}} {
		if row.page.Status != 200 || !strings.Contains(row.page.Body, row.part) ||
			!strings.Contains(
				row.page.Body,
				`"state":"the state"`,
			) || !strings.Contains(row.page.Body, "authorization_response") {
			t.Errorf("%s: got %d %s, want a message with %s", name, row.page.Status, row.page.Body, row.part)
		}

		if policy := row.page.Header.Get("Content-Security-Policy"); strings.Contains(policy, "frame-ancestors") {
			t.Errorf("%s: %q keeps the page out of the application's frame", name, policy)
		}
	}
}

func TestCancelGoesBackToTheApplication(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)

	got := sandboxtest.CalledBack(t, b.Press(b.Authorize(), "cancel"))
	if got.Get("error") != "access_denied" || got.Get("error_description") != "User has canceled the interaction." {
		t.Errorf("got %v", got)
	}
}

func TestLoginErrorsAreShownOnThePage(t *testing.T) {
	s := sandboxtest.Start(t)
	sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts", `{"email":"nopassword@example.com"}`)

	for name, row := range map[string][3]string{
		"wrong password":           {sandbox.DemoEmail, "wrong", "Wrong email or password."},
		"unknown e-mail":           {"nobody@example.com", sandbox.DemoPassword, "Wrong email or password."},
		"account without password": {"nopassword@example.com", "anything", "Wrong email or password."},
		"no e-mail":                {"", "anything", "Enter your email."},
		"no password":              {sandbox.DemoEmail, "", "Enter your password."},
	} {
		t.Run(name, func(t *testing.T) {
			b := sandboxtest.NewBrowser(t, s)

			got := b.Press(b.Authorize(), "login", "email", row[0], "password", row[1])
			if got.Status != 400 || !strings.Contains(got.Body, row[2]) {
				t.Errorf("got %d %s", got.Status, got.Body)
			}

			if sandboxtest.CalledBack(t, b.Authorize("prompt", "none")).Get("error") != "login_required" {
				t.Error("the refused login made a session")
			}
		})
	}
}

func TestSignUpCreatesAFreeAccountThatCanLogIn(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)

	page := b.Authorize("screen_hint", "signup")
	for name, row := range map[string]struct{ email, password, text string }{
		"short password": {"new@example.com", "1234567", "too short. Use at least 8 characters."},
		"long password":  {"new@example.com", strings.Repeat("x", 73), "too long. Use at most 72 characters."},
		"e-mail in use":  {"Demo@Example.com", "12345678", "already in use"},
		"no e-mail":      {" ", "12345678", "Enter your email."},
		"no password":    {"new@example.com", "", "Enter your password."},
		"half an e-mail": {"new@", "12345678", "Enter a valid email"},
	} {
		got := b.Press(page, "signup", "email", row.email, "password", row.password)
		if got.Status != 400 || !strings.Contains(got.Body, row.text) || !strings.Contains(got.Body, `value="signup"`) {
			t.Errorf("%s: got %d %s, want the form again with %q", name, got.Status, got.Body, row.text)
		}
	}

	if got := sandboxtest.CalledBack(
		t, b.Press(page, "signup", "email", "new@example.com", "password", "12345678"),
	); got.Get(
		"code",
	) == "" {
		t.Fatalf("got %v, want a code", got)
	}

	if got := sandboxtest.Call(
		t, "GET", s.ControlURL()+"/accounts/new@example.com", "",
	); got.Text(
		t, "plan",
	) != "free" {
		t.Errorf("got %s, want plan free", got.Body)
	}

	other := sandboxtest.NewBrowser(t, s)
	if got := sandboxtest.CalledBack(
		t, other.Press(other.Authorize(), "login", "email", "NEW@example.com ", "password", "12345678"),
	); got.Get(
		"code",
	) == "" {
		t.Errorf("login after sign-up: got %v, want a code", got)
	}
}

func TestAFormOfAnotherBrowserIsRejected(t *testing.T) {
	s := sandboxtest.Start(t)
	stolen := sandboxtest.NewBrowser(t, s).Authorize()
	victim := sandboxtest.NewBrowser(t, s)
	victim.Authorize()

	got := victim.LogIn(stolen)
	if got.Status != http.StatusForbidden || got.Header.Get("Location") != "" {
		t.Errorf("got %d to %q, want 403 and the form again", got.Status, got.Header.Get("Location"))
	}
}
