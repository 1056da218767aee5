package keys

import "github.com/upstash-connect/bff/internal/problem"

// MintOutcome says how one mint ended. There are no others.
type MintOutcome string

// The outcomes of a mint.
const (
	MintMade MintOutcome = "made"
	// another had connected the account meanwhile: its key is reused
	MintNotNeeded    MintOutcome = "not_needed"
	MintUncertain    MintOutcome = problem.LabelUncertain    // a key may exist
	MintKeyLimit     MintOutcome = problem.LabelKeyLimit     // the account is full
	MintAccountType  MintOutcome = problem.LabelAccountType  // upstream gives this kind of account no keys
	MintTokenRefused MintOutcome = problem.LabelTokenRefused // upstream does not take the login
	MintRefused      MintOutcome = problem.LabelRefused      // for a reason we do not know
	MintNotSent      MintOutcome = problem.LabelNotSent      // upstream cannot be reached, or asked us to wait
	MintLimited      MintOutcome = problem.LabelRateLimited  // the account has used up its mints for now
	MintOvertaken    MintOutcome = problem.LabelOvertaken    // another process mints, or has taken the lease
	MintFailed       MintOutcome = problem.LabelFailed       // on our side: storage, a token spent meanwhile
)

// MintOutcomes lists them all.
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

// mintOutcome is the label of the problem that the mint ended with. A key that was made counts as made, whatever failed
// afterwards.
func mintOutcome(minted bool, err error) MintOutcome {
	switch {
	case minted:
		return MintMade
	case err == nil:
		return MintNotNeeded
	}

	return MintOutcome(problem.LabelOf(err))
}
