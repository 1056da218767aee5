package partner

import (
	"context"
	"crypto/rand"
	"crypto/subtle"

	"github.com/upstash-connect/bff/internal/keys"
)

// Completion is the grant of a completed connect session.
type Completion struct {
	Grant
	DatabaseID string // database that the user selected; empty if the session asked for none
}

// Complete turns a connect session that its user approved into a grant. externalID is the user who is logged in at the
// service when the browser returns. If that is not the invited user, or the code is not this session's, the session
// ends (ErrTransactionMismatch), because the invitation may have been passed on to somebody else (RFC 9700 section
// 4.7). ErrCodeUsed for a completed session, ErrInvitationExpired for one that has ended or whose code has expired,
// ErrGrantRequired when the account was disconnected meanwhile.
func (p *Partners) Complete(ctx context.Context, principal Principal, id, code, externalID string) (Completion, error) {
	if err := principal.Require(ScopeConnectSessions); err != nil {
		return Completion{}, err
	}

	if !isID("cs_", id) {
		return Completion{}, ErrSessionNotFound
	}

	if code == "" || externalID == "" {
		return Completion{}, invalid(required([2]string{"/code", code}, [2]string{"/external_id", externalID})...)
	}

	session, _, err := p.options.Store.FindConnectSession(ctx, SessionKey{ID: id, ServiceID: principal.Service.ID})
	if err != nil {
		return Completion{}, err
	}

	switch session.stateAt(p.options.Now()) {
	case SessionCompleted:
		return Completion{}, ErrCodeUsed
	case SessionRefused, SessionExpired, SessionFailed:
		return Completion{}, ErrInvitationExpired
	case SessionOpen, SessionAuthenticating, SessionConsenting, SessionAwaitingCompletion:
	}

	sameCode := subtle.ConstantTimeCompare(session.CodeHash, hashOf(code)) == 1
	if !sameCode || subtle.ConstantTimeCompare([]byte(session.ExternalID), []byte(externalID)) != 1 {
		return Completion{}, p.fail(ctx, session)
	}

	grant := Grant{
		ID: "grt_" + rand.Text(), ServiceID: session.ServiceID, ExternalID: session.ExternalID,
		DisplayName: session.DisplayName, ConnectionID: session.ConnectionID, Epoch: session.Epoch,
		Asked: session.Asked, Consent: session.Consent, CreatedAt: p.options.Now(),
	}

	event := keys.Event{
		At: p.options.Now(), Action: keys.ActionGrantCreated, ConnectionID: session.ConnectionID,
		Detail: describe(session.Consent.Scopes),
		Actor:  actorOf(ctx, principal.Service.ID),
	}
	if session.ReconnectID != "" {
		event.Action, event.Detail = keys.ActionGrantRecovered, ""
	}
	session.State = SessionCompleted

	grantID, err := p.options.Store.CompleteConnectSession(ctx, session, grant, event)
	if err != nil {
		return Completion{}, err
	}

	completed, err := p.grant(ctx, GrantFilter{ID: grantID, ServiceID: principal.Service.ID})

	return Completion{Grant: completed, DatabaseID: session.DatabaseID}, err
}

// fail ends a session permanently: somebody other than the invited user has its code or its invitation.
func (p *Partners) fail(ctx context.Context, session ConnectSession) error {
	session.State = SessionFailed

	moved, err := p.options.Store.MoveConnectSession(
		ctx, session, p.eventOf(ctx, session, keys.ActionGrantFailed),
		SessionOpen, SessionAuthenticating, SessionConsenting, SessionAwaitingCompletion,
	)
	if err != nil {
		return err
	}

	if !moved { // another request ended it meanwhile
		return ErrInvitationExpired
	}
	p.options.Logger.WarnContext(ctx, "connect session ended: another end user or a foreign code",
		"connect_session", session.ID, "service", session.ServiceID)

	return ErrTransactionMismatch
}

// actorOf returns the context's actor, as this service.
func actorOf(ctx context.Context, serviceID string) keys.Actor {
	actor := keys.ActorOf(ctx)
	actor.Kind, actor.ID = keys.ActorService, serviceID

	return actor
}
