package native_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/desktop/native"
)

// foreign are redirects of no login of ours: from a page that guesses the port, or from a login of the attacker's
// own.
func foreign(l *pending) map[string]string {
	state := l.query.Get("state")

	return map[string]string{
		"no state":             "/?code=attackers",
		"an empty state":       "/?code=attackers&state=",
		"another state":        "/?code=attackers&state=attackers",
		"a longer state":       "/?code=attackers&state=" + state + "x",
		"a shorter state":      "/?code=attackers&state=" + state[:len(state)-1],
		"two states":           "/?code=attackers&state=attackers&state=" + state,
		"another's denial":     "/?error=access_denied&state=attackers",
		"a denial, no state":   "/?error=access_denied",
		"nothing":              "/",
		"the state as a field": "/?code=attackers&State=" + state,
	}
}

// Sections 2.1.2 and 4.7: a code is not redeemed before its state is known to be ours, and anyone who does not know it
// can neither complete nor abort the login.
//
// Source: RFC 9700.
func TestStateIsCheckedBeforeTheCodeIsRedeemed(t *testing.T) {
	p := newProvider(t)

	login := begin(t, p)
	for name, path := range foreign(login) {
		if got := login.open(t, path); got.status != http.StatusBadRequest || got.says("Account connected") {
			t.Errorf("%s: got %d %s, want it refused", name, got.status, got.body)
		}
	}
	login.still(t)

	if got := p.exchanges(); len(got) > 0 {
		t.Fatalf("codes were redeemed: %v", got)
	}

	if got := login.open(t, login.right()); got.status != http.StatusOK {
		t.Errorf("the right answer after all of them: got %d", got.status)
	}

	if err := login.wait(t); err != nil {
		t.Error(err)
	}

	if got := p.exchanges(); len(got) != 1 || got[0].Get("code") != theCode {
		t.Errorf("got %v, want the one code that was ours", got)
	}
}

// Source: RFC 9700.
func TestTimeoutReportsRejectedResponses(t *testing.T) {
	p := newProvider(t)
	login := begin(t, p, func(o *native.Options) { o.Timeout = time.Second })
	login.open(t, "/?code=attackers&state=attackers")

	if err := login.wait(t); !errors.Is(err, native.ErrWrongState) {
		t.Errorf("got %v, want ErrWrongState", err)
	}
}

// Section 4.5: a code counts once. Anyone who opens the same address again gets a page and changes nothing.
//
// Source: RFC 9700.
func TestSecondAuthorizationResponseIsRejected(t *testing.T) {
	p := newProvider(t)
	finishing, proceed := make(chan struct{}), make(chan struct{})
	login := begin(t, p, func(o *native.Options) {
		o.Finish = func(context.Context, native.Tokens) error { close(finishing); <-proceed; return nil }
	})

	first := make(chan answer, 1)
	go func() {
		got, _ := login.tryOpen(t.Context(), login.right())
		first <- got
	}()
	<-finishing

	for _, path := range []string{login.right(), login.right("code", "attackers"), "/?error=access_denied&state=" + login.query.Get("state")} {
		if got := login.open(t, path); got.status != http.StatusConflict || got.says("Account connected") {
			t.Errorf("%s: got %d %s, want 409", path, got.status, got.body)
		}
	}
	close(proceed)

	if got := <-first; got.status != http.StatusOK || !got.says("Account connected") {
		t.Errorf("the first: got %d %s", got.status, got.body)
	}

	if err := login.wait(t); err != nil {
		t.Error(err)
	}

	if got := p.exchanges(); len(got) != 1 {
		t.Errorf("%d codes were redeemed, want 1", len(got))
	}
}

