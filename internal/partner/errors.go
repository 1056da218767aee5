package partner

import (
	"fmt"
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

var (
	// ErrInvalidToken means that a service token is malformed, unknown, expired or revoked, or its service disabled.
	ErrInvalidToken = &problem.Error{
		Code: problem.InvalidToken, Reason: "the service token is not accepted",
		Detail:    "The service token is unknown, expired or revoked, or its service is disabled.",
		Challenge: `Bearer error="invalid_token"`,
	}
	// ErrServiceTokenFromBrowser means that a request with a service token has an Origin header.
	ErrServiceTokenFromBrowser = problem.Sentinel(problem.ClientNotAllowed, "a browser sent a service token",
		"A browser sent this service token. Revoke it, and call from your backend.")
	// ErrServiceNotFound means that no service has this id.
	ErrServiceNotFound = problem.Sentinel(problem.NotFound, "no such service", "No service has this id.")
	// ErrServiceExists means that another service has this id or name.
	ErrServiceExists = problem.Sentinel(problem.ValidationFailed, "the service exists",
		"A service with this id or name already exists.")
	// ErrTokenNotFound means that no service token has this id.
	ErrTokenNotFound = problem.Sentinel(problem.NotFound, "no such token", "No service token has this id.")

	// ErrSessionNotFound means that the service has no such connect session.
	ErrSessionNotFound = problem.Sentinel(problem.NotFound, "no such connect session",
		"Connect session not found.")
	// ErrInvitationExpired means that an invitation is unknown, was already opened or has expired.
	ErrInvitationExpired = problem.Sentinel(problem.InvitationExpired, "the invitation has expired",
		"This invitation has expired or was already opened. Start again in the app that sent you.")
	// ErrTransactionMismatch means that the user who finished is not the user who was invited.
	ErrTransactionMismatch = problem.Sentinel(problem.TransactionMismatch, "another end user finished",
		"The user who finished this connect session is not the invited one. Nothing was granted. Open a new session.")
	// ErrCodeUsed means that the connect session is completed.
	ErrCodeUsed = problem.Sentinel(problem.CodeUsed, "the code was used",
		"This code was already used. The connect session is completed.")
	// ErrNotReady means that the user has not approved the connect session, or can no longer approve it.
	ErrNotReady = problem.Sentinel(problem.TransactionMismatch, "the connect session is not awaiting completion",
		"The user has not approved this connect session.")
	// ErrAccountChanged means that the browser is logged in to another account than the chosen one.
	ErrAccountChanged = problem.Sentinel(problem.AccountMismatch, "another account than the one shown",
		"This browser is now logged in with another Upstash account. Check the account and approve again.")

	// ErrGrantRequired means that no active grant lets the service act for this end user.
	ErrGrantRequired = proxy.ErrGrantRequired
	// ErrGrantPaused means that the user must repair the grant's connection.
	ErrGrantPaused = problem.Sentinel(problem.GrantPaused, "the connection needs its user",
		"Upstash no longer accepts the key of this connection. Open a connect session with reconnect for this grant.")
	// ErrGrantNotFound means that the caller has no such grant.
	ErrGrantNotFound = problem.Sentinel(problem.NotFound, "no such grant", "Grant not found.")
	// ErrOnePrincipal means that a request named no end user, or more than one.
	ErrOnePrincipal = problem.New(problem.InvalidRequest,
		"Name the end user: send one Connect-User header with the external id, or one Connect-Grant header.")
)

// InsufficientScope is the problem of a call that token, service, grant or consent does not allow (RFC 6750 section
// 3.1).
func InsufficientScope(scope string) *problem.Error {
	return &problem.Error{
		Code: problem.InsufficientScope, Reason: "insufficient scope: " + scope,
		Detail:    "This call needs the scope " + scope + ".",
		Challenge: `Bearer error="insufficient_scope", scope="` + scope + `"`,
	}
}

// LimitReached is the problem of a create that a grant does not allow.
func LimitReached(fields ...problem.Field) *problem.Error {
	return &problem.Error{
		Code: problem.GrantLimit, Status: http.StatusUnprocessableEntity, Reason: "a limit of the grant",
		Detail: "The grant does not allow this.", Fields: fields,
	}
}

// SessionLimitError means that the user approved MaxAllowedSessions connect sessions within a day. The oldest is
// deleted after RetryAfter.
type SessionLimitError struct{ RetryAfter time.Duration }

func (*SessionLimitError) Error() string {
	return fmt.Sprintf("%d connect sessions of this end user are already stored", MaxAllowedSessions)
}

// Problem is a 429 with the time until a session is deleted.
func (e *SessionLimitError) Problem() *problem.Error {
	return &problem.Error{
		Code: problem.RateLimited, Limit: "connect_sessions", Reason: e.Error(), RetryAfter: e.RetryAfter,
		Detail: fmt.Sprintf("Limit reached: this end user approved %d connect sessions within a day. "+
			"The request was not processed.", MaxAllowedSessions),
	}
}

// invalid is the problem of invalid fields.
func invalid(fields ...problem.Field) *problem.Error {
	return problem.OfFields("invalid fields", fields)
}
