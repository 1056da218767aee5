package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/keys"
)

// connect connects the token's account without a browser session.
//
//	@Summary		Connect
//	@Description	Checks the access token and connects its account. 200 when the connection already stood, 201 when a developer key was made for it.
//	@ID				connect
//	@Tags			connection
//	@Security		AccessToken
//	@Param			body	body		loginBody			false	"options"
//	@Success		200		{object}	ConnectionAnswer	"already connected"
//	@Success		201		{object}	ConnectionAnswer	"connected now"
//	@Failure		default	{object}	Problem				"a problem"
//	@x-problem-codes ["email_unusable", "token_too_old", "token_already_used", "connect_in_progress", "upstash_key_limit", "mint_refused", "account_type_unsupported", "outcome_uncertain", "upstream_error", "upstream_redirect", "upstream_unavailable", "upstream_timeout"]
//	@Router			/connection [put]
func (s *Server) connect(c echo.Context) error {
	var body loginBody
	if err := decodeOptional(c, fields{"id_token": &body.IDToken}); err != nil {
		return err
	}

	connection, made, err := s.connectAccount(c, body.IDToken)
	if err != nil {
		return err
	}

	status := http.StatusOK
	if made {
		status = http.StatusCreated
	}

	return c.JSON(status, connectionAnswer(connection, s.options.Page.ConsoleURL))
}

func (s *Server) connectAccount(c echo.Context, idToken string) (keys.Connection, bool, error) {
	ctx, caller := c.Request().Context(), callerOf(c)

	login, err := s.options.Tokens.Login(ctx, caller.token, *caller.Claims, idToken)
	if err != nil {
		return keys.Connection{}, false, err
	}

	return s.options.Conns.Connect(ctx, login)
}

// connection returns the caller's connection.
//
//	@Summary		The connection
//	@Description	State, account e-mail, the name of the key in use and the names of keys left behind. 404 not_connected if the account was never connected; state disconnected after a disconnect.
//	@ID				getConnection
//	@Tags			connection
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Security		ServiceToken
//	@Param			X-CSRF	header		string				false	"1, when the session cookie is relied on"
//	@Param			Connect-User	header	string	false	"with a service token: the end user, by the service's external id"
//	@Param			Connect-Grant	header	string	false	"with a service token, instead of Connect-User: the grant"
//	@Success		200		{object}	ConnectionAnswer	"the connection"
//	@Failure		default	{object}	Problem				"a problem"
//	@x-problem-codes ["not_connected", "insufficient_scope", "grant_required", "grant_paused"]
//	@Router			/connection [get]
func (s *Server) connection(c echo.Context) error {
	connection, err := s.options.Conns.Find(c.Request().Context(), callerOf(c).Account)
	if err != nil {
		return err
	}

	if callerOf(c).acting != nil { // the keys are the user's business
		connection.KeyName, connection.Intents = "", nil
	}

	return c.JSON(http.StatusOK, connectionAnswer(connection, s.options.Page.ConsoleURL))
}

// disconnect destroys our copy of the key.
//
//	@Summary		Disconnect
//	@Description	Destroys the sealed developer key and ends every session of the account. Upstash offers no way to delete a key by API: the answer names the keys that their owner must delete in the Upstash console, and until then they stay valid there.
//	@ID				disconnect
//	@Tags			connection
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Param			X-CSRF	header		string				false	"1, when the session cookie is relied on"
//	@Success		200		{object}	DisconnectAnswer	"disconnected"
//	@Failure		default	{object}	Problem				"a problem"
//	@x-problem-codes ["not_connected"]
//	@Router			/connection [delete]
func (s *Server) disconnect(c echo.Context) error {
	account := callerOf(c).Account
	defer s.options.Sessions.Forget(account.Issuer, account.Subject) // whatever it returned: the store may have changed

	connection, err := s.options.Conns.Disconnect(c.Request().Context(), account)
	if err != nil {
		return err
	}

	if callerOf(c).session != nil {
		s.cookie.clear(c.Response())
	}

	return c.JSON(http.StatusOK, DisconnectedOf(connection, s.options.Page.ConsoleURL))
}
