package auth

import (
	"fmt"
	"time"

	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/problem"
)

var (
	// ErrInvalidToken means that the server rejects the token (RFC 6750 section 3.1, "invalid_token").
	ErrInvalidToken = invalidToken("invalid token", "This server does not accept the access token. Log in again.")
	// ErrExpiredToken accompanies ErrInvalidToken if the token was valid but has expired.
	ErrExpiredToken = invalidToken("expired token", "The access token has expired. Log in again.")
	// ErrClientNotAllowed means that the token is genuine but was issued to another client. The users of all partners
	// get tokens with the same issuer and audience; only azp or client_id identifies the partner's client.
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

// errExpired wraps both errors, the more specific one first.
var errExpired = fmt.Errorf("%w: %w", ErrExpiredToken, ErrInvalidToken)

// KeysUnavailableError means that the issuer's signing keys are unavailable, so that tokens cannot be verified.
type KeysUnavailableError struct {
	RetryAfter time.Duration // when a retry can succeed
	proxy      *egress.ProxyError
}

func (e *KeysUnavailableError) Error() string {
	const unavailable = "the issuer's signing keys are unavailable"
	if e.proxy == nil {
		return unavailable
	}

	return unavailable + ": " + e.proxy.Error()
}

// Unwrap returns the *egress.ProxyError if a proxy failed.
func (e *KeysUnavailableError) Unwrap() error {
	if e.proxy == nil {
		return nil
	}

	return e.proxy
}

// Problem returns a 503: the token was not verified, and sessions are unaffected.
func (e *KeysUnavailableError) Problem() *problem.Error {
	detail := "Tokens cannot be verified now. Sessions are unaffected. Try again later."
	if e.proxy != nil { // only the operator may see the proxy's name
		detail = "Tokens cannot be verified now: the proxy blocks calls to the identity provider. Sessions are unaffected."
	}

	return &problem.Error{
		Code: problem.IssuerUnavailable, Reason: e.Error(), RetryAfter: e.RetryAfter, Detail: detail,
	}
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidToken, fmt.Sprintf(format, args...))
}
