package upstash

import (
	"context"
	"errors"
)

// Operation is the purpose of a call, from a closed set.
type Operation string

// The operations.
const (
	OperationMint   Operation = "mint"
	OperationList   Operation = "list"
	OperationRead   Operation = "read"
	OperationCreate Operation = "create"

	OperationChange  Operation = "change"
	OperationDestroy Operation = "destroy"
)

// Operations lists all operations.
func Operations() []Operation {
	return []Operation{
		OperationMint, OperationList, OperationRead, OperationCreate, OperationChange, OperationDestroy,
	}
}

// Outcome is the outcome of one attempt, from a closed set.
type Outcome string

// The outcomes.
const (
	OutcomeOK          Outcome = "ok"
	OutcomeHeldBack    Outcome = "held_back" // not sent: the circuit breaker is open, or the account is paused
	OutcomeCrowded     Outcome = "crowded"   // not sent: waited too long in the queue
	OutcomeRefused     Outcome = "credential_refused"
	OutcomeForbidden   Outcome = "forbidden"
	OutcomeNotFound    Outcome = "not_found"
	OutcomeRejected    Outcome = "rejected"
	OutcomeRateLimited Outcome = "rate_limited"
	OutcomeUnavailable Outcome = "unavailable"
	OutcomeTimeout     Outcome = "timeout"
	OutcomeUnknown     Outcome = "outcome_unknown" // a sent write without a conclusive response
	OutcomeRedirect    Outcome = "redirect"
	OutcomeUnusable    Outcome = "unusable_answer"
	OutcomeGivenUp     Outcome = "given_up" // the caller left
	OutcomeOther       Outcome = "other"
)

// Outcomes lists all outcomes.
func Outcomes() []Outcome {
	return []Outcome{
		OutcomeOK,
		OutcomeHeldBack,
		OutcomeCrowded,
		OutcomeRefused,
		OutcomeForbidden,
		OutcomeNotFound,
		OutcomeRejected,
		OutcomeRateLimited,
		OutcomeUnavailable,
		OutcomeTimeout,
		OutcomeUnknown,
		OutcomeRedirect,
		OutcomeUnusable,
		OutcomeGivenUp,
		OutcomeOther,
	}
}

// Sent reports whether an attempt with this outcome was sent.
func (o Outcome) Sent() bool { return o != OutcomeHeldBack && o != OutcomeCrowded }

// Begin is called when an attempt begins; the function that it returns is called with the outcome. The attempt uses
// the returned context.
type Begin func(ctx context.Context, operation Operation) (context.Context, func(Outcome))

func noBegin(ctx context.Context, _ Operation) (context.Context, func(Outcome)) {
	return ctx, func(Outcome) {}
}

// counted is an error of this package that has a metric outcome.
type counted interface {
	error
	attemptOutcome() Outcome
}

// outcomeOf returns the metric outcome of an error. An unknown outcome wraps its cause, so it is found first.
func outcomeOf(err error) Outcome {
	if err == nil {
		return OutcomeOK
	}

	if known, ok := errors.AsType[counted](err); ok {
		return known.attemptOutcome()
	}

	if errors.Is(err, context.Canceled) {
		return OutcomeGivenUp
	}

	return OutcomeOther
}
