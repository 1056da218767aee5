package api

import (
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/partner"
)

// invitationBody is the body of POST /transaction.
type invitationBody struct {
	Invitation string `json:"invitation" validate:"required" example:"uci_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"` // the fragment of a connect session's url
} // @name InvitationRequest

// approvalBody is the body of POST /transaction/approval.
type approvalBody struct {
	SessionID    string `json:"id" validate:"required" example:"cs_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`             // the connect session that the user was shown
	ConnectionID string `json:"connection_id" validate:"required" example:"con_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"` // the account that the user was shown
	DatabaseID   string `json:"database_id,omitempty" example:"96ad0856-03b1-4ee7-9666-e81abd0349e1"`       // the database that the user selected; required if the connect session asks for one, else absent
	policyBody
} // @name ApprovalRequest

// departureBody is the body of POST /transaction/left.
type departureBody struct {
	SessionID string `json:"id" validate:"required" example:"cs_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"` // the connect session that the page showed
} // @name DepartureRequest

// fromOurPageOnly admits requests from this server's own page, with or without a login.
func (s *Server) fromOurPageOnly(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.fromOurPage(c.Request()); err != nil {
			return err
		}

		return next(c)
	}
}

// transactionOnly admits requests from this server's own page with a transaction cookie.
func (s *Server) transactionOnly(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.fromOurPage(c.Request()); err != nil {
			return err
		}

		value, present := s.transaction.read(c.Request())
		if !present {
			return partner.ErrInvitationExpired
		}
		callOf(c).transaction = value

		return next(c)
	}
}

// openInvitation binds a connect session to this browser.
//
//	@Summary		Open an invitation
//	@Description	For this server's own page. Exchanges an invitation, which works once, for a transaction cookie. From then on, only this browser can continue the connect session. An undecided connect session that this browser opened earlier expires.
//	@ID				openInvitation
//	@Tags			transaction
//	@Param			X-CSRF	header		string				true	"1"
//	@Param			body	body		invitationBody		true	"the invitation"
//	@Success		200		{object}	TransactionResponse	"the service and the requested access"
//	@Failure		default	{object}	Problem				"a problem"
//	@x-problem-codes ["csrf", "invitation_expired"]
//	@Router			/transaction [post]
func (s *Server) openInvitation(c echo.Context) error {
	var body invitationBody
	if err := decode(c, fields{"invitation": required{&body.Invitation}}); err != nil {
		return err
	}

	earlier, _ := s.transaction.read(c.Request())

	value, transaction, err := s.options.Partners.OpenInvitation(c.Request().Context(), body.Invitation, earlier)
	if err != nil {
		return err
	}
	s.transaction.set(c.Response(), value, transaction.ExpiresAt)

	return c.JSON(http.StatusOK, transactionResponse(transaction))
}

// readTransaction returns the connect session that this browser opened.
//
//	@Summary		Get this browser's connect session
//	@Description	For this server's own page, after a reload or a login. Returns the connect session that the transaction cookie identifies.
//	@ID				getTransaction
//	@Tags			transaction
//	@Security		TransactionCookie
//	@Param			X-CSRF	header		string				true	"1"
//	@Success		200		{object}	TransactionResponse	"the service and the requested access"
//	@Failure		default	{object}	Problem				"a problem"
//	@x-problem-codes ["csrf", "invitation_expired"]
//	@Router			/transaction [get]
func (s *Server) readTransaction(c echo.Context) error {
	transaction, err := s.options.Partners.Transaction(c.Request().Context(), transactionOf(c))
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, transactionResponse(transaction))
}

// chooseAccount binds the transaction to the account of this browser's session.
//
//	@Summary		Choose the account
//	@Description	For this server's own page. Binds the connect session to the account that this browser is logged in with. A reconnect accepts only the account of its grant.
//	@ID				chooseAccount
//	@Tags			transaction
//	@Security		SessionCookie
//	@Param			X-CSRF	header		string				true	"1"
//	@Success		200		{object}	TransactionResponse	"the connect session with its account"
//	@Failure		default	{object}	Problem				"a problem"
//	@x-problem-codes ["csrf", "invitation_expired", "account_mismatch", "connect_required", "reconnect_required", "grant_required"]
//	@Router			/transaction/account [post]
func (s *Server) chooseAccount(c echo.Context) error {
	if err := decodeOptional(c, fields{}); err != nil {
		return err
	}

	transaction, err := s.options.Partners.ChooseAccount(
		c.Request().Context(), transactionOf(c), callerOf(c).Account,
	)
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, transactionResponse(transaction))
}

// approveTransaction records that the user approves the service's request.
//
//	@Summary		Approve a service's request
//	@Description	For this server's own page. The user approves the requested access, or less, on the account that the page showed. The response contains the URL to which the page sends the browser, with a code for the service. The service gets no access until it completes the session.
//	@ID				approveTransaction
//	@Tags			transaction
//	@Security		SessionCookie
//	@Param			X-CSRF	header		string			true	"1"
//	@Param			body	body		approvalBody	true	"the account, and the access that the user approves"
//	@Success		200		{object}	ReturnResponse	"the URL to which the page sends the browser"
//	@Failure		default	{object}	Problem			"a problem"
//	@x-problem-codes ["csrf", "invitation_expired", "account_mismatch", "connect_required", "reconnect_required", "not_allowed", "database_not_found"]
//	@Router			/transaction/approval [post]
func (s *Server) approveTransaction(c echo.Context) error {
	var body approvalBody

	if err := decode(c, body.into(fields{
		"id": required{&body.SessionID}, "connection_id": required{&body.ConnectionID}, "database_id": &body.DatabaseID,
	})); err != nil {
		return err
	}

	returnURL, err := s.options.Partners.Approve(
		c.Request().Context(), transactionOf(c), callerOf(c).Account,
		partner.Approval{
			SessionID: body.SessionID, ConnectionID: body.ConnectionID, DatabaseID: body.DatabaseID,
			Narrowing: body.narrowing(),
		},
	)
	if err != nil {
		return err
	}
	s.transaction.clear(c.Response())

	return c.JSON(http.StatusOK, ReturnResponse{ReturnURL: returnURL})
}