// Section 4.5.3.1: the verifier is shown to the token endpoint alone, and the code to nobody else either.
//
// Source: RFC 9700.
func TestVerifierAndCodeNeverLeak(t *testing.T) {
	for name, reply := range map[string]http.HandlerFunc{
		"taken": nil,
		"refused": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"error":"invalid_grant","error_description":"` + r.PostForm.Get("code") + r.PostForm.Get("code_verifier") + `"}`))
		},
		"a code in the error": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"error":"\u001b[2J` + r.PostForm.Get("code") + `"}`))
		},
		"no answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"not JSON": func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(r.PostForm.Get("code") + r.PostForm.Get("code_verifier")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.answer = reply
			login := begin(t, p)
			got := login.open(t, login.right())

			err := login.wait(t)
			if (err == nil) != (reply == nil) {
				t.Errorf("got %v", err)
			}

			var refused *native.ProviderError
			if err != nil && !errors.As(err, &refused) {
				t.Errorf("got %v, want a *ProviderError", err)
			}

			if len(p.exchanges()) != 1 {
				t.Fatalf("%d exchanges, want 1: a code is presented once", len(p.exchanges()))
			}

			shown := login.opened + got.body
			for key, values := range got.header {
				shown += key + strings.Join(values, "")
			}

			if err != nil {
				shown += err.Error()
			}

			for _, hidden := range []string{p.exchanges()[0].Get("code_verifier"), theCode, accessToken, idToken, "\x1b"} {
				if strings.Contains(shown, hidden) {
					t.Errorf("%q is shown", hidden)
				}
			}
		})
	}
}

// Section 4.11: the listener sends nobody anywhere.
//
// Source: RFC 9700.
func TestLoopbackPagesRedirectNowhere(t *testing.T) {
	login := begin(t, newProvider(t))
	evil := url.QueryEscape("https://evil.example/")

	paths := []string{"//evil.example/", "/\\evil.example", "/https://evil.example/", "/./", "/x/../"}
	for _, name := range []string{"redirect_uri", "return_to", "returnTo", "next", "url"} {
		paths = append(paths, "/?"+name+"="+evil, "/?state=x&"+name+"="+evil)
	}

	paths = append(paths, login.right("redirect_uri", "https://evil.example/", "return_to", "https://evil.example/"))
	for _, path := range paths {
		got := login.open(t, path)
		if got.header.Get("Location") != "" || got.header.Get("Refresh") != "" ||
			(got.status >= 300 && got.status < 400) ||
			got.says("evil") {
			t.Errorf("%s: got %d %v %s", path, got.status, got.header, got.body)
		}
	}

	if err := login.wait(t); err != nil {
		t.Error(err)
	}
}

// Section 4.4: a redirect that names another issuer (RFC 9207) comes from that issuer.
//
// Source: RFC 9700.
func TestAuthorizationResponseOfAnotherIssuerIsRejected(t *testing.T) {
	p := newProvider(t)

	login := begin(t, p)
	if got := login.open(t, login.right("iss", "https://evil.example/")); got.says("Account connected") {
		t.Errorf("got %d %s", got.status, got.body)
	}

	if len(p.exchanges()) > 0 {
		t.Error("its code was redeemed")
	}
	login.still(t)
	login.open(t, login.right("iss", p.URL+"/"))

	if err := login.wait(t); err != nil {
		t.Errorf("our issuer's: %v", err)
	}
}

// Section 4.12: a 307 would carry the code and its verifier to wherever it points.
//
// Source: RFC 9700.
func TestCodeExchangeFollowsNoRedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the exchange went to %s", r.URL)
	}))
	t.Cleanup(elsewhere.Close)
	p := newProvider(t)
	p.answer = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/oauth/token", http.StatusTemporaryRedirect)
	}

	login := begin(t, p)
	if got := login.open(t, login.right()); got.says("Account connected") {
		t.Error("the page says connected")
	}

	var refused *native.ProviderError
	if err := login.wait(t); !errors.As(err, &refused) {
		t.Errorf("got %v, want a *ProviderError", err)
	}
}

