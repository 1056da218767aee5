package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/auth"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/session"
)

// issuedLogins accepts the tokens that name the time of a login, and connects their account.
type issuedLogins struct {
	Tokens
	Connections
	logins map[string]time.Time
}

const loginIssuer, loginSubject = "https://issuer.example/", "auth0|somebody"

func (l issuedLogins) Verify(_ context.Context, token string) (auth.Claims, error) {
	at, known := l.logins[token]
	if !known {
		return auth.Claims{}, auth.ErrInvalidToken
	}

	return auth.Claims{
		Issuer: loginIssuer, Subject: loginSubject, AuthenticatedAt: at, ExpiresAt: at.Add(48 * time.Hour),
	}, nil
}

func (issuedLogins) Login(context.Context, secret.Text, auth.Claims, string) (keys.Login, error) {
	return keys.Login{}, nil
}

func (issuedLogins) Connect(context.Context, keys.Login) (keys.Connection, bool, error) {
	return keys.Connection{ID: "con_1", State: keys.Active}, false, nil
}

// sessionRows stores sessions of one account.
type sessionRows map[[sha256.Size]byte]session.Session

func (r sessionRows) InsertSession(_ context.Context, s session.Session, _ int) ([][sha256.Size]byte, error) {
	s.Issuer, s.Subject = loginIssuer, loginSubject
	r[s.TokenHash] = s

	return nil, nil
}

func (r sessionRows) FindSession(_ context.Context, hash [sha256.Size]byte) (session.Session, error) {
	if s, known := r[hash]; known {
		return s, nil
	}

	return session.Session{}, session.ErrNotFound
}

func (sessionRows) ExtendSession(context.Context, [sha256.Size]byte, time.Time) error { return nil }

func (r sessionRows) DeleteSessions(_ context.Context, hashes ...[sha256.Size]byte) error {
	for _, hash := range hashes {
		delete(r, hash)
	}

	return nil
}

func (sessionRows) DeleteSessionsOf(context.Context, string) error { return nil }

// oneService accepts every service token.
type oneService struct{ Partners }

func (oneService) Authenticate(context.Context, string) (partner.Principal, error) {
	return partner.Principal{}, nil
}

func (oneService) Authorize(context.Context, partner.Principal, string, string) (partner.GrantAccess, error) {
	return partner.GrantAccess{}, nil
}

// guarded is a server with a route that needs a recent login and returns the confirmed name.
type guarded struct {
	*Server
	now      time.Time
	sessions sessionRows
	cookie   string
}

func newGuarded(t *testing.T, logins map[string]time.Time) *guarded {
	t.Helper()

	g := &guarded{
		Server: quickServer(t), now: time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC), sessions: sessionRows{},
	}
	clock := func() time.Time { return g.now }

	manager, err := session.NewManager(session.Options{
		Store: g.sessions, Idle: 24 * time.Hour, Max: 48 * time.Hour, Now: clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	issued := issuedLogins{logins: logins}
	g.options.Tokens, g.options.Conns, g.options.Sessions, g.options.Now = issued, issued, manager, clock
	g.options.Partners = oneService{}

	g.echo.DELETE("/api/v1/guarded", g.anyCaller(func(c echo.Context) error {
		if err := g.requireFreshLogin(c); err != nil {
			return err
		}

		name, err := confirmedName(c)
		if err != nil {
			return err
		}

		return c.String(http.StatusOK, name)
	}))

	return g
}

// do sends a request with the session cookie or, if it is not empty, the token.
func (g *guarded) do(method, path, token string, header http.Header) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, "http://localhost:3000"+path, http.NoBody)
	request.Header.Set("X-CSRF", "1")

	for name, values := range header {
		request.Header[name] = values
	}

	if g.cookie != "" {
		request.AddCookie(&http.Cookie{Name: "session", Value: g.cookie})
	}

	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer := httptest.NewRecorder()
	g.ServeHTTP(answer, request)

	return answer
}

// logIn starts a session in this browser, and ends the one before.
func (g *guarded) logIn(t *testing.T, token string) {
	t.Helper()

	answer := g.do(http.MethodPost, "/api/v1/session", token, nil)
	if answer.Code != http.StatusCreated || len(answer.Result().Cookies()) != 1 {
		t.Fatalf("login: got %d %s, want 201 with a cookie", answer.Code, answer.Body)
	}
	g.cookie = answer.Result().Cookies()[0].Value
}

