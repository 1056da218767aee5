package api

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/session"
)

// loginBody is the optional body of PUT /connection.
type loginBody struct {
	IDToken string `json:"id_token,omitempty" example:"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"` // required if the access token has no e-mail claim
} // @name ConnectRequest

// sessionBody is the optional body of POST /session.
type sessionBody struct {
	IDToken string `json:"id_token,omitempty" example:"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"` // required if the access token has no e-mail claim
	Replace bool   `json:"replace,omitempty" example:"false"`                                      // whether to end this browser's session of another account
} // @name SessionRequest

// startSession connects the token's account and logs in this browser.
//
//	@Summary		Connect and log in this browser
//	@Description	Verifies the access token, connects its account and starts the cookie session. The server creates a developer key only if it has no working one. If this browser has a live session of another account, the call returns 409 account_mismatch unless replace is true.
//	@ID				startSession
//	@Tags			session
//	@Security		AccessToken
//	@Param			X-CSRF	header		string			false	"1; required when the request carries the session cookie"
//	@Param			body	body		sessionBody		false	"options"
//	@Success		201		{object}	SessionResponse	"connected and logged in"
//	@Failure		default	{object}	Problem			"a problem"
//	@x-problem-codes ["account_mismatch", "email_unusable", "token_too_old", "token_already_used", "connect_in_progress", "upstash_key_limit", "mint_refused", "account_type_unsupported", "outcome_uncertain", "upstream_error", "upstream_redirect", "upstream_unavailable", "upstream_timeout"]
//	@Router			/session [post]
func (s *Server) startSession(c echo.Context) error {
	var body sessionBody
	if err := decodeOptional(c, fields{"id_token": &body.IDToken, "replace": &body.Replace}); err != nil {
		return err
	}
	ctx, caller := c.Request().Context(), callerOf(c)

	before, cookieValue, err := s.liveSession(ctx, c.Request())
	if err != nil {
		return err
	}

	if before != nil && (keys.Account{Issuer: before.Issuer, Subject: before.Subject}) != caller.Account &&
		!body.Replace {
		return problem.New(problem.AccountMismatch,
			"This browser is logged in with another Upstash account. Send replace: true to change to this one.")
	}

	connection, _, err := s.connectAccount(c, body.IDToken)
	if err != nil {
		return err
	}

	token, started, err := s.options.Sessions.Start(ctx, connection.ID, session.Login{
		AuthenticatedAt: caller.Claims.AuthenticatedAt, TokenExpiresAt: caller.Claims.ExpiresAt,
	})
	if err != nil {
		return err
	}

	if cookieValue != "" { // every login starts a new session, which defeats session fixation
		if err := s.options.Sessions.End(ctx, cookieValue); err != nil {
			return err
		}
	}
	s.cookie.set(c.Response(), token, started.ExpiresAt)

	return c.JSON(http.StatusCreated, sessionResponse(started, connection, s.options.Page.ConsoleURL))
}

// session returns this browser's session.
//
//	@Summary		Get this browser's session
//	@Description	Returns the session. Returns 401 session_expired if the cookie is not valid, or is sent twice. Without a cookie it returns 401 authentication_required, or 204 with optional=true.
//	@ID				getSession
//	@Tags			session
//	@Security		SessionCookie
//	@Param			X-CSRF		header		string			true	"1"
//	@Param			optional	query		boolean			false	"whether to return 204 if this browser has no session"
//	@Success		200			{object}	SessionResponse	"the session"
//	@Success		204			"no session; only with optional=true"
//	@Failure		default		{object}	Problem			"a problem"
//	@Router			/session [get]
func (s *Server) session(c echo.Context) error {
	caller := callerOf(c)

	connection, err := s.options.Conns.Find(c.Request().Context(), caller.Account)
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, sessionResponse(*caller.session, connection, s.options.Page.ConsoleURL))
}

// sessionOrNone returns 204 to a browser without a session cookie that asks with optional=true. Browsers report a 401
// as an error in their console, and a first visit is no error.
//
// The document cannot tell the page instead: after a link on another site the browser requests the document without
// the cookie, because the cookie is SameSite=Strict (RFC 6265bis section 5.2).
func (s *Server) sessionOrNone(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !s.cookie.isSent(c.Request()) && c.QueryParam("optional") == "true" {
			return c.NoContent(http.StatusNoContent)
		}

		return next(c)
	}
}

// endSession ends this browser's session.
//
//	@Summary		Log out
//	@Description	Ends this browser's session at this server, but not at Upstash. The connection remains. With everywhere=true it ends every session of the account. Always returns 204, even without a session.
//	@ID				endSession
//	@Tags			session
//	@Security		SessionCookie
//	@Param			X-CSRF		header	string	false	"1; required when the request carries the session cookie"
//	@Param			everywhere	query	boolean	false	"whether to end every session of the account"
//	@Success		204			"logged out"
//	@Failure		default		{object}	Problem	"a problem"
//	@Router			/session [delete]
func (s *Server) endSession(c echo.Context) error {
	if !s.cookie.isSent(c.Request()) {
		return c.NoContent(http.StatusNoContent)
	}

	if err := s.fromOurPage(c.Request()); err != nil {
		return err
	}

	// With a second cookie of this name, which somebody may have planted, no call has a session. A logout still
	// ends it.
	if err := s.end(c, s.cookie.all(c.Request()), c.QueryParam("everywhere") == "true"); err != nil {
		return err
	}
	s.cookie.clear(c.Response())

	return c.NoContent(http.StatusNoContent)
}

func (s *Server) end(c echo.Context, values []string, everywhere bool) error {
	ctx := c.Request().Context()
	if !everywhere {
		return s.options.Sessions.End(ctx, values...)
	}

	for _, value := range values {
		found, err := s.options.Sessions.Find(ctx, value)
		if errors.Is(err, session.ErrNotFound) {
			continue
		}

		if err != nil {
			return err
		}

		if err := s.options.Sessions.EndAll(ctx, found.ConnectionID); err != nil {
			return err
		}
	}

	return nil
}