// A name of the attacker's that resolves to 127.0.0.1 makes the listener same-origin with the attacker's page.
//
// Source: RFC 9700.
func TestLoopbackListenerRejectsReboundNames(t *testing.T) {
	p := newProvider(t)

	login := begin(t, p)
	for _, host := range []string{"evil.example", "evil.example:" + portOf(t, login), "localhost", "localhost.evil.example:" + portOf(t, login)} {
		got := login.open(t, login.right(), func(r *http.Request) { r.Host = host })
		if got.status != http.StatusMisdirectedRequest {
			t.Errorf("%s: got %d, want 421", host, got.status)
		}
	}
	login.still(t)

	if len(p.exchanges()) > 0 {
		t.Error("a code was redeemed")
	}
}

// Section 2.2.2 protects refresh tokens; none is requested.
//
// Source: RFC 9700.
func TestNoRefreshTokenIsRequested(t *testing.T) {
	login := begin(t, newProvider(t), func(o *native.Options) { o.Provider.Scope = "openid offline_access email" })
	if got := login.query.Get("scope"); got != "openid email" {
		t.Errorf("got the scope %q, want openid email", got)
	}
}

// Section 4.2.4: the page's URL contains the code, so the page loads nothing from elsewhere and sends no referrer.
//
// Source: RFC 9700.
func TestLoopbackPageSendsNoReferrer(t *testing.T) {
	login := begin(t, newProvider(t), func(o *native.Options) { o.AppName = `<script>alert(1)</script>` })
	for _, path := range []string{"/?state=<script>", login.right()} {
		got := login.open(t, path)

		policy := got.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") ||
			strings.Contains(policy, "script-src") {
			t.Errorf("got the policy %q", policy)
		}

		if got.header.Get("Referrer-Policy") != "no-referrer" || got.header.Get("Cache-Control") != "no-store" ||
			got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("got %v", got.header)
		}

		if got.says("<script") || got.says("http://") || got.says("https://") {
			t.Errorf("the page holds a script or an address: %s", got.body)
		}
	}
}

// A login that the user denied is not an error of the provider, and vice versa.
func TestEveryProviderResponseHasItsOutcome(t *testing.T) {
	for name, row := range map[string]struct {
		query []string
		check func(error) bool
	}{
		"denied": {[]string{"error", "access_denied"}, func(err error) bool { return errors.Is(err, native.ErrDenied) }},
		"provider's fault": {[]string{"error", "server_error", "error_description", "boo"}, func(err error) bool {
			var refused *native.ProviderError
			return errors.As(err, &refused) && refused.Reason == "server_error" && !strings.Contains(err.Error(), "boo")
		}},
		"markup for a code": {[]string{"error", "<b>\"\x1b[2J"}, func(err error) bool {
			var refused *native.ProviderError
			return errors.As(err, &refused) && refused.Reason == ""
		}},
		"neither code nor error": {nil, func(err error) bool {
			var refused *native.ProviderError
			return errors.As(err, &refused)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			login := begin(t, p)

			query := url.Values{"state": {login.query.Get("state")}}
			for i := 0; i < len(row.query); i += 2 {
				query.Set(row.query[i], row.query[i+1])
			}

			if got := login.open(
				t, "/?"+query.Encode(),
			); got.says("Account connected") ||
				!got.says("Account not connected") {
				t.Errorf("got %s", got.body)
			}

			if err := login.wait(t); !row.check(err) {
				t.Errorf("got %v", err)
			}

			if len(p.exchanges()) > 0 {
				t.Error("something was redeemed")
			}
		})
	}
}

