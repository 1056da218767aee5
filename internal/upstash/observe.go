package upstash

import (
	"context"
	"errors"
)

// Operation names what a call is for. There are no others.
type Operation string

// The operations.
const (
	OperationMint   Operation = "mint"
	OperationList   Operation = "list"
	OperationRead   Operation = "read"
	OperationCreate Operation = "create"
)

// Operations lists them all.
func Operations() []Operation {
	return []Operation{OperationMint, OperationList, OperationRead, OperationCreate}
}

// Outcome says how one attempt at a call ended. There are no others.
type Outcome string

// The outcomes.
const (
	OutcomeOK          Outcome = "ok"
	OutcomeHeldBack    Outcome = "held_back" // not sent: the circuit breaker, or the account's pause
	OutcomeCrowded     Outcome = "crowded"   // not sent: too many calls were under way for too long
	OutcomeRefused     Outcome = "credential_refused"
	OutcomeForbidden   Outcome = "forbidden"
	OutcomeNotFound    Outcome = "not_found"
	OutcomeRejected    Outcome = "rejected"
	OutcomeRateLimited Outcome = "rate_limited"
	OutcomeUnavailable Outcome = "unavailable"
	OutcomeTimeout     Outcome = "timeout"
	OutcomeUnknown     Outcome = "outcome_unknown" // a write that was sent and not answered in a way that tells
	OutcomeRedirect    Outcome = "redirect"
	OutcomeUnusable    Outcome = "unusable_answer"
	OutcomeGivenUp     Outcome = "given_up" // the caller left
	OutcomeOther       Outcome = "other"
)

// Outcomes lists them all.
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

// Sent reports whether a call that ended so was sent at all.
func (o Outcome) Sent() bool { return o != OutcomeHeldBack && o != OutcomeCrowded }

// Begin hears that an attempt at a call begins, and its answer hears how it ended. The call goes on with the context
// that Begin returns.
type Begin func(ctx context.Context, operation Operation) (context.Context, func(Outcome))

func noBegin(ctx context.Context, _ Operation) (context.Context, func(Outcome)) {
	return ctx, func(Outcome) {}
}

// counted is an error of this package: it knows how metrics count the attempt that it ended.
type counted interface {
	error
	attemptOutcome() Outcome
}

// outcomeOf reads the outcome that the error was made with. What leaves a write open wraps why, so it is found first.
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
