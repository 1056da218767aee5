package partner

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/secret"
)

// Transaction is a connect session as seen by the browser that opened it.
type Transaction struct {
	ConnectSession
	Service Service
	Email   string // e-mail of the chosen account; empty before the choice
}

// OpenInvitation exchanges an invitation, once, for the secret of a transaction. From then on, the connect session
// belongs to the browser with that secret in its cookie. ErrInvitationExpired for an invitation that is unknown,
// already opened or expired. A browser has one transaction: the session of its earlier cookie, if any, expires.
func (p *Partners) OpenInvitation(
	ctx context.Context, invitation, earlierCookie string,
) (secret.Text, Transaction, error) {
	session, service, err := p.live(ctx, SessionKey{InvitationHash: hashOf(invitation)}, SessionOpen)
	if err != nil {
		return secret.Text{}, Transaction{}, err
	}

	cookie := newSecret("")
	session.State, session.TransactionHash = SessionAuthenticating, hashOf(cookie.Reveal())

	if err := p.move(ctx, session, "", SessionOpen); err != nil {
		return secret.Text{}, Transaction{}, err
	}

	// The invitation is used up: without its cookie, the user could not continue.
	if err := p.displace(ctx, earlierCookie); err != nil {
		p.options.Logger.WarnContext(ctx, "an earlier connect session of this browser was not ended; it expires",
			"error", err)
	}

	return cookie, Transaction{ConnectSession: session, Service: service}, nil
}

// displace ends the undecided connect session of a cookie that the browser is about to lose. Nobody could finish it,
// and the page that waits for it would not learn that.
func (p *Partners) displace(ctx context.Context, cookie string) error {
	if cookie == "" {
		return nil
	}

	session, _, err := p.undecided(ctx, cookie)
	if errors.Is(err, ErrInvitationExpired) {
		return nil
	}

	if err != nil {
		return err
	}
	session.State = SessionExpired

	err = p.move(ctx, session, "", SessionAuthenticating, SessionConsenting)
	if errors.Is(err, ErrInvitationExpired) { // decided meanwhile
		return nil
	}

	return err
}

// live finds a connect session in one of these states whose service is enabled; ErrInvitationExpired otherwise.
func (p *Partners) live(
	ctx context.Context, key SessionKey, states ...SessionState,
) (ConnectSession, Service, error) {
	session, service, err := p.options.Store.FindConnectSession(ctx, key)
	if errors.Is(err, ErrSessionNotFound) {
		return ConnectSession{}, Service{}, ErrInvitationExpired
	}

	if err != nil {
		return ConnectSession{}, Service{}, err
	}

	session.State = session.stateAt(p.options.Now())

	if !service.DisabledAt.IsZero() {
		return ConnectSession{}, Service{}, ErrInvitationExpired
	}

	for _, state := range states {
		if session.State == state {
			return session, service, nil
		}
	}

	return ConnectSession{}, Service{}, ErrInvitationExpired
}

// undecided finds the connect session of a browser's cookie while its user has not decided.
func (p *Partners) undecided(ctx context.Context, cookie string) (ConnectSession, Service, error) {
	return p.live(ctx, SessionKey{Transaction: hashOf(cookie)}, SessionAuthenticating, SessionConsenting)
}

// move writes the session's new state, unless another request was faster.
func (p *Partners) move(
	ctx context.Context, session ConnectSession, action keys.Action, from ...SessionState,
) error {
	moved, err := p.options.Store.MoveConnectSession(ctx, session, p.eventOf(ctx, session, action), from...)
	if err == nil && !moved {
		err = ErrInvitationExpired
	}

	return err
}

// eventOf returns the audit event of a connect session; a zero event without an account or an action.
func (p *Partners) eventOf(ctx context.Context, session ConnectSession, action keys.Action) keys.Event {
	if session.ConnectionID == "" || action == "" {
		return keys.Event{}
	}

	return keys.Event{
		At: p.options.Now(), Action: action, ConnectionID: session.ConnectionID, Actor: keys.ActorOf(ctx),
		Detail: describeSession(session),
	}
}

