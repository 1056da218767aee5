package keys

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/upstash"
)

// stoppingRetry is when to retry after the server started to stop. By then another server runs.
const stoppingRetry = 5 * time.Second

// errNameTaken means that upstream rejected the name as a duplicate. While an intent is settled, it shows that the
// first call had arrived.
var errNameTaken = fmt.Errorf("%w: the name is taken", ErrMintRefused)

// mintError maps upstream's error to the outcome of a mint; no other function decides it. ErrMintUncertain means that
// a key may exist. Every other error means that this call made none. ErrMintRefused is a rejection for an unknown
// reason.
func mintError(err error) error {
	var (
		rejected    *upstash.RejectedError
		unavailable *upstash.UnavailableError
	)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, upstash.ErrOutcomeUnknown),
		errors.Is(err, upstash.ErrRedirect),
		errors.Is(err, upstash.ErrUnexpectedResponse):
		return uncertain(err)
	case errors.As(err, &rejected):
		return rejection(rejected.Reason)
	case errors.Is(err, upstash.ErrCredentialRefused), errors.Is(err, upstash.ErrForbidden):
		return ErrMintTokenRefused
	case errors.As(err, &unavailable): // 429, or never sent
		return err
	}

	return ErrMintRefused
}

func rejection(reason upstash.Reason) error {
	switch reason {
	case upstash.ReasonKeyLimit:
		return &KeyLimitError{}
	case upstash.ReasonAccountType:
		return ErrAccountType
	case upstash.ReasonNameTaken:
		return errNameTaken
	}

	return ErrMintRefused
}

// uncertain distinguishes an unusable response (502) and a redirect (502, with its own code) from no response (504).
func uncertain(cause error) error {
	described := *ErrMintUncertain
	switch {
	case errors.Is(cause, upstash.ErrRedirect):
		described.Code, described.Label = problem.UpstreamRedirect, problem.LabelUncertain
		described.Detail = "Upstash responded with a redirect, which is not followed. " +
			"It may have created a key. Connect again to find out; the response lists any key left behind."
	case errors.Is(cause, upstash.ErrUnexpectedResponse):
		described.Status = http.StatusBadGateway
	}

	return &uncertainError{problem: &described, cause: cause}
}

// sharedByAccount reports whether the error applies to every login of the account, so that an immediate retry would
// fail in the same way.
func sharedByAccount(err error) bool {
	var full *KeyLimitError
	if errors.As(err, &full) || errors.Is(err, ErrMintUncertain) {
		return true
	}

	switch problem.CodeOf(err) {
	case problem.AccountTypeUnsupported, problem.RateLimited, problem.UpstreamUnavailable:
		return true
	case problem.MintRefused:
		return !errors.Is(err, ErrMintTokenRefused)
	}

	return false
}
