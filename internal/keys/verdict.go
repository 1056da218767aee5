package keys

import (
	"errors"
	"fmt"
	"time"

	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/upstash"
)

// stoppingRetry is when to come back to a server that is being stopped: another is there by then.
const stoppingRetry = 5 * time.Second

// errNameTaken is the refusal of a name: for an intent that is being settled, the sign that its first call had landed.
var errNameTaken = fmt.Errorf("%w: the name is taken", ErrMintRefused)

// verdict is what upstream's answer to a mint means. ErrMintUncertain means that a key may exist; everything else means
// that this call made none. ErrMintRefused is a no whose reason we do not know.
func verdict(err error) error {
	var (
		rejected    *upstash.RejectedError
		unavailable *upstash.UnavailableError
	)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, upstash.ErrOutcomeUnknown), errors.Is(err, upstash.ErrRedirect), errors.Is(err, upstash.ErrUnexpectedAnswer):
		return fmt.Errorf("%w: %w", ErrMintUncertain, err)
	case errors.As(err, &rejected) && rejected.Reason == upstash.ReasonKeyLimit:
		return &KeyLimitError{}
	case errors.As(err, &rejected) && rejected.Reason == upstash.ReasonAccountType:
		return ErrAccountType
	case errors.As(err, &rejected) && rejected.Reason == upstash.ReasonNameTaken:
		return errNameTaken
	case errors.Is(err, upstash.ErrCredentialRefused), errors.Is(err, upstash.ErrForbidden):
		return ErrMintTokenRefused
	case errors.As(err, &unavailable): // 429, or never sent
		return err
	}
	return ErrMintRefused
}

// ofAccount reports whether a mint failed for a reason that holds for every log-in of the account.
func ofAccount(err error) bool {
	var (
		keyLimit    *KeyLimitError
		exceeded    *limit.ExceededError
		unavailable *upstash.UnavailableError
	)
	return errors.As(err, &keyLimit) || errors.As(err, &exceeded) || errors.As(err, &unavailable) || errors.Is(err, ErrAccountType) ||
		errors.Is(err, ErrMintUncertain) || errors.Is(err, ErrMintRefused)
}
