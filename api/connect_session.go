package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
)

// connectSessionBody is the body of POST /connect-sessions.
type connectSessionBody struct {
	ExternalID  string `json:"external_id" validate:"required" example:"user_4711"`                         // your service's own ID of the user: 1 to 255 visible ASCII characters, compared byte by byte
	DisplayName string `json:"display_name,omitempty" example:"Ada Lovelace"`                               // the user's name in your service, shown to the user; at most 64 characters
	ReturnURL   string `json:"return_url,omitempty" example:"https://app.example.com/connected"`            // one of the service's registered return URLs; optional when the service has exactly one
	Reconnect   string `json:"reconnect,omitempty" example:"grt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`                // the ID of a grant whose connection the user should reconnect; nothing else in the grant changes
	LoginHint   string `json:"login_hint,omitempty" example:"ada@example.com"`                              // prefills the login form (OpenID Connect Core section 3.1.2.1)
	ExpiresIn   *int64 `json:"expires_in,omitempty" example:"1800" minimum:"60" maximum:"1800"`             // lifetime of the invitation in seconds; default 1800
	Select      string `json:"select,omitempty" example:"database" extensions:"x-extensible-enum=database"` // database: the user also selects an existing database, or creates one, which the grant then covers
	policyBody
} // @name ConnectSessionRequest

// completeBody is the body of POST /connect-sessions/{id}/complete.
type completeBody struct {
	Code       string `json:"code" validate:"required" example:"ucc_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"` // the code from the return URL; valid once, for five minutes
	ExternalID string `json:"external_id" validate:"required" example:"user_4711"`               // the user who is logged in to your service now
} // @name CompleteRequest

// openConnectSession invites an end user.
//
//	@Summary		Open a connect session
//	@Description	Invites one end user of the service to connect their Upstash account. Send the user's browser to url, which works once. By default the session requests every operation that the service may use, on the databases that the service creates.
//	@ID				openConnectSession
//	@Tags			services
//	@Security		ServiceToken
//	@Param			body	body		connectSessionBody	true	"the invited user and the requested access"
//	@Success		201		{object}	OpenedSessionResponse	"the connect session was opened"
//	@Failure		default	{object}	Problem				"a problem"
//	@x-problem-codes ["insufficient_scope", "grant_required", "not_allowed"]
//	@Router			/connect-sessions [post]
func (s *Server) openConnectSession(c echo.Context) error {
	var body connectSessionBody

	err := decode(c, body.into(fields{
		"external_id": required{&body.ExternalID}, "display_name": &body.DisplayName,
		"return_url": &body.ReturnURL, "reconnect": &body.Reconnect, "login_hint": &body.LoginHint, "expires_in": &body.ExpiresIn,
		"select": &body.Select,
	}))
	if err != nil {
		return err
	}

	opened, err := s.options.Partners.OpenConnectSession(c.Request().Context(), principalOf(c), partner.SessionRequest{
		ExternalID: body.ExternalID, DisplayName: body.DisplayName, LoginHint: body.LoginHint,
		ReturnURL: body.ReturnURL, Reconnect: body.Reconnect, ExpiresIn: body.ExpiresIn, Select: body.Select,
		Narrowing: body.narrowing(),
	})
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, string(s.base)+"/api/v1/connect-sessions/"+opened.Session.ID)

	return c.JSON(http.StatusCreated, OpenedSessionResponse{
		ID: opened.Session.ID, State: string(opened.Session.State), ExpiresAt: opened.Session.ExpiresAt.UTC(),
		URL: s.publicURL("/connect#") + opened.Invitation.Reveal(), StatusToken: opened.StatusToken.Reveal(),
	})
}

// connectSession returns the state of a connect session.
//
//	@Summary		Get the state of a connect session
//	@Description	The service that opened the session and the holder of its status token may call this. A page on the origin of one of the service's return URLs may call it cross-origin.
//	@ID				getConnectSession
//	@Tags			services
//	@Security		ServiceToken
//	@Security		StatusToken
//	@Param			id		path		string					true	"the connect session's ID"	example(cs_6G5M2KQJ4V7ZC3XN5W2RTYB4HA)
//	@Success		200		{object}	ConnectSessionResponse	"the connect session's state"
//	@Failure		default	{object}	Problem					"a problem"
//	@x-problem-codes ["insufficient_scope", "not_found"]
//	@Router			/connect-sessions/{id} [get]
func (s *Server) connectSession(c echo.Context) error {
	token, present, err := bearer(c.Request())
	if err != nil {
		return err
	}

	if !present {
		return problem.New(problem.AuthenticationRequired, "Send a service token or the status token as Authorization: Bearer.")
	}

	if strings.HasPrefix(token, partner.StatusTokenPrefix) {
		return s.sessionByStatus(c, token)
	}

	principal, err := s.authenticateService(c, token)
	if err != nil {
		return err
	}

	session, err := s.options.Partners.ConnectSession(c.Request().Context(), principal, c.Param("id"))
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, s.connectSessionResponse(session))
}

