package idp_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/upstash-connect/bff/internal/sandbox/sandboxtest"
)

func TestOpenIDLogOutKnowsTheClientByItsToken(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)
	logIn := func() string {
		return sandboxtest.Exchange(
			t, s, "code", sandboxtest.CalledBack(t, b.LogIn(b.Authorize("prompt", "login"))).Get("code"),
		).Text(t,
			"id_token")
	}
	hint := logIn()
	loggedIn := func() bool { return sandboxtest.CalledBack(t, b.Authorize("prompt", "none")).Get("code") != "" }
	query := func(members ...string) string {
		q := url.Values{"post_logout_redirect_uri": {sandboxtest.AppOrigin + "/"}, "state": {"bye"}}
		for i := 0; i < len(members); i += 2 {
			q.Set(members[i], members[i+1])
		}

		return q.Encode()
	}

	for name, members := range map[string][]string{
		"a hint that is no token":      {"id_token_hint", "x.y.z"},
		"a hint of another's":          {"id_token_hint", hint, "client_id", "sandbox-other-partner"},
		"an address not on the list":   {"id_token_hint", hint, "post_logout_redirect_uri", "http://evil.example/"},
		"an address and no client":     nil,
		"another client's the address": {"client_id", "sandbox-other-partner"},
	} {
		stays(t, name, b.Open("/oidc/logout?"+query(members...)), 400, "invalid_request", "")
	}

	if !loggedIn() {
		t.Fatal("a refused logout ended the session")
	}

	got := b.Open("/oidc/logout?" + query("id_token_hint", hint))
	if got.Status != http.StatusFound || got.Header.Get("Location") != sandboxtest.AppOrigin+"/?state=bye" {
		t.Errorf("by GET: got %d to %q", got.Status, got.Header.Get("Location"))
	}

	if loggedIn() {
		t.Error("logged out by GET, and the session is still there")
	}

	hint = logIn()
	request := sandboxtest.NewRequest(t, "POST", s.IssuerURL()+"oidc/logout", query("id_token_hint", hint))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")

	if got := sandboxtest.Send(
		t, b.Client, request,
	); got.Header.Get(
		"Location",
	) != sandboxtest.AppOrigin+"/?state=bye" {
		t.Errorf("by POST: got %d to %q", got.Status, got.Header.Get("Location"))
	}

	if loggedIn() {
		t.Error("logged out by POST, and the session is still there")
	}
}

func TestLogOutWithoutAnAddress(t *testing.T) {
	s := sandboxtest.Start(t)
	b := sandboxtest.NewBrowser(t, s)
	sandboxtest.CalledBack(t, b.LogIn(b.Authorize()))

	got := b.Open("/v2/logout?client_id=sandbox-spa&federated")
	if got.Status != http.StatusFound || got.Header.Get("Location") != sandboxtest.AppOrigin {
		t.Errorf("with a client: got %d to %q, want its first logout address", got.Status, got.Header.Get("Location"))
	}

	if back := sandboxtest.CalledBack(t, b.Authorize("prompt", "none")); back.Get("error") != "login_required" {
		t.Errorf("afterwards: got %v, want login_required", back)
	}
	sandboxtest.Want(t, b.Open("/v2/logout"), 200, "OK")
}