func describeSession(session ConnectSession) string {
	if session.DatabaseID == "" {
		return "service " + session.ServiceID
	}

	return "service " + session.ServiceID + ", database " + session.DatabaseID
}

// Transaction returns the connect session of a browser's cookie; ErrInvitationExpired when there is none in progress.
func (p *Partners) Transaction(ctx context.Context, cookie string) (Transaction, error) {
	session, service, err := p.undecided(ctx, cookie)
	if err != nil {
		return Transaction{}, err
	}

	if !session.LeftAt.IsZero() { // the page is open again
		session.LeftAt = time.Time{}
		if err := p.options.Store.RecordDeparture(ctx, session.ID, session.LeftAt); err != nil {
			return Transaction{}, err
		}
	}

	transaction := Transaction{ConnectSession: session, Service: service}
	if session.ConnectionID == "" {
		return transaction, nil
	}

	found, err := p.options.Store.ConnectionsOf(ctx, session.ConnectionID)
	if err != nil {
		return Transaction{}, err
	}

	for _, connection := range found {
		transaction.Email = connection.Email
	}

	return transaction, nil
}

// ChooseAccount binds the transaction to the account that this browser is logged in to. The user can change the
// account until they decide. A reconnect accepts only the account of its grant: ErrAccountChanged.
func (p *Partners) ChooseAccount(ctx context.Context, cookie string, account keys.Account) (Transaction, error) {
	session, service, err := p.undecided(ctx, cookie)
	if err != nil {
		return Transaction{}, err
	}

	connection, err := p.connected(ctx, account)
	if err != nil {
		return Transaction{}, err
	}

	if session.ReconnectID != "" {
		grant, err := p.options.Store.ActiveGrant(ctx, session.ServiceID, session.ReconnectID, "")
		if err != nil {
			return Transaction{}, err
		}

		if grant.ConnectionID != connection.ID {
			return Transaction{}, ErrAccountChanged
		}
	}
	session.State, session.ConnectionID, session.Epoch = SessionConsenting, connection.ID, connection.Epoch
	session.LeftAt = time.Time{}

	if err := p.move(ctx, session, "", SessionAuthenticating, SessionConsenting); err != nil {
		return Transaction{}, err
	}

	return Transaction{ConnectSession: session, Service: service, Email: connection.Email}, nil
}

// connected finds a connection whose key is believed to work.
func (p *Partners) connected(ctx context.Context, account keys.Account) (keys.Connection, error) {
	connection, err := p.options.Connections.Find(ctx, account)
	switch {
	case errors.Is(err, keys.ErrNotFound):
		return keys.Connection{}, keys.ErrConnectRequired
	case err != nil:
		return keys.Connection{}, err
	case connection.State == keys.ReconnectRequired:
		return keys.Connection{}, keys.ErrReconnectRequired
	case connection.State == keys.Pending, connection.State == keys.Disconnected:
		return keys.Connection{}, keys.ErrConnectRequired
	}

	return connection, nil
}

// Approval is a user's decision, with what the page showed when they decided.
type Approval struct {
	SessionID    string    // the connect session
	ConnectionID string    // connection of the account
	DatabaseID   string    // the selected database; required if the session selects one, else empty
	Narrowing    Narrowing // less than what the service requested
}