// passes checks whether the guarded route accepts the call, and the step-up challenge (RFC 9470 section 3) otherwise.
func (g *guarded) passes(t *testing.T, token string, want bool) {
	t.Helper()

	answer := g.do(http.MethodDelete, "/api/v1/guarded", token, nil)
	if want {
		if answer.Code != http.StatusOK {
			t.Errorf("got %d %s, want 200", answer.Code, answer.Body)
		}

		return
	}

	const challenge = `Bearer error="insufficient_user_authentication", ` +
		`error_description="A login of the last 10 minutes is required", max_age="600"`

	if got := answer.Header().Values("WWW-Authenticate"); answer.Code != http.StatusUnauthorized || len(got) != 1 ||
		got[0] != challenge {
		t.Errorf("got %d, WWW-Authenticate %q, want 401, %q", answer.Code, got, challenge)
	}

	if got := codeOf(t, answer); got != "fresh_login_required" {
		t.Errorf("got problem %s, want fresh_login_required", got)
	}
}

func codeOf(t *testing.T, answer *httptest.ResponseRecorder) string {
	t.Helper()

	var found Problem
	if err := json.Unmarshal(answer.Body.Bytes(), &found); err != nil {
		t.Fatalf("%s: %v", answer.Body, err)
	}

	return string(found.Code)
}

// Threat model: C23.
func TestGuardedCallNeedsARecentLogin(t *testing.T) {
	begun := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	g := newGuarded(t, map[string]time.Time{
		"hours-ago": begun.Add(-3 * time.Hour), "just-now": begun, "ahead": begun.Add(time.Hour), "unknown": {},
	})

	t.Run("access token", func(t *testing.T) {
		g.passes(t, "hours-ago", false)
		g.passes(t, "just-now", true)
		g.passes(t, "ahead", false) // the clock was set back: this login would remain recent for an hour
		g.passes(t, "unknown", false)
	})
	t.Run("session, renewed by a newer login", func(t *testing.T) {
		g.logIn(t, "hours-ago")
		g.passes(t, "", false)
		g.logIn(t, "just-now")

		if len(g.sessions) != 1 {
			t.Errorf("got %d sessions, want the new one only", len(g.sessions))
		}
		g.now = begun.Add(maxLoginAge)
		g.passes(t, "", true)
		g.now = begun.Add(maxLoginAge + time.Second)
		g.passes(t, "", false)
	})
	t.Run("session of an older version", func(t *testing.T) {
		for hash, row := range g.sessions {
			row.AuthenticatedAt = time.Time{}
			g.sessions[hash] = row
		}
		g.now = begun.Add(time.Hour) // and the session is read from the store
		g.passes(t, "", false)
	})
	t.Run("service", func(t *testing.T) {
		answer := g.do(http.MethodDelete, "/api/v1/guarded", partner.TokenPrefix+"token",
			http.Header{HeaderConnectUser: {"user"}})
		if answer.Code != http.StatusOK {
			t.Errorf("got %d %s, want 200: a service has no login", answer.Code, answer.Body)
		}
	})
}

func TestConfirmedNameIsOneHeader(t *testing.T) {
	g := newGuarded(t, map[string]time.Time{"just-now": time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)})

	for name, test := range map[string]struct {
		header []string
		want   string // or the problem's code
		status int
	}{
		"none":                 {nil, "", http.StatusOK},
		"empty":                {[]string{""}, "", http.StatusOK},
		"a name":               {[]string{"cache-1"}, "cache-1", http.StatusOK},
		"with spaces":          {[]string{"my cache"}, "my cache", http.StatusOK},
		"with a comma":         {[]string{"a, b"}, "a, b", http.StatusOK},
		"an escape is no code": {[]string{"a%2Db"}, "a%2Db", http.StatusOK},
		"UTF-8":                {[]string{"käfig"}, "käfig", http.StatusOK},
		"Latin-1":              {[]string{"k\xe4fig"}, "invalid_request", http.StatusBadRequest},
		"the same one twice":   {[]string{"cache-1", "cache-1"}, "invalid_request", http.StatusBadRequest},
		"two lines":            {[]string{"cache-1", "cache-2"}, "invalid_request", http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{headerConfirmName: test.header}
			answer := g.do(http.MethodDelete, "/api/v1/guarded", "just-now", header)

			got := answer.Body.String()
			if answer.Code != http.StatusOK {
				got = codeOf(t, answer)
			}

			if answer.Code != test.status || got != test.want {
				t.Errorf("got %d %q, want %d %q", answer.Code, got, test.status, test.want)
			}
		})
	}
}
