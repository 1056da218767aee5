package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/auth"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/session"
)

// Caller is the authenticated caller of a request.
type Caller struct {
	Account keys.Account
	Claims  *auth.Claims // claims of the access token; nil for a session
	token   secret.Text
	session *session.Session     // nil for a token
	acting  *partner.GrantAccess // the grant that a service uses; nil for a user
	// databases are the operations that this caller may use.
	databases operations
}

// The guards authenticate every caller. Requests that match no accepting row of this table are rejected.
//
//	Authorization              cookie            guard        outcome
//	two or more headers        any               any          400 invalid_request
//	Bearer, accepted           ignored           bearer, any  the token's account
//	Bearer of a service        ignored           any          the grant's account, within the grant; service.go
//	Bearer, not accepted       ignored           bearer, any  401 invalid_token, 403 client_not_allowed, 503
//	another scheme, malformed  ignored           bearer, any  401 invalid_token
//	any                        live, CSRF passed cookie       the session's account
//	none                       live, CSRF passed any          the session's account
//	none                       any, CSRF failed  cookie, any  403 csrf
//	none                       dead, unreadable  cookie, any  401 session_expired
//	none                       none              cookie, any  401 authentication_required
//	none                       any               bearer       401 authentication_required
func (s *Server) bearerOnly(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		token, present, err := bearer(c.Request())
		if err != nil {
			return err
		}

		if !present {
			return problem.New(problem.AuthenticationRequired, "Send the access token as Authorization: Bearer.")
		}

		return s.admitToken(c, token, next)
	}
}

func (s *Server) cookieOnly(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error { return s.admitSession(c, next) }
}

// userOnly admits a user, with a session or an access token.
func (s *Server) userOnly(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		token, present, err := bearer(c.Request())
		switch {
		case err != nil:
			return err
		case present:
			return s.admitToken(c, token, next)
		}

		return s.admitSession(c, next)
	}
}

func (s *Server) anyCaller(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		token, present, err := bearer(c.Request())
		switch {
		case err != nil:
			return err
		case present && partner.IsServiceToken(token):
			return s.admitService(c, token, next)
		case present:
			return s.admitToken(c, token, next)
		}

		return s.admitSession(c, next)
	}
}

func (s *Server) admitToken(c echo.Context, token string, next echo.HandlerFunc) error {
	claims, err := s.options.Tokens.Verify(c.Request().Context(), token)
	if err != nil {
		return err
	}

	return s.admit(c, Caller{
		Account: keys.Account{Issuer: claims.Issuer, Subject: claims.Subject},
		Claims:  &claims, token: secret.New(token),
	}, next)
}

func (s *Server) admitSession(c echo.Context, next echo.HandlerFunc) error {
	if !s.cookie.isSent(c.Request()) {
		return problem.New(problem.AuthenticationRequired, "Log in first.")
	}

	if err := s.fromOurPage(c.Request()); err != nil {
		return err
	}

	value, readable := s.cookie.read(c.Request())
	if !readable {
		return session.ErrNotFound
	}

	found, err := s.options.Sessions.Find(c.Request().Context(), value)
	if err != nil {
		return err
	}

	return s.admit(
		c, Caller{Account: keys.Account{Issuer: found.Issuer, Subject: found.Subject}, session: &found}, next,
	)
}

// admit passes the request of an authenticated caller to the handler, unless the caller exceeds its rate limit. Every
// call on an account passes here. Logout does not, so it always works.
func (s *Server) admit(c echo.Context, caller Caller, next echo.HandlerFunc) error {
	if caller.databases == nil {
		caller.databases = own{account: caller.Account, databases: s.options.Databases}
		s.setActor(c, keys.Actor{Kind: keys.ActorUser})
	}
	callOf(c).caller = &caller
	s.reportLimits(c)

	if err := s.options.Requests.Take(c.Request().Context(), caller.bucket()); err != nil {
		return err
	}

	return next(c)
}

// bucket returns the caller whose request limit the call counts against. A service's calls count against its grant, so
// that they cannot use up the quota that the user needs to revoke the grant.
func (c Caller) bucket() limit.Caller {
	if c.acting != nil {
		return limit.NewCaller("grant", c.acting.Grant.ID)
	}

	return c.Account.Caller()
}

// bearer reads the token from the single Authorization header (RFC 6750 section 2.1). It ignores tokens in a query, a
// form or another header (RFC 9700 section 4.3.2).
func bearer(r *http.Request) (token string, present bool, err error) {
	values := r.Header.Values(echo.HeaderAuthorization)
	switch len(values) {
	case 0:
		return "", false, nil
	case 1:
	default:
		return "", false, problem.New(problem.InvalidRequest, "Send one Authorization header.")
	}
	scheme, token, found := strings.Cut(values[0], " ")

	token = strings.TrimLeft(token, " ")
	if !found || !strings.EqualFold(scheme, "Bearer") || token == "" || strings.ContainsAny(token, " \t,") {
		return "", true, auth.ErrInvalidToken
	}

	return token, true, nil
}

// liveSession returns the session of a request that an access token authenticates, so that startSession can compare
// the accounts.
func (s *Server) liveSession(ctx context.Context, r *http.Request) (*session.Session, string, error) {
	value, present := s.cookie.read(r)
	if !present {
		return nil, "", nil
	}

	if err := s.fromOurPage(r); err != nil {
		return nil, "", err
	}

	found, err := s.options.Sessions.Find(ctx, value)
	if errors.Is(err, session.ErrNotFound) {
		return nil, value, nil
	}

	return &found, value, err
}
