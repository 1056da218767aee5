package auth

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrInvalidToken means that the token is not accepted here (RFC 6750 section 3.1, "invalid_token").
	ErrInvalidToken = errors.New("invalid token")
	// ErrExpiredToken comes with ErrInvalidToken when the token was good, and its time is over.
	ErrExpiredToken = errors.New("expired token")
	// ErrClientNotAllowed means that the token is genuine but was issued to another client: every partner's users get
	// tokens of the same issuer and audience, and only azp/client_id tells ours from theirs.
	ErrClientNotAllowed = errors.New("token was issued to another client")
)

// KeysUnavailableError means that the issuer's signing keys cannot be had now, so that nothing can be said about a token.
type KeysUnavailableError struct {
	RetryAfter time.Duration // when asking again makes sense
}

func (*KeysUnavailableError) Error() string { return "the issuer's signing keys are unavailable" }

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidToken, fmt.Sprintf(format, args...))
}
