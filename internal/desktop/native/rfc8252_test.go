package native_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/desktop/native"
)

func portOf(t *testing.T, l *pending) string {
	t.Helper()

	parsed, err := url.Parse(l.callback)
	if err != nil {
		t.Fatal(err)
	}

	return parsed.Port()
}

// Section 7.3: the redirect is http://localhost:PORT here, as the partner guide registers it, and nothing of it is
// secret.
//
// Source: RFC 8252.
func TestAuthorizationRequestMatchesTheGuideWithPKCE(t *testing.T) {
	p := newProvider(t)

	login := begin(t, p)
	if !strings.HasPrefix(login.opened, p.URL+"/authorize?") ||
		!regexp.MustCompile(`^http://localhost:\d+$`).MatchString(login.callback) {
		t.Errorf("got %s, want the issuer's authorization endpoint and a redirect to localhost", login.opened)
	}

	for name, want := range map[string]string{
		"response_type": "code", "client_id": "native-client", "audience": "upstash-api", "scope": "openid email", "code_challenge_method": "S256",
	} {
		if got := login.query[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}

	if got := login.open(
		t, login.right(),
	); got.status != http.StatusOK ||
		!got.says("Account connected") {
		t.Errorf("got %d %s", got.status, got.body)
	}

	if err := login.wait(t); err != nil {
		t.Fatal(err)
	}

	form := p.exchanges()[0]
	if form.Get("redirect_uri") != login.callback || form.Get("grant_type") != "authorization_code" ||
		form.Get("client_id") != "native-client" ||
		form.Get("code") != theCode {
		t.Errorf("got %v, want what the authorization request named", form)
	}
}

// Section 8.1: without PKCE, an interceptor of the code could redeem it.
func TestRFC8252TheChallengeIsTheVerifiersHashAndNewEachTime(t *testing.T) {
	p := newProvider(t)

	seen := map[string]bool{}
	for range 3 {
		login := begin(t, p)
		login.open(t, login.right())

		if err := login.wait(t); err != nil {
			t.Fatal(err)
		}
		all := p.exchanges()

		verifier := all[len(all)-1].Get("code_verifier")
		if !regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`).MatchString(verifier) { // RFC 7636 section 4.1
			t.Errorf("got the verifier %q", verifier)
		}

		hash := sha256.Sum256([]byte(verifier))
		if got, want := login.query.Get("code_challenge"), base64.RawURLEncoding.EncodeToString(hash[:]); got != want {
			t.Errorf("got the challenge %s, want %s", got, want)
		}

		for _, drawn := range []string{verifier, login.query.Get("state")} {
			if len(drawn) < 43 || seen[drawn] {
				t.Errorf("%q is short, or was drawn before", drawn)
			}
			seen[drawn] = true
		}
	}
}

// Section 8.3: loopback only, both of its families, and only while the login is in progress.
//
// Source: RFC 8252.
func TestListenerBindsLoopbackOnly(t *testing.T) {
	login := begin(t, newProvider(t))
	port := portOf(t, login)
	dialer := net.Dialer{Timeout: 2 * time.Second}

	reach := func(host string) error {
		connection, err := dialer.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
		if err == nil {
			_ = connection.Close()
		}

		return err
	}
	if err := reach("127.0.0.1"); err != nil {
		t.Error(err)
	}

	if hasIPv6() {
		if err := reach("::1"); err != nil {
			t.Error(err)
		}
	}

	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}

	for _, address := range addresses {
		network, ok := address.(*net.IPNet)
		if !ok || network.IP.IsLoopback() || network.IP.IsLinkLocalUnicast() {
			continue
		}

		if reach(network.IP.String()) == nil {
			t.Errorf("the listener answers at %s", network.IP)
		}
	}

	if reach("127.0.0.2") == nil {
		t.Error("the listener answers at 127.0.0.2: it is bound to more than 127.0.0.1")
	}
}

func hasIPv6() bool {
	probe, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return false
	}

	return probe.Close() == nil
}

// Source: RFC 8252.
func TestLoopbackListenerClosesAfterOneResponse(t *testing.T) {
	p := newProvider(t)
	for name, path := range map[string]func(*pending) string{
		"a code":   func(l *pending) string { return l.right() },
		"a denial": func(l *pending) string { return "/?error=access_denied&state=" + l.query.Get("state") },
	} {
		t.Run(name, func(t *testing.T) {
			login := begin(t, p)
			login.open(t, path(login))

			_ = login.wait(t)
			if got, err := login.tryOpen(t.Context(), "/"); err == nil {
				t.Errorf("after the answer: got %d, want nobody there", got.status)
			}
		})
	}
}

// Source: RFC 8252.
func TestLoopbackListenerClosesWhenTheLoginIsCancelled(t *testing.T) {
	p := newProvider(t)

	login := begin(t, p, func(o *native.Options) { o.Timeout = 50 * time.Millisecond })
	if err := login.wait(t); !errors.Is(err, native.ErrTimeout) {
		t.Errorf("got %v, want ErrTimeout", err)
	}

	if got, err := login.tryOpen(t.Context(), login.right()); err == nil {
		t.Errorf("after the time-out: got %d, want nobody there", got.status)
	}

	if len(p.exchanges()) > 0 {
		t.Error("a code was redeemed")
	}
}

// Section 8.3 again: on an address of localhost that another program holds, that program would get the code.
//
// Source: RFC 8252.
func TestBusyLoopbackPortIsReported(t *testing.T) {
	hosts := []string{"127.0.0.1"}
	if hasIPv6() {
		hosts = append(hosts, "::1")
	}

	for _, host := range hosts {
		t.Run(host, func(t *testing.T) {
			taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort(host, "0"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = taken.Close() })
			port := taken.Addr().(*net.TCPAddr).Port

			err = native.Connect(t.Context(), native.Options{
				Provider: native.Provider{Issuer: "http://localhost:1/", ClientID: "c", Audience: "a", Scope: "s"},
				Port:     port, AppName: "ACME", Timeout: 5 * time.Second,
				Browser: func(string, string) { t.Error("a browser was opened for a port that is another's") },
				Finish:  func(context.Context, native.Tokens) error { return nil },
			})
			if !errors.Is(err, native.ErrPortInUse) || !strings.Contains(err.Error(), strconv.Itoa(port)) {
				t.Errorf("got %v, want ErrPortInUse that names the port", err)
			}
		})
	}
}

// Source: RFC 8252.
func TestLoopbackListenerServesOnlyTheRedirect(t *testing.T) {
	p := newProvider(t)
	login := begin(t, p)

	query := strings.TrimPrefix(login.right(), "/")
	for _, path := range []string{"/favicon.ico", "/callback" + query, "/%2e%2e/" + query, "/x/..//" + query, "/.well-known/anything"} {
		if got := login.open(t, path); got.status != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", path, got.status)
		}
	}

	for _, method := range []string{
		http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodHead,
	} {
		got := login.open(t, login.right(), func(r *http.Request) { r.Method = method })
		if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != http.MethodGet ||
			got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: got %d %v, want 405", method, got.status, got.header)
		}
	}
	login.still(t)

	if len(p.exchanges()) > 0 {
		t.Error("one of them redeemed the code")
	}
	login.open(t, login.right())

	if err := login.wait(t); err != nil {
		t.Errorf("the login did not survive them: %v", err)
	}
}
