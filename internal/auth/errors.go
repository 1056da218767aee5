package auth

import (
	"fmt"
	"time"

	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/problem"
)

var (
	// ErrInvalidToken means that the token is not accepted here (RFC 6750 section 3.1, "invalid_token").
	ErrInvalidToken = invalidToken("invalid token", "This server does not accept the access token. Log in again.")
	// ErrExpiredToken comes with ErrInvalidToken when the token was good, and its time is over.
	ErrExpiredToken = invalidToken("expired token", "The access token has expired. Log in again.")
	// ErrClientNotAllowed means that the token is genuine but was issued to another client: every partner's users get
	// tokens of the same issuer and audience, and only azp/client_id tells ours from theirs.
	ErrClientNotAllowed = problem.Sentinel(problem.ClientNotAllowed, "token was issued to another client",
		"This access token was issued to another application. Log in through this installation.")
)

func invalidToken(reason, detail string) *problem.Error {
	return &problem.Error{
		Code:      problem.InvalidToken,
		Reason:    reason,
		Detail:    detail,
		Challenge: `Bearer error="invalid_token"`,
	}
}

var errNoSignedJWT = invalid("not a signed JWT of at most %d bytes", maxTokenBytes)

// errExpired is both: the more telling one comes first.
var errExpired = fmt.Errorf("%w: %w", ErrExpiredToken, ErrInvalidToken)

// KeysUnavailableError means that the issuer's signing keys cannot be had now, so that nothing can be said about a
// token.
type KeysUnavailableError struct {
	RetryAfter time.Duration // when asking again makes sense
	proxy      *egress.ProxyError
}

func (e *KeysUnavailableError) Error() string {
	const unavailable = "the issuer's signing keys are unavailable"
	if e.proxy == nil {
		return unavailable
	}

	return unavailable + ": " + e.proxy.Error()
}

// Unwrap is the *egress.ProxyError where a proxy stands between us and the keys.
func (e *KeysUnavailableError) Unwrap() error {
	if e.proxy == nil {
		return nil
	}

	return e.proxy
}

// Problem is 503: the token is not judged, and nobody is logged out.
func (e *KeysUnavailableError) Problem() *problem.Error {
	detail := "Tokens cannot be verified now. Sessions are unaffected. Try again later."
	if e.proxy != nil { // whose name is for the operator alone
		detail = "Tokens cannot be verified now: the proxy blocks calls to the identity provider. Sessions are unaffected."
	}

	return &problem.Error{
		Code: problem.IssuerUnavailable, Reason: e.Error(), RetryAfter: e.RetryAfter, Detail: detail,
	}
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidToken, fmt.Sprintf(format, args...))
}