// Approve records the user's consent, which may be narrowed. It returns the URL for the browser, with a code for the
// service. Nothing is granted until the service completes the session. When the user saw another transaction, or
// another account than this browser's, nothing happens: ErrInvitationExpired, ErrAccountChanged. Neither when the
// selected database is not in the account: proxy.ErrDatabaseNotFound.
func (p *Partners) Approve(
	ctx context.Context, cookie string, account keys.Account, approval Approval,
) (string, error) {
	if approval.SessionID == "" || approval.ConnectionID == "" {
		return "", invalid(required(
			[2]string{"/id", approval.SessionID}, [2]string{"/connection_id", approval.ConnectionID},
		)...)
	}

	session, err := p.decidable(ctx, cookie, account, approval)
	if err != nil {
		return "", err
	}

	if session.ReconnectID != "" && !approval.Narrowing.IsZero() {
		return "", invalid(problem.NewField("/scopes", problem.FieldConflict, "a reconnect cannot change the grant"))
	}

	consent, fields := approval.Narrowing.apply(session.Asked)
	if len(fields) > 0 {
		return "", problem.OfFields("the consent is wider than what was asked", fields)
	}

	if err := p.checkSelection(ctx, session, account, approval.DatabaseID); err != nil {
		return "", err
	}

	code := newSecret("ucc_")
	session.State, session.Consent, session.DatabaseID = SessionAwaitingCompletion, consent, approval.DatabaseID
	session.CodeHash, session.CodeUntil = hashOf(code.Reveal()), p.options.Now().Add(codeLifetime)
	session.LeftAt = time.Time{}

	if err := p.move(ctx, session, keys.ActionGrantApproved, SessionConsenting); err != nil {
		return "", err
	}

	return withQuery(session.ReturnURL, "code", code.Reveal(), session.ID), nil
}

// checkSelection checks that the user selected one of their own databases, if the session asks for one.
func (p *Partners) checkSelection(
	ctx context.Context, session ConnectSession, account keys.Account, databaseID string,
) error {
	switch {
	case session.Select == "" && databaseID != "":
		return invalid(problem.NewField("/database_id", problem.FieldConflict, "is unexpected: the service did not ask for a database"))
	case session.Select == "":
		return nil
	case databaseID == "":
		return invalid(problem.NewField("/database_id", problem.FieldRequired, "is required: the service asks for a database"))
	}

	_, err := p.options.Databases.Database(ctx, account, databaseID)

	return err
}

// decidable finds the connect session that the user decides: the one that the page showed, on the account that it
// showed.
func (p *Partners) decidable(
	ctx context.Context, cookie string, account keys.Account, approval Approval,
) (ConnectSession, error) {
	session, _, err := p.live(ctx, SessionKey{Transaction: hashOf(cookie)}, SessionConsenting)
	if err != nil {
		return ConnectSession{}, err
	}

	if session.ID != approval.SessionID { // another tab opened another invitation meanwhile
		return ConnectSession{}, ErrInvitationExpired
	}

	connection, err := p.connected(ctx, account)
	if err != nil {
		return ConnectSession{}, err
	}

	if connection.ID != session.ConnectionID || connection.ID != approval.ConnectionID ||
		connection.Epoch != session.Epoch {
		return ConnectSession{}, ErrAccountChanged
	}

	return session, nil
}

// Leave records that the user closed the page of this connect session before a decision. It does nothing for any other
// session than the cookie's, or after a decision: the report may arrive late.
func (p *Partners) Leave(ctx context.Context, cookie, sessionID string) error {
	if sessionID == "" {
		return invalid(problem.NewField("/id", problem.FieldRequired, "is required"))
	}

	session, _, err := p.undecided(ctx, cookie)
	if errors.Is(err, ErrInvitationExpired) || (err == nil && session.ID != sessionID) {
		return nil
	}

	if err != nil {
		return err
	}

	return p.options.Store.RecordDeparture(ctx, session.ID, p.options.Now())
}

// Refuse records that the user declined. It returns the URL for the browser.
func (p *Partners) Refuse(ctx context.Context, cookie string) (string, error) {
	session, _, err := p.undecided(ctx, cookie)
	if err != nil {
		return "", err
	}
	session.State = SessionRefused

	if err := p.move(ctx, session, keys.ActionGrantRefused, SessionAuthenticating, SessionConsenting); err != nil {
		return "", err
	}

	return withQuery(session.ReturnURL, "error", "access_denied", session.ID), nil
}

func withQuery(returnURL, name, value, sessionID string) string {
	return returnURL + "?" + url.Values{name: {value}, "connect_session": {sessionID}}.Encode()
}
