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

// connectSessionBody invites one end user of a service.
type connectSessionBody struct {
	ExternalID  string `json:"external_id" validate:"required" example:"user_4711"`              // the service's own id of the user: 1 to 255 visible ASCII characters, compared byte by byte
	DisplayName string `json:"display_name,omitempty" example:"Ada Lovelace"`                    // how the service calls the user, shown to them; at most 64 characters
	ReturnURL   string `json:"return_url,omitempty" example:"https://app.example.com/connected"` // a registered return URL; may be left out when the service has one
	Reconnect   string `json:"reconnect,omitempty" example:"grt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`     // a grant whose connection is to be repaired; nothing else of it changes
	LoginHint   string `json:"login_hint,omitempty" example:"ada@example.com"`                   // proposed to the login form (OpenID Connect Core section 3.1.2.1)
	ExpiresIn   *int64 `json:"expires_in,omitempty" example:"1800" minimum:"60" maximum:"1800"`  // seconds; default 1800
	policyBody
} // @name ConnectSessionRequest

// completeBody completes a connect session.
type completeBody struct {
	Code       string `json:"code" validate:"required" example:"ucc_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"` // of the return URL; works once, for five minutes
	ExternalID string `json:"external_id" validate:"required" example:"user_4711"`               // who is logged in at the service now
} // @name CompleteRequest

// openConnectSession invites an end user.
//
//	@Summary		Open a connect session
//	@Description	Invites one end user of the service to connect their Upstash account. Send their browser to url; it works once. By default the session asks for every operation that the service holds, on the databases that it creates.
//	@ID				openConnectSession
//	@Tags			services
//	@Security		ServiceToken
//	@Param			body	body		connectSessionBody	true	"who is invited, and to what"
//	@Success		201		{object}	OpenedSessionAnswer	"opened"
//	@Failure		default	{object}	Problem				"a problem"
//	@x-problem-codes ["insufficient_scope", "grant_required", "not_allowed"]
//	@Router			/connect-sessions [post]
func (s *Server) openConnectSession(c echo.Context) error {
	var body connectSessionBody

	err := decode(c, body.into(fields{
		"external_id": required{&body.ExternalID}, "display_name": &body.DisplayName,
		"return_url": &body.ReturnURL, "reconnect": &body.Reconnect, "login_hint": &body.LoginHint, "expires_in": &body.ExpiresIn,
	}))
	if err != nil {
		return err
	}

	opened, err := s.options.Partners.OpenConnectSession(c.Request().Context(), principalOf(c), partner.SessionRequest{
		ExternalID: body.ExternalID, DisplayName: body.DisplayName, LoginHint: body.LoginHint,
		ReturnURL: body.ReturnURL, Reconnect: body.Reconnect, ExpiresIn: body.ExpiresIn, Narrowing: body.narrowing(),
	})
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, string(s.base)+"/api/v1/connect-sessions/"+opened.Session.ID)

	return c.JSON(http.StatusCreated, OpenedSessionAnswer{
		ID: opened.Session.ID, State: string(opened.Session.State), ExpiresAt: opened.Session.ExpiresAt.UTC(),
		URL: s.publicURL("/connect#") + opened.Invitation.Reveal(), StatusToken: opened.StatusToken.Reveal(),
	})
}

// connectSession returns the state of a connect session.
//
//	@Summary		The state of a connect session
//	@Description	For the service that opened it, and for the holder of its status token: a page of one of the service's return URLs may read it across origins.
//	@ID				getConnectSession
//	@Tags			services
//	@Security		ServiceToken
//	@Security		StatusToken
//	@Param			id		path		string					true	"the connect session's id"	example(cs_6G5M2KQJ4V7ZC3XN5W2RTYB4HA)
//	@Success		200		{object}	ConnectSessionAnswer	"its state"
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

	return c.JSON(http.StatusOK, connectSessionAnswer(session))
}

func (s *Server) sessionByStatus(c echo.Context, token string) error {
	ctx := c.Request().Context()

	session, _, err := s.options.Partners.ConnectSessionByStatus(ctx, c.Param("id"), token)
	if err != nil {
		return err
	}

	// its own bucket: a page must not use up what the backend needs
	if err := s.options.Requests.Take(ctx, limit.NewCaller("connect-session", session.ID)); err != nil {
		return err
	}

	return c.JSON(http.StatusOK, connectSessionAnswer(session))
}

// completeConnectSession makes the grant.
//
//	@Summary		Complete a connect session
//	@Description	Turns what the user allowed into a grant. external_id is who is logged in at the service now: anyone but the invited user is 403 transaction_mismatch, and the session is over. Nothing is granted before this call.
//	@ID				completeConnectSession
//	@Tags			services
//	@Security		ServiceToken
//	@Param			id		path		string			true	"the connect session's id"	example(cs_6G5M2KQJ4V7ZC3XN5W2RTYB4HA)
//	@Param			body	body		completeBody	true	"the code, and who came back with it"
//	@Success		201		{object}	GrantAnswer		"granted"
//	@Failure		default	{object}	Problem			"a problem"
//	@x-problem-codes ["insufficient_scope", "transaction_mismatch", "code_used", "invitation_expired", "grant_required", "not_found"]
//	@Router			/connect-sessions/{id}/complete [post]
func (s *Server) completeConnectSession(c echo.Context) error {
	var body completeBody
	if err := decode(c, fields{"code": required{&body.Code}, "external_id": required{&body.ExternalID}}); err != nil {
		return err
	}

	grant, err := s.options.Partners.Complete(
		c.Request().Context(), principalOf(c), c.Param("id"), body.Code, body.ExternalID,
	)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, string(s.base)+"/api/v1/grants/"+grant.ID)

	return c.JSON(http.StatusCreated, grantAnswer(grant))
}

// OpenedSessionAnswer is a connect session with what exists only now.
type OpenedSessionAnswer struct {
	ID          string    `json:"id" example:"cs_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`
	URL         string    `json:"url" example:"https://connect.example.com/connect#uci_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"` // for the user's browser; works once
	StatusToken string    `json:"status_token" example:"ucs_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`                            // for the service's page: reads the state of this session and nothing else
	State       string    `json:"state" example:"open"`
	ExpiresAt   time.Time `json:"expires_at" format:"date-time" example:"2026-11-22T10:30:00Z"`
} // @name OpenedConnectSession

// ConnectSessionAnswer is how far a connect session has come.
type ConnectSessionAnswer struct {
	ID         string    `json:"id" example:"cs_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`
	State      string    `json:"state" example:"awaiting_completion" extensions:"x-extensible-enum=open|authenticating|consenting|awaiting_completion|completed|refused|expired|failed"`
	ExternalID string    `json:"external_id" example:"user_4711"`
	GrantID    string    `json:"grant_id" example:"grt_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"` // once completed; empty before
	ExpiresAt  time.Time `json:"expires_at" format:"date-time" example:"2026-11-22T10:30:00Z"`
} // @name ConnectSession

func connectSessionAnswer(session partner.ConnectSession) ConnectSessionAnswer {
	return ConnectSessionAnswer{
		ID: session.ID, State: string(session.State), ExternalID: session.ExternalID, GrantID: session.GrantID,
		ExpiresAt: session.ExpiresAt.UTC(),
	}
}
