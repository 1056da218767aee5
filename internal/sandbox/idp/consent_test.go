package idp_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

// register makes a client with the application's callback and origin.
func register(t *testing.T, s *sandbox.Sandbox, members string) string {
	t.Helper()

	got := sandboxtest.Call(
		t,
		"POST",
		s.ControlURL()+"/clients",
		`{"callbacks":["`+sandboxtest.Callback+`"],"origins":["`+sandboxtest.AppOrigin+`"],`+members+`}`,
	)
	if got.Status != http.StatusCreated {
		t.Fatalf("register a client: got %d %s", got.Status, got.Body)
	}

	return got.Text(t, "client_id")
}

func TestConsentIsRequestedOncePerUserClientAndScope(t *testing.T) {
	s := sandboxtest.Start(t)
	client := []string{"client_id", register(t, s, `"client_id":"asks","name":"The Asker","consent":true`)}
	b := sandboxtest.NewBrowser(t, s)

	page := b.LogIn(b.Authorize(client...))
	if page.Status != 200 || !strings.Contains(page.Body, "The Asker") ||
		!strings.Contains(page.Body, "demo@example.com") {
		t.Fatalf("after the login: got %d %s, want the question of consent", page.Status, page.Body)
	}

	silent := append([]string{"prompt", "none"}, client...)
	if got := sandboxtest.CalledBack(
		t, b.Authorize(silent...),
	); got.Get("error") != "consent_required" ||
		got.Get("error_description") != "Consent required" {
		t.Errorf("silent before consent: got %v", got)
	}

	declined := sandboxtest.CalledBack(t, b.Press(page, "decline"))
	if declined.Get("error") != "access_denied" || declined.Has("error_description") ||
		declined.Get("state") != "the state" {
		t.Errorf("declined: got %v, want access_denied, the state, and no description", declined)
	}

	if got := sandboxtest.CalledBack(t, b.Press(b.Authorize(client...), "accept")); got.Get("code") == "" {
		t.Fatalf("accepted: got %v, want a code", got)
	}

	for name, change := range map[string][]string{"again": client, "silent": silent} {
		if got := sandboxtest.CalledBack(t, b.Authorize(change...)); got.Get("code") == "" {
			t.Errorf("%s: got %v, want a code and no question", name, got)
		}
	}

	more := append([]string{"scope", "openid email offline_access"}, client...)
	if got := b.Authorize(more...); !strings.Contains(got.Body, `value="accept"`) {
		t.Errorf("another scope: got %d %s, want the question again", got.Status, got.Body)
	}

	if got := b.Authorize(
		append([]string{"prompt", "consent"}, client...)...); !strings.Contains(
		got.Body,
		`value="accept"`,
	) {
		t.Errorf("prompt=consent: got %d, want the question again", got.Status)
	}

	if got := b.Authorize(
		append([]string{"audience", ""}, client...)...); !strings.Contains(
		got.Body,
		`value="accept"`,
	) {
		t.Errorf("another audience: got %d, want the question again", got.Status)
	}
	other := sandboxtest.NewBrowser(t, s)
	sandboxtest.Call(t, "POST", s.ControlURL()+"/accounts", `{"email":"other@example.com","password":"a password"}`)

	if got := other.Press(
		other.Authorize(client...), "login", "email", "other@example.com", "password", "a password",
	); !strings.Contains(
		got.Body,
		`value="accept"`,
	) {
		t.Errorf("another user: got %d, want the question", got.Status)
	}
}

func TestConsentSurvivesARestartUntilItIsRevoked(t *testing.T) {
	dir := t.TempDir()
	opts := sandboxtest.Options(t, func(o *sandbox.Options) { o.DataDir = dir })

	first, err := sandbox.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	client := []string{"client_id", register(t, first, `"client_id":"asks","consent":true`)}
	b := sandboxtest.NewBrowser(t, first)
	sandboxtest.CalledBack(t, b.Press(b.LogIn(b.Authorize(client...)), "accept"))

	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	second := sandboxtest.Start(t, func(o *sandbox.Options) { *o = opts })
	b = sandboxtest.NewBrowser(t, second)
	sandboxtest.CalledBack(t, b.LogIn(b.Authorize(client...)))

	consents := second.ControlURL() + "/accounts/demo@example.com/consents/"
	if got := sandboxtest.Call(t, "DELETE", consents+"ask", ""); got.Status != 404 {
		t.Errorf("revoke what begins alike: got %d, want 404", got.Status)
	}

	if got := sandboxtest.Call(t, "DELETE", consents+"asks", ""); got.Status != 204 {
		t.Errorf("revoke: got %d %s, want 204", got.Status, got.Body)
	}

	if got := b.Authorize(client...); !strings.Contains(got.Body, `value="accept"`) {
		t.Errorf("after the revocation: got %d, want the question", got.Status)
	}
}

func TestALoopbackCallbackIsConfirmedWhenNothingElseWasShown(t *testing.T) {
	s := sandboxtest.Start(t)
	client := []string{"client_id", register(t, s, `"client_id":"careful","confirm_loopback":true`)}

	b := sandboxtest.NewBrowser(t, s)
	if got := sandboxtest.CalledBack(t, b.LogIn(b.Authorize(client...))); got.Get("code") == "" {
		t.Errorf("after a login page: got %v, want a code and no question more", got)
	}

	page := b.Authorize(client...)
	if !strings.Contains(page.Body, `value="confirm"`) {
		t.Fatalf("silent re-login: got %d %s, want the confirmation", page.Status, page.Body)
	}

	if got := sandboxtest.CalledBack(t, b.Press(page, "confirm")); got.Get("code") == "" {
		t.Errorf("confirmed: got %v, want a code", got)
	}

	if got := sandboxtest.CalledBack(t, b.Press(page, "cancel")); got.Get("error") != "access_denied" {
		t.Errorf("not confirmed: got %v, want access_denied", got)
	}

	got := sandboxtest.CalledBack(t, b.Authorize(append([]string{"prompt", "none"}, client...)...))
	if got.Get("error") != "interaction_required" || got.Get("error_description") != "Interaction required" {
		t.Errorf("prompt=none: got %v, want interaction_required", got)
	}

	const web = "https://app.example/callback"
	sandboxtest.Call(t, "POST", s.ControlURL()+"/clients", `{"client_id":"careful","callbacks":["`+web+`"]}`)

	if got := b.Authorize(
		append([]string{"redirect_uri", web}, client...)...); !strings.HasPrefix(
		got.Header.Get("Location"),
		web+"?code=",
	) {
		t.Errorf("a callback on the web: got %d to %q, want a code at once", got.Status, got.Header.Get("Location"))
	}
}

// A confirmation for one request must not count as the consent that another one needs.
func TestConfirmingIsNotConsenting(t *testing.T) {
	s := sandboxtest.Start(t)
	client := []string{"client_id", register(t, s, `"client_id":"both","confirm_loopback":true,"consent":true`)}
	b := sandboxtest.NewBrowser(t, s)
	page := b.LogIn(b.Authorize(client...))

	forged := sandboxtest.Response{
		Status: page.Status,
		Header: page.Header,
		Body:   strings.ReplaceAll(page.Body, `value="accept"`, `value="confirm"`),
	}
	if got := b.Press(forged, "confirm"); got.Status != 200 || !strings.Contains(got.Body, `value="accept"`) {
		t.Errorf("got %d to %q, want the question of consent", got.Status, got.Header.Get("Location"))
	}
}
