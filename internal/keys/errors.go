package keys

import (
	"errors"
	"time"
)

var (
	// ErrNotFound means that the account, or the intent, was never seen.
	ErrNotFound = errors.New("not found")
	// ErrLeaseHeld means that another mint for the account is under way.
	ErrLeaseHeld = errors.New("a mint is under way")
	// ErrFenced means that another has taken the mint lease since.
	ErrFenced = errors.New("the mint lease was taken over")

	// ErrConnectRequired means that there is no key: never connected, or disconnected.
	ErrConnectRequired = errors.New("the account is not connected")
	// ErrReconnectRequired means that upstream no longer accepts the key.
	ErrReconnectRequired = errors.New("upstream no longer accepts the stored key")
	// ErrEmailUnusable means that the token names no e-mail that can be the user of HTTP Basic authentication.
	ErrEmailUnusable = errors.New("the log-in carries no usable e-mail")
	// ErrTokenTooOld means that the token may read but not mint (RFC 9470).
	ErrTokenTooOld = errors.New("the log-in is too old to make a key")
	// ErrTokenAlreadyUsed means that the token was issued before the last disconnect: it must not bring the account back.
	ErrTokenAlreadyUsed = errors.New("the log-in is older than the last disconnect")
	// ErrAccountType means that upstream supports no developer keys for this kind of account.
	ErrAccountType = errors.New("this kind of account has no developer keys")
	// ErrMintTokenRefused means that upstream does not take the access token.
	ErrMintTokenRefused = errors.New("upstream refused the log-in")
	// ErrMintRefused means that upstream would not make a key, for a reason we do not know.
	ErrMintRefused = errors.New("upstream refused to make a key")
	// ErrMintUncertain means that a key may or may not have been made; the next connect settles it.
	ErrMintUncertain = errors.New("it is unknown whether a key was made")
)

// InProgressError means that another connect of the account is still minting.
type InProgressError struct{ RetryAfter time.Duration }

func (*InProgressError) Error() string { return "another connect of this account is still under way" }

// KeyLimitError means that the account holds as many keys as upstream allows.
type KeyLimitError struct{ Leftovers []Leftover }

func (*KeyLimitError) Error() string {
	return "the account holds as many developer keys as upstream allows"
}