// The page is in the language of the browser, or in the configured one. What has no German text sends the person to the
// application, which shows the reason.
func TestThePageIsInTheLanguageOfItsReader(t *testing.T) {
	german := func(r *http.Request) { r.Header.Set("Accept-Language", "de-AT,de;q=0.9,en;q=0.5") }
	failing := func(err error) func(*native.Options) {
		return func(o *native.Options) { o.Finish = func(context.Context, native.Tokens) error { return err } }
	}
	configured := func(o *native.Options) { o.Language = "de" }
	english := func(*http.Request) {}

	for name, row := range map[string]struct {
		tweak func(*native.Options)
		from  func(*http.Request)
		want  []string
	}{
		"connected":  {func(*native.Options) {}, german, []string{`<html lang="de">`, "Konto verbunden"}},
		"configured": {configured, english, []string{`<html lang="de">`, "Konto verbunden"}},
		"English":    {func(*native.Options) {}, english, []string{`<html lang="en">`, "Account connected"}},
		"denied":     {failing(native.ErrDenied), german, []string{"Konto nicht verbunden", "haben die Anmeldung abgelehnt"}},
		"unknown":    {failing(errors.New("disk gone")), german, []string{"Konto nicht verbunden", "Sie zeigt den Grund an."}},
	} {
		t.Run(name, func(t *testing.T) {
			login := begin(t, newProvider(t), row.tweak)

			if got := login.open(t, "/?state=another", row.from); strings.Contains(name, "English") == got.says("andere") {
				t.Errorf("the page of a wrong state is in another language: %s", got.body)
			}

			got := login.open(t, login.right(), row.from)
			for _, want := range row.want {
				if !got.says(want) || got.says("disk gone") {
					t.Errorf("got %s, want %q", got.body, want)
				}
			}

			if !slices.Contains(got.header.Values("Vary"), "Accept-Language") {
				t.Errorf("got %v, want Vary: Accept-Language", got.header)
			}
			_ = login.wait(t)
		})
	}
}

// If a step after the login fails, the page reports that error, not success.
func TestThePageShowsTheOutcome(t *testing.T) {
	failed := errors.New("no room")

	login := begin(t, newProvider(t), func(o *native.Options) {
		o.Finish = func(_ context.Context, tokens native.Tokens) error {
			if tokens.Access.Reveal() != accessToken || tokens.ID.Reveal() != idToken {
				t.Error("the tokens are not the provider's")
			}

			return failed
		}
		o.Words = func(error) string { return "There is no room. Add some with --more." }
	})
	if got := login.open(t, login.right()); got.says("Account connected") || !got.says("There is no room. Add some with <span>--more.</span>") {
		t.Errorf("got %s", got.body)
	}

	if err := login.wait(t); !errors.Is(err, failed) {
		t.Errorf("got %v, want Finish's error", err)
	}
}

// Anyone who gives up while the provider is slow has given up, and the provider is not blamed.
func TestGivingUpWhileTheCodeIsRedeemed(t *testing.T) {
	p := newProvider(t)
	requested, proceed := make(chan struct{}), make(chan struct{})
	p.answer = func(http.ResponseWriter, *http.Request) { close(requested); <-proceed }
	t.Cleanup(func() { close(proceed) })
	gaveUp := errors.New("Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())

	opened, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- native.Connect(ctx, native.Options{
			Provider: native.Provider{Issuer: p.URL + "/", ClientID: "c", Audience: "a", Scope: "s"}, AppName: "ACME",
			Browser: func(address, _ string) { opened <- address },
			Finish: func(context.Context, native.Tokens) error {
				t.Error("there were no tokens to finish with")
				return nil
			},
		})
	}()

	parsed, err := url.Parse(<-opened)
	if err != nil {
		t.Fatal(err)
	}
	login := &pending{query: parsed.Query(), callback: parsed.Query().Get("redirect_uri")}

	page := make(chan answer, 1)
	go func() {
		got, _ := login.tryOpen(context.WithoutCancel(ctx), login.right())
		page <- got
	}()
	<-requested
	cancel(gaveUp)

	select {
	case err := <-ended:
		if !errors.Is(err, gaveUp) {
			t.Errorf("got %v, want what it was given up for", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the login does not end")
	}

	if got := <-page; !got.says("Account not connected") {
		t.Errorf("the page: got %d %s", got.status, got.body)
	}
}
