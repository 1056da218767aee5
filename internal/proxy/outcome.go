package proxy

import "github.com/upstash-connect/bff/internal/problem"

// CreateOutcome says how one create ended. There are no others.
type CreateOutcome string

// The outcomes of a create.
const (
	CreateMade             CreateOutcome = "made"
	CreateReplayed         CreateOutcome = "replayed"             // the same Idempotency-Key again
	CreateOutcomeUncertain CreateOutcome = problem.LabelUncertain // sent, and it is not known yet what became of it
	CreateBusy             CreateOutcome = problem.LabelBusy      // another of this key or name is under way
	// its Idempotency-Key belongs to another body; its fields are judged at the door already
	CreateInvalid     CreateOutcome = problem.LabelInvalid
	CreateQuota       CreateOutcome = problem.LabelQuota       // no further database is allowed
	CreateRateLimited CreateOutcome = problem.LabelRateLimited // the account has used up its creates for now
	CreateNoKey       CreateOutcome = problem.LabelNoKey       // the account is not connected, or has to connect again
	CreateUnavailable CreateOutcome = problem.LabelNotSent     // upstream cannot be reached, or asked us to wait
	CreateRefused     CreateOutcome = problem.LabelRefused     // upstream said no
	CreateFailed      CreateOutcome = problem.LabelFailed      // on our side
)

// CreateOutcomes lists them all.
func CreateOutcomes() []CreateOutcome {
	return []CreateOutcome{
		CreateMade,
		CreateReplayed,
		CreateOutcomeUncertain,
		CreateBusy,
		CreateInvalid,
		CreateQuota,
		CreateRateLimited,
		CreateNoKey,
		CreateUnavailable,
		CreateRefused,
		CreateFailed,
	}
}

// createOutcome is the label of the problem that the create ended with.
func createOutcome(replayed bool, err error) CreateOutcome {
	switch {
	case err == nil && replayed:
		return CreateReplayed
	case err == nil:
		return CreateMade
	}

	return CreateOutcome(problem.LabelOf(err))
}
