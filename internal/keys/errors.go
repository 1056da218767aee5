package keys

import (
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/problem"
)

var (
	// ErrNotFound means that the account or the intent is unknown.
	ErrNotFound = problem.Sentinel(problem.NotConnected, "not found", "The account was never connected here. Connect it first.")
	// ErrLeaseHeld means that another mint for the account is in progress.
	ErrLeaseHeld = overtaken("a mint is in progress")
	// ErrFenced means that another process has taken over the mint lease.
	ErrFenced = overtaken("the mint lease was taken over")

	// ErrConnectRequired means that there is no key: never connected, or disconnected.
	ErrConnectRequired = problem.Sentinel(problem.ConnectRequired, "the account is not connected",
		"The account is not connected. Connect it first.")
	// ErrReconnectRequired means that upstream no longer accepts the key.
	ErrReconnectRequired = problem.Sentinel(problem.ReconnectRequired, "upstream no longer accepts the stored key",
		"Upstash no longer accepts the stored key. Connect the account again.")
	// ErrEmailUnusable means that the token has no e-mail that can be the user of HTTP Basic authentication.
	ErrEmailUnusable = problem.Sentinel(problem.EmailUnusable, "the login carries no usable e-mail",
		"The login has no e-mail address that Upstash's API accepts. No key was created.")
	// ErrTokenTooOld means that the token may read but not mint (RFC 9470 section 3).
	ErrTokenTooOld = &problem.Error{
		Code: problem.TokenTooOld, Reason: "the login is too old to make a key",
		Detail:    "This login is too old to create a key. Log in again.",
		Challenge: `Bearer error="insufficient_user_authentication", max_age=600`,
	}
	// ErrTokenAlreadyUsed means that the token is from before the last disconnect and must not restore the connection.
	ErrTokenAlreadyUsed = problem.Sentinel(problem.TokenAlreadyUsed, "the login is older than the last disconnect",
		"This login is older than the last disconnect. Log in again to connect.")
	// ErrAccountType means that upstream supports no developer keys for this kind of account.
	ErrAccountType = problem.Sentinel(problem.AccountTypeUnsupported, "this kind of account has no developer keys",
		"Upstash issues developer keys only to accounts created at Upstash, not through Vercel or Fly.io.")
	// ErrMintTokenRefused means that upstream rejected the access token.
	ErrMintTokenRefused = &problem.Error{
		Code: problem.MintRefused, Label: problem.LabelTokenRefused, Reason: "upstream rejected the login",
		Detail: "Upstash rejected this login, so no key was created. Log in again.",
	}
	// ErrMintRefused means that upstream rejected the mint for a reason we do not know. Status 502, because nothing
	// suggests that the caller could fix it.
	ErrMintRefused = &problem.Error{
		Code: problem.MintRefused, Status: http.StatusBadGateway, Reason: "upstream rejected the request for a key",
		Detail: "Upstash did not create a key and gave no known reason. Quote the request id to the operator.",
	}
	// ErrMintUncertain means that upstream may or may not have made a key. The next connect settles it.
	ErrMintUncertain = &problem.Error{
		Code:       problem.OutcomeUncertain,
		Reason:     "it is unknown whether a key was made",
		RetryAfter: settleRetry,
		Detail:     "Upstash may have created a key. Connect again to find out; the response lists any key left behind.",
	}
)

// settleRetry is when connecting again can settle a mint with an unknown outcome.
const settleRetry = 2 * time.Second

// overtaken makes an internal error of Connect's loop, which then tries again. Callers never see it.
func overtaken(reason string) *problem.Error {
	return &problem.Error{
		Code:       problem.ConnectInProgress,
		Label:      problem.LabelOvertaken,
		Reason:     reason,
		Detail:     inProgressDetail,
		RetryAfter: settleRetry,
	}
}

const inProgressDetail = "Another request is connecting this account. Try again shortly."

// InProgressError means that another connect of the account is still minting.
type InProgressError struct{ RetryAfter time.Duration }

func (*InProgressError) Error() string { return "another connect of this account is still in progress" }

// Problem is a 409 with the time to wait.
func (e *InProgressError) Problem() *problem.Error {
	return &problem.Error{
		Code:       problem.ConnectInProgress,
		Reason:     e.Error(),
		Detail:     inProgressDetail,
		RetryAfter: e.RetryAfter,
	}
}

// KeyLimitError means that the account has as many keys as upstream allows.
type KeyLimitError struct{ Leftovers []problem.Leftover }

func (*KeyLimitError) Error() string {
	return "the account has as many developer keys as upstream allows"
}

// Problem is a 409 that lists our keys that the owner can delete.
func (e *KeyLimitError) Problem() *problem.Error {
	return &problem.Error{
		Code: problem.UpstashKeyLimit, Reason: e.Error(), Leftovers: e.Leftovers,
		Detail: "The Upstash account has reached its limit of developer keys. " +
			"Delete some in the Upstash console, then connect again.",
	}
}

// uncertainError is ErrMintUncertain with a more specific problem for the caller.
type uncertainError struct {
	problem *problem.Error
	cause   error
}

func (e *uncertainError) Error() string           { return ErrMintUncertain.Error() + ": " + e.cause.Error() }
func (e *uncertainError) Unwrap() []error         { return []error{ErrMintUncertain, e.cause} }
func (e *uncertainError) Problem() *problem.Error { return e.problem }
