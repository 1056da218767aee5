package keys

import (
	"errors"

	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/upstash"
)

// MintOutcome says how one mint ended. There are no others.
type MintOutcome string

// The outcomes of a mint.
const (
	MintMade         MintOutcome = "made"
	MintNotNeeded    MintOutcome = "not_needed"    // another had connected the account meanwhile: its key is reused
	MintUncertain    MintOutcome = "uncertain"     // a key may exist
	MintKeyLimit     MintOutcome = "key_limit"     // the account is full
	MintAccountType  MintOutcome = "account_type"  // upstream gives this kind of account no keys
	MintTokenRefused MintOutcome = "token_refused" // upstream does not take the log-in
	MintRefused      MintOutcome = "refused"       // for a reason we do not know
	MintNotSent      MintOutcome = "not_sent"      // upstream cannot be reached, or asked us to wait
	MintLimited      MintOutcome = "limited"       // the account has used up its mints for now
	MintOvertaken    MintOutcome = "overtaken"     // another process mints, or has taken the lease
	MintFailed       MintOutcome = "failed"        // on our side: storage, a token spent meanwhile
)

// MintOutcomes lists them all.
func MintOutcomes() []MintOutcome {
	return []MintOutcome{
		MintMade, MintNotNeeded, MintUncertain, MintKeyLimit, MintAccountType, MintTokenRefused, MintRefused, MintNotSent,
		MintLimited, MintOvertaken, MintFailed,
	}
}

func mintOutcome(minted bool, err error) MintOutcome {
	var (
		full        *KeyLimitError
		unavailable *upstash.UnavailableError
		exceeded    *limit.ExceededError
	)
	switch {
	case err == nil && !minted:
		return MintNotNeeded
	case minted: // whatever failed afterwards
		return MintMade
	case errors.Is(err, ErrMintUncertain):
		return MintUncertain
	case errors.As(err, &full):
		return MintKeyLimit
	case errors.Is(err, ErrAccountType):
		return MintAccountType
	case errors.Is(err, ErrMintTokenRefused):
		return MintTokenRefused
	case errors.Is(err, ErrMintRefused):
		return MintRefused
	case errors.As(err, &unavailable):
		return MintNotSent
	case errors.As(err, &exceeded):
		return MintLimited
	case errors.Is(err, ErrLeaseHeld), errors.Is(err, ErrFenced):
		return MintOvertaken
	}
	return MintFailed
}
