package sandbox_test

import (
	"net/http"
	"net/url"
	"testing"
)

func TestOpenIDLogOutKnowsTheClientByItsToken(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	logIn := func() string {
		return exchange(t, s, "code", calledBack(t, b.logIn(b.authorize("prompt", "login"))).Get("code")).text(t, "id_token")
	}
	hint := logIn()
	loggedIn := func() bool { return calledBack(t, b.authorize("prompt", "none")).Get("code") != "" }
	query := func(members ...string) string {
		q := url.Values{"post_logout_redirect_uri": {appOrigin + "/"}, "state": {"bye"}}
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
		stays(t, name, b.open("/oidc/logout?"+query(members...)), 400, "invalid_request", "")
	}
	if !loggedIn() {
		t.Fatal("a refused log-out ended the session")
	}

	got := b.open("/oidc/logout?" + query("id_token_hint", hint))
	if got.status != http.StatusFound || got.header.Get("Location") != appOrigin+"/?state=bye" {
		t.Errorf("by GET: got %d to %q", got.status, got.header.Get("Location"))
	}
	if loggedIn() {
		t.Error("logged out by GET, and the session is still there")
	}

	hint = logIn()
	request := newRequest(t, "POST", s.IssuerURL()+"oidc/logout", query("id_token_hint", hint))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if got := send(t, b.client, request); got.header.Get("Location") != appOrigin+"/?state=bye" {
		t.Errorf("by POST: got %d to %q", got.status, got.header.Get("Location"))
	}
	if loggedIn() {
		t.Error("logged out by POST, and the session is still there")
	}
}

func TestLogOutWithoutAnAddress(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	calledBack(t, b.logIn(b.authorize()))
	got := b.open("/v2/logout?client_id=sandbox-spa&federated")
	if got.status != http.StatusFound || got.header.Get("Location") != appOrigin {
		t.Errorf("with a client: got %d to %q, want its first log-out address", got.status, got.header.Get("Location"))
	}
	if back := calledBack(t, b.authorize("prompt", "none")); back.Get("error") != "login_required" {
		t.Errorf("afterwards: got %v, want login_required", back)
	}
	want(t, b.open("/v2/logout"), 200, "OK")
}
