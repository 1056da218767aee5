package proxy

import "github.com/upstash-connect/bff/internal/problem"

// CreateOutcome is the outcome of one create, from a closed set.
type CreateOutcome string

// The outcomes of a create.
const (
	CreateMade             CreateOutcome = "made"
	CreateReplayed         CreateOutcome = "replayed"             // the same Idempotency-Key again
	CreateOutcomeUncertain CreateOutcome = problem.LabelUncertain // sent, and the outcome is not known yet
	CreateBusy             CreateOutcome = problem.LabelBusy      // another create of this key or name is in progress
	// its Idempotency-Key belongs to another body; field errors are found before a create begins
	CreateInvalid     CreateOutcome = problem.LabelInvalid
	CreateQuota       CreateOutcome = problem.LabelQuota       // no further database is allowed
	CreateRateLimited CreateOutcome = problem.LabelRateLimited // the account exceeded its create limit
	CreateNoKey       CreateOutcome = problem.LabelNoKey       // the account must connect or reconnect
	CreateUnavailable CreateOutcome = problem.LabelNotSent     // upstream is unreachable, or asked us to wait
	CreateRefused     CreateOutcome = problem.LabelRefused     // upstream rejected the create
	CreateFailed      CreateOutcome = problem.LabelFailed      // an error on our side
)

// CreateOutcomes lists all outcomes.
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

// createOutcome returns the metric label of the create's problem.
func createOutcome(replayed bool, err error) CreateOutcome {
	switch {
	case err == nil && replayed:
		return CreateReplayed
	case err == nil:
		return CreateMade
	}

	return CreateOutcome(problem.LabelOf(err))
}
