package keys

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/upstash"
)

// stoppingRetry is when to come back to a server that is being stopped: another is there by then.
const stoppingRetry = 5 * time.Second

// errNameTaken is the refusal of a name: for an intent that is being settled, the sign that its first call had landed.
var errNameTaken = fmt.Errorf("%w: the name is taken", ErrMintRefused)

// mintError is what upstream's answer means for a mint, and the one place that decides it. ErrMintUncertain means that
// a key may exist; every other error means that this call made none. ErrMintRefused is a no whose reason we do not
// know.
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
		errors.Is(err, upstash.ErrUnexpectedAnswer):
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

// uncertain tells an answer that cannot be used (502) and a redirect (502, its own code) from no answer at all (504).
func uncertain(cause error) error {
	described := *ErrMintUncertain
	switch {
	case errors.Is(cause, upstash.ErrRedirect):
		described.Code, described.Label = problem.UpstreamRedirect, problem.LabelUncertain
		described.Detail = "Upstash responded with a redirect, which is not followed. " +
			"It may have created a key. Connect again to find out; the response lists any key left behind."
	case errors.Is(cause, upstash.ErrUnexpectedAnswer):
		described.Status = http.StatusBadGateway
	}

	return &uncertainError{problem: &described, cause: cause}
}

// sharedByAccount reports whether a mint failed for a reason that holds for every login of the account, so that asking
// upstream again at once would bring the same.
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