// refuseTransaction records that the user declines the service's request.
//
//	@Summary		Decline a service's request
//	@Description	For this server's own page. Ends the connect session. The response contains the URL to which the page sends the browser.
//	@ID				refuseTransaction
//	@Tags			transaction
//	@Security		TransactionCookie
//	@Param			X-CSRF	header		string			true	"1"
//	@Success		200		{object}	ReturnResponse	"the URL to which the page sends the browser"
//	@Failure		default	{object}	Problem			"a problem"
//	@x-problem-codes ["csrf", "invitation_expired"]
//	@Router			/transaction [delete]
func (s *Server) refuseTransaction(c echo.Context) error {
	returnURL, err := s.options.Partners.Refuse(c.Request().Context(), transactionOf(c))
	if err != nil {
		return err
	}
	s.transaction.clear(c.Response())

	return c.JSON(http.StatusOK, ReturnResponse{ReturnURL: returnURL})
}

// leaveTransaction records that the user closed the page.
//
//	@Summary		Report that the page was closed
//	@Description	For this server's own page, when the browser unloads it before a decision. The connect session then reports left. Any later call of the page withdraws the report.
//	@ID				leaveTransaction
//	@Tags			transaction
//	@Security		TransactionCookie
//	@Param			X-CSRF	header	string			true	"1"
//	@Param			body	body	departureBody	true	"the connect session that the page showed"
//	@Success		204		"the server has recorded it, or the connect session has ended"
//	@Failure		default	{object}	Problem	"a problem"
//	@x-problem-codes ["csrf", "invitation_expired"]
//	@Router			/transaction/left [post]
func (s *Server) leaveTransaction(c echo.Context) error {
	var body departureBody
	if err := decode(c, fields{"id": required{&body.SessionID}}); err != nil {
		return err
	}

	if err := s.options.Partners.Leave(c.Request().Context(), transactionOf(c), body.SessionID); err != nil {
		return err
	}

	return c.NoContent(http.StatusNoContent)
}

// TransactionResponse is a connect session, for the browser of its user.
type TransactionResponse struct {
	ID          string                `json:"id" example:"cs_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`
	State       string                `json:"state" example:"authenticating" extensions:"x-extensible-enum=authenticating|consenting"`
	Service     AskingServiceResponse `json:"service"`
	DisplayName string                `json:"display_name" example:"Ada Lovelace"`  // the user's name in the service; may be empty
	LoginHint   string                `json:"login_hint" example:"ada@example.com"` // may be empty
	Reconnect   bool                  `json:"reconnect" example:"false"`            // whether the user only reconnects the account of an existing grant
	Asked       PolicyResponse        `json:"asked"`
	Select      string                `json:"select" example:"database" extensions:"x-extensible-enum=database"` // what the user also selects; empty: nothing
	Account     *AccountResponse      `json:"account" extensions:"x-nullable"`                                   // null until the user has chosen an account
	ExpiresAt   time.Time             `json:"expires_at" format:"date-time" example:"2026-11-22T10:30:00Z"`
} // @name Transaction

// AskingServiceResponse is the service that requests access.
type AskingServiceResponse struct {
	ID         string `json:"id" example:"self"`
	Name       string `json:"name" example:"ACME"`
	BuiltIn    bool   `json:"built_in" example:"true"`               // whether the service belongs to the operator of this server
	ReturnHost string `json:"return_host" example:"app.example.com"` // the host to which the browser finally returns
} // @name AskingService

// AccountResponse is an Upstash account.
type AccountResponse struct {
	ConnectionID string `json:"connection_id" example:"con_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`
	Email        string `json:"email" example:"demo@example.com"`
} // @name Account

// ReturnResponse contains the URL to which the page sends the browser.
type ReturnResponse struct {
	ReturnURL string `json:"return_url" example:"https://app.example.com/connected?code=ucc_6G5M2KQJ4V7ZC3XN5W2RTYB4HA&connect_session=cs_6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`
} // @name Return

func transactionResponse(t partner.Transaction) TransactionResponse {
	answer := TransactionResponse{
		ID: t.ID, State: string(t.State), DisplayName: t.DisplayName, LoginHint: t.LoginHint,
		Reconnect: t.ReconnectID != "", Asked: policyResponse(t.Asked), Select: t.Select, ExpiresAt: t.ExpiresAt.UTC(),
		Service: AskingServiceResponse{
			ID: t.Service.ID, Name: t.Service.Name, BuiltIn: t.Service.ID == partner.BuiltInID,
			ReturnHost: hostOf(t.ReturnURL),
		},
	}
	if t.ConnectionID != "" {
		answer.Account = &AccountResponse{ConnectionID: t.ConnectionID, Email: t.Email}
	}

	return answer
}

func hostOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}

	return parsed.Host
}