func (s *Server) sessionByStatus(c echo.Context, token string) error {
	ctx := c.Request().Context()

	session, _, err := s.options.Partners.ConnectSessionByStatus(ctx, c.Param("id"), token)
	if err != nil {
		return err
	}

	// A separate bucket, so that a page cannot use up the backend's quota.
	if err := s.options.Requests.Take(ctx, limit.NewCaller("connect-session", session.ID)); err != nil {
		return err
	}

	return c.JSON(http.StatusOK, s.connectSessionResponse(session))
}

// completeConnectSession creates the grant.
//
//	@Summary		Complete a connect session
//	@Description	Creates the grant that the user approved. external_id is the user who is logged in to your service now. If this is not the invited user, the call returns 403 transaction_mismatch and the session ends. The service gets no access before this call.
//	@ID				completeConnectSession
//	@Tags			services
//	@Security		ServiceToken
//	@Param			id		path		string			true	"the connect session's ID"	example(cs_6G5M2KQJ4V7ZC3XN5W2RTYB4HA)
//	@Param			body	body		completeBody	true	"the code, and the user who returned with it"
//	@Success		201		{object}	CompletionResponse	"the grant was created"
//	@Failure		default	{object}	Problem			"a problem"
//	@x-problem-codes ["insufficient_scope", "transaction_mismatch", "code_used", "invitation_expired", "grant_required", "not_found"]
//	@Router			/connect-sessions/{id}/complete [post]
func (s *Server) completeConnectSession(c echo.Context) error {
	var body completeBody
	if err := decode(c, fields{"code": required{&body.Code}, "external_id": required{&body.ExternalID}}); err != nil {
		return err
	}

	completed, err := s.options.Partners.Complete(
		c.Request().Context(), principalOf(c), c.Param("id"), body.Code, body.ExternalID,
	)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, string(s.base)+"/api/v1/grants/"+completed.ID)

	return c.JSON(http.StatusCreated, CompletionResponse{
		GrantResponse: grantResponse(completed.Grant), DatabaseID: completed.DatabaseID,
	})
}

// OpenedSessionResponse is a new connect session, with the invitation and the status token that only this response
// contains.
type OpenedSessionResponse struct {
	ID          string    `json:"id" example:"cs_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`
	URL         string    `json:"url" example:"https://connect.example.com/connect#uci_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"` // send the user's browser here; works once
	StatusToken string    `json:"status_token" example:"ucs_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`                            // for the service's page; can only read the state of this session
	State       string    `json:"state" example:"open"`
	ExpiresAt   time.Time `json:"expires_at" format:"date-time" example:"2026-11-22T10:30:00Z"`
} // @name OpenedConnectSession

// ConnectSessionResponse is the state of a connect session.
type ConnectSessionResponse struct {
	ID         string    `json:"id" example:"cs_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`
	State      string    `json:"state" example:"awaiting_completion" extensions:"x-extensible-enum=open|authenticating|consenting|awaiting_completion|completed|refused|expired|failed"`
	ExternalID string    `json:"external_id" example:"user_4711"`
	GrantID    string    `json:"grant_id" example:"grt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`                 // empty until the session is completed
	Select     string    `json:"select" example:"database" extensions:"x-extensible-enum=database"` // what the user also selects; empty: nothing
	DatabaseID string    `json:"database_id" example:"96ad0856-03b1-4ee7-9666-e81abd0349e1"`        // the database that the user selected; empty until the user approved
	Left       bool      `json:"left" example:"false"`                                              // whether the user closed the page without a decision, at least 3 seconds ago; false again once they are back
	ExpiresAt  time.Time `json:"expires_at" format:"date-time" example:"2026-11-22T10:30:00Z"`
} // @name ConnectSession

func (s *Server) connectSessionResponse(session partner.ConnectSession) ConnectSessionResponse {
	return ConnectSessionResponse{
		ID: session.ID, State: string(session.State), ExternalID: session.ExternalID, GrantID: session.GrantID,
		Select: session.Select, DatabaseID: session.DatabaseID, Left: session.Left(s.options.Now()),
		ExpiresAt: session.ExpiresAt.UTC(),
	}
}

// CompletionResponse is the grant of a completed connect session.
type CompletionResponse struct {
	GrantResponse
	DatabaseID string `json:"database_id" example:"96ad0856-03b1-4ee7-9666-e81abd0349e1"` // the database that the user selected; empty if the session asked for none
} // @name Completion
