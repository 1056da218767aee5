package keys

import "github.com/upstash-connect/bff/internal/problem"

// MintOutcome is the outcome of one mint, from a closed set.
type MintOutcome string

// The outcomes of a mint.
const (
	MintMade MintOutcome = "made"
	// another caller connected the account meanwhile; its key is reused
	MintNotNeeded    MintOutcome = "not_needed"
	MintUncertain    MintOutcome = problem.LabelUncertain    // a key may exist
	MintKeyLimit     MintOutcome = problem.LabelKeyLimit     // the account has as many keys as upstream allows
	MintAccountType  MintOutcome = problem.LabelAccountType  // upstream supports no keys for this kind of account
	MintTokenRefused MintOutcome = problem.LabelTokenRefused // upstream rejected the login
	MintRefused      MintOutcome = problem.LabelRefused      // upstream rejected the mint for an unknown reason
	MintNotSent      MintOutcome = problem.LabelNotSent      // upstream is unreachable, or asked us to wait
	MintLimited      MintOutcome = problem.LabelRateLimited  // the account exceeded its mint limit
	MintOvertaken    MintOutcome = problem.LabelOvertaken    // another process mints, or took over the lease
	MintFailed       MintOutcome = problem.LabelFailed       // our error: storage, or a token spent meanwhile
)

// MintOutcomes lists all outcomes.
func MintOutcomes() []MintOutcome {
	return []MintOutcome{
		MintMade,
		MintNotNeeded,
		MintUncertain,
		MintKeyLimit,
		MintAccountType,
		MintTokenRefused,
		MintRefused,
		MintNotSent,
		MintLimited,
		MintOvertaken,
		MintFailed,
	}
}

// mintOutcome returns the metric label of the mint's problem. A mint that made a key counts as made, even if a later
// step failed.
func mintOutcome(minted bool, err error) MintOutcome {
	switch {
	case minted:
		return MintMade
	case err == nil:
		return MintNotNeeded
	}

	return MintOutcome(problem.LabelOf(err))
}
