package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox"
)

// register makes a client with the application's callback and origin.
func register(t *testing.T, s *sandbox.Sandbox, members string) string {
	t.Helper()
	got := call(t, "POST", s.ControlURL()+"/clients", `{"callbacks":["`+callback+`"],"origins":["`+appOrigin+`"],`+members+`}`)
	if got.status != http.StatusCreated {
		t.Fatalf("register a client: got %d %s", got.status, got.body)
	}
	return got.text(t, "client_id")
}

func TestConsentIsAskedOncePerUserClientAndScope(t *testing.T) {
	s := start(t)
	client := []string{"client_id", register(t, s, `"client_id":"asks","name":"The Asker","consent":true`)}
	b := newBrowser(t, s)

	page := b.logIn(b.authorize(client...))
	if page.status != 200 || !strings.Contains(page.body, "The Asker") || !strings.Contains(page.body, "demo@example.com") {
		t.Fatalf("after the log-in: got %d %s, want the question of consent", page.status, page.body)
	}
	silent := append([]string{"prompt", "none"}, client...)
	if got := calledBack(t, b.authorize(silent...)); got.Get("error") != "consent_required" || got.Get("error_description") != "Consent required" {
		t.Errorf("silent before consent: got %v", got)
	}
	declined := calledBack(t, b.press(page, "decline"))
	if declined.Get("error") != "access_denied" || declined.Has("error_description") || declined.Get("state") != "the state" {
		t.Errorf("declined: got %v, want access_denied, the state, and no description", declined)
	}
	if got := calledBack(t, b.press(b.authorize(client...), "accept")); got.Get("code") == "" {
		t.Fatalf("accepted: got %v, want a code", got)
	}
	for name, change := range map[string][]string{"again": client, "silent": silent} {
		if got := calledBack(t, b.authorize(change...)); got.Get("code") == "" {
			t.Errorf("%s: got %v, want a code and no question", name, got)
		}
	}

	more := append([]string{"scope", "openid email offline_access"}, client...)
	if got := b.authorize(more...); !strings.Contains(got.body, `value="accept"`) {
		t.Errorf("another scope: got %d %s, want the question again", got.status, got.body)
	}
	if got := b.authorize(append([]string{"prompt", "consent"}, client...)...); !strings.Contains(got.body, `value="accept"`) {
		t.Errorf("prompt=consent: got %d, want the question again", got.status)
	}
	if got := b.authorize(append([]string{"audience", ""}, client...)...); !strings.Contains(got.body, `value="accept"`) {
		t.Errorf("another audience: got %d, want the question again", got.status)
	}
	other := newBrowser(t, s)
	call(t, "POST", s.ControlURL()+"/accounts", `{"email":"other@example.com","password":"a password"}`)
	if got := other.press(other.authorize(client...), "login", "email", "other@example.com", "password", "a password"); !strings.Contains(got.body, `value="accept"`) {
		t.Errorf("another user: got %d, want the question", got.status)
	}
}

func TestConsentIsKeptOverARestartUntilItIsRevoked(t *testing.T) {
	dir := t.TempDir()
	opts := options(t, func(o *sandbox.Options) { o.DataDir = dir })
	first, err := sandbox.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	client := []string{"client_id", register(t, first, `"client_id":"asks","consent":true`)}
	b := newBrowser(t, first)
	calledBack(t, b.press(b.logIn(b.authorize(client...)), "accept"))
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	second := start(t, func(o *sandbox.Options) { *o = opts })
	b = newBrowser(t, second)
	calledBack(t, b.logIn(b.authorize(client...)))
	consents := second.ControlURL() + "/accounts/demo@example.com/consents/"
	if got := call(t, "DELETE", consents+"ask", ""); got.status != 404 {
		t.Errorf("revoke what begins alike: got %d, want 404", got.status)
	}
	if got := call(t, "DELETE", consents+"asks", ""); got.status != 204 {
		t.Errorf("revoke: got %d %s, want 204", got.status, got.body)
	}
	if got := b.authorize(client...); !strings.Contains(got.body, `value="accept"`) {
		t.Errorf("after the revocation: got %d, want the question", got.status)
	}
}

func TestALoopbackCallbackIsConfirmedWhenNothingElseWasShown(t *testing.T) {
	s := start(t)
	client := []string{"client_id", register(t, s, `"client_id":"careful","confirm_loopback":true`)}
	b := newBrowser(t, s)
	if got := calledBack(t, b.logIn(b.authorize(client...))); got.Get("code") == "" {
		t.Errorf("after a log-in page: got %v, want a code and no question more", got)
	}
	page := b.authorize(client...)
	if !strings.Contains(page.body, `value="confirm"`) {
		t.Fatalf("silent re-login: got %d %s, want the confirmation", page.status, page.body)
	}
	if got := calledBack(t, b.press(page, "confirm")); got.Get("code") == "" {
		t.Errorf("confirmed: got %v, want a code", got)
	}
	if got := calledBack(t, b.press(page, "cancel")); got.Get("error") != "access_denied" {
		t.Errorf("not confirmed: got %v, want access_denied", got)
	}
	got := calledBack(t, b.authorize(append([]string{"prompt", "none"}, client...)...))
	if got.Get("error") != "interaction_required" || got.Get("error_description") != "Interaction required" {
		t.Errorf("prompt=none: got %v, want interaction_required", got)
	}

	const web = "https://app.example/callback"
	call(t, "POST", s.ControlURL()+"/clients", `{"client_id":"careful","callbacks":["`+web+`"]}`)
	if got := b.authorize(append([]string{"redirect_uri", web}, client...)...); !strings.HasPrefix(got.header.Get("Location"), web+"?code=") {
		t.Errorf("a callback on the web: got %d to %q, want a code at once", got.status, got.header.Get("Location"))
	}
}

// A confirmation given for one request must not stand for the consent that
// another one needs.
func TestConfirmingIsNotConsenting(t *testing.T) {
	s := start(t)
	client := []string{"client_id", register(t, s, `"client_id":"both","confirm_loopback":true,"consent":true`)}
	b := newBrowser(t, s)
	page := b.logIn(b.authorize(client...))
	forged := answer{status: page.status, header: page.header, body: strings.ReplaceAll(page.body, `value="accept"`, `value="confirm"`)}
	if got := b.press(forged, "confirm"); got.status != 200 || !strings.Contains(got.body, `value="accept"`) {
		t.Errorf("got %d to %q, want the question of consent", got.status, got.header.Get("Location"))
	}
}
