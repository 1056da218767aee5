package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/keys"
)

// connect connects the token's account without a browser session.
//
//	@Summary		Connect
//	@Description	Verifies the access token and connects its account. Returns 200 if the account was already connected, 201 if a developer key was created for it.
//	@ID				connect
//	@Tags			connection
//	@Security		AccessToken
//	@Param			body	body		loginBody			false	"options"
//	@Success		200		{object}	ConnectionResponse	"already connected"
//	@Success		201		{object}	ConnectionResponse	"connected now"
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

	return c.JSON(status, connectionResponse(connection, s.options.Page.ConsoleURL))
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
//	@Summary		Get the connection
//	@Description	Returns the state, the account's e-mail, the name of the key in use and the names of leftover keys. Returns 404 not_connected if the account was never connected. After a disconnect the state is disconnected.
//	@ID				getConnection
//	@Tags			connection
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Security		ServiceToken
//	@Param			X-CSRF	header		string				false	"1; required when the session cookie authenticates the call"
//	@Param			Connect-User	header	string	false	"with a service token: the external ID of the end user"
//	@Param			Connect-Grant	header	string	false	"with a service token, instead of Connect-User: the grant ID"
//	@Success		200		{object}	ConnectionResponse	"the connection"
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

	return c.JSON(http.StatusOK, connectionResponse(connection, s.options.Page.ConsoleURL))
}

// disconnect destroys our copy of the key.
//
//	@Summary		Disconnect
//	@Description	Destroys the stored developer key and ends every session of the account. Upstash's API cannot delete a key. The response lists the keys that the user must delete in the Upstash console; they stay valid at Upstash until then.
//	@ID				disconnect
//	@Tags			connection
//	@Security		AccessToken
//	@Security		SessionCookie
//	@Param			X-CSRF	header		string				false	"1; required when the session cookie authenticates the call"
//	@Success		200		{object}	DisconnectResponse	"disconnected"
//	@Failure		default	{object}	Problem				"a problem"
//	@x-problem-codes ["not_connected"]
//	@Router			/connection [delete]
func (s *Server) disconnect(c echo.Context) error {
	account := callerOf(c).Account
	// Even after an error, because the store may have changed.
	defer s.options.Sessions.Forget(account.Issuer, account.Subject)

	connection, err := s.options.Conns.Disconnect(c.Request().Context(), account)
	if err != nil {
		return err
	}

	if callerOf(c).session != nil {
		s.cookie.clear(c.Response())
	}

	return c.JSON(http.StatusOK, DisconnectedOf(connection, s.options.Page.ConsoleURL))
}
