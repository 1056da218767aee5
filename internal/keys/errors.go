package keys

import (
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/problem"
)

var (
	// ErrNotFound means that the account, or the intent, was never seen.
	ErrNotFound = problem.Sentinel(problem.NotConnected, "not found", "The account was never connected here. Connect it first.")
	// ErrLeaseHeld means that another mint for the account is under way.
	ErrLeaseHeld = overtaken("a mint is under way")
	// ErrFenced means that another has taken the mint lease since.
	ErrFenced = overtaken("the mint lease was taken over")

	// ErrConnectRequired means that there is no key: never connected, or disconnected.
	ErrConnectRequired = problem.Sentinel(problem.ConnectRequired, "the account is not connected",
		"The account is not connected. Connect it first.")
	// ErrReconnectRequired means that upstream no longer accepts the key.
	ErrReconnectRequired = problem.Sentinel(problem.ReconnectRequired, "upstream no longer accepts the stored key",
		"Upstash no longer accepts the stored key. Connect the account again.")
	// ErrEmailUnusable means that the token names no e-mail that can be the user of HTTP Basic authentication.
	ErrEmailUnusable = problem.Sentinel(problem.EmailUnusable, "the login carries no usable e-mail",
		"The login has no e-mail address that Upstash's API accepts. No key was created.")
	// ErrTokenTooOld means that the token may read but not mint (RFC 9470 section 3).
	ErrTokenTooOld = &problem.Error{
		Code: problem.TokenTooOld, Reason: "the login is too old to make a key",
		Detail:    "This login is too old to create a key. Log in again.",
		Challenge: `Bearer error="insufficient_user_authentication", max_age=600`,
	}
	// ErrTokenAlreadyUsed means that the token was issued before the last disconnect: it must not bring the account
	// back.
	ErrTokenAlreadyUsed = problem.Sentinel(problem.TokenAlreadyUsed, "the login is older than the last disconnect",
		"This login is older than the last disconnect. Log in again to connect.")
	// ErrAccountType means that upstream supports no developer keys for this kind of account.
	ErrAccountType = problem.Sentinel(problem.AccountTypeUnsupported, "this kind of account has no developer keys",
		"Upstash issues developer keys only to accounts created at Upstash, not through Vercel or Fly.io.")
	// ErrMintTokenRefused means that upstream does not take the access token.
	ErrMintTokenRefused = &problem.Error{
		Code: problem.MintRefused, Label: problem.LabelTokenRefused, Reason: "upstream refused the login",
		Detail: "Upstash rejected this login, so no key was created. Log in again.",
	}
	// ErrMintRefused means that upstream would not make a key, for a reason we do not know: 502, for nothing shows that
	// the caller could change it.
	ErrMintRefused = &problem.Error{
		Code: problem.MintRefused, Status: http.StatusBadGateway, Reason: "upstream refused to make a key",
		Detail: "Upstash did not create a key and gave no known reason. Quote the request id to the operator.",
	}
	// ErrMintUncertain means that a key may or may not have been made; the next connect settles it.
	ErrMintUncertain = &problem.Error{
		Code:       problem.OutcomeUncertain,
		Reason:     "it is unknown whether a key was made",
		RetryAfter: settleRetry,
		Detail:     "Upstash may have created a key. Connect again to find out; the response lists any key left behind.",
	}
)

// settleRetry is when connecting again can settle a mint whose outcome is unknown.
const settleRetry = 2 * time.Second

// overtaken is for the loop of a connect, which looks again. Nobody outside sees it.
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

func (*InProgressError) Error() string { return "another connect of this account is still under way" }

// Problem is 409, with the time to wait.
func (e *InProgressError) Problem() *problem.Error {
	return &problem.Error{
		Code:       problem.ConnectInProgress,
		Reason:     e.Error(),
		Detail:     inProgressDetail,
		RetryAfter: e.RetryAfter,
	}
}

// KeyLimitError means that the account holds as many keys as upstream allows.
type KeyLimitError struct{ Leftovers []problem.Leftover }

func (*KeyLimitError) Error() string {
	return "the account holds as many developer keys as upstream allows"
}

// Problem is 409, with the keys of ours that can be deleted.
func (e *KeyLimitError) Problem() *problem.Error {
	return &problem.Error{
		Code: problem.UpstashKeyLimit, Reason: e.Error(), Leftovers: e.Leftovers,
		Detail: "The Upstash account has reached its limit of developer keys. " +
			"Delete some in the Upstash console, then connect again.",
	}
}

// uncertainError is ErrMintUncertain with what upstream answered, where that changes what the caller is to know.
type uncertainError struct {
	problem *problem.Error
	cause   error
}

func (e *uncertainError) Error() string           { return ErrMintUncertain.Error() + ": " + e.cause.Error() }
func (e *uncertainError) Unwrap() []error         { return []error{ErrMintUncertain, e.cause} }
func (e *uncertainError) Problem() *problem.Error { return e.problem }
