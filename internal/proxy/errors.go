package proxy

import (
	"errors"
	"fmt"
	"time"

	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/upstash"
)

var (
	// ErrDatabaseNotFound means that the account has no such database, or the id is not one.
	ErrDatabaseNotFound = problem.Sentinel(problem.DatabaseNotFound, "no such database",
		"Database not found in this account.")
	// ErrUpstreamForbidden means that the key works and upstream still forbids this call.
	ErrUpstreamForbidden = problem.Sentinel(problem.UpstreamForbidden, "upstream forbids this call",
		"Upstash accepted the key but denied this call. Check the account's permissions at Upstash.")
	// ErrCredentialsDisabled means that this installation reveals no credentials.
	ErrCredentialsDisabled = problem.Sentinel(problem.CredentialsDisabled, "revealing credentials is switched off",
		"This installation does not reveal database credentials.")
	// ErrDatabaseLimit means that the account, or this installation, allows no further database.
	ErrDatabaseLimit = problem.Sentinel(problem.DatabaseLimit, "no further database is allowed",
		"The account's Upstash plan, or this installation, allows no more databases.")
	// ErrKeyReused means that the Idempotency-Key was used with another body.
	ErrKeyReused = problem.Sentinel(problem.IdempotencyKeyReused, "the idempotency key was used with another body",
		"This Idempotency-Key was used with a different body. Use a new key for a new database.")
	// ErrGrantDatabases means that the grant allows no further database.
	ErrGrantDatabases = grantLimit("the grant allows no further database", "/name",
		"exceeds the number of databases that this grant allows")
	// ErrGrantBudget means that the grant's databases would have a higher budget together than it allows.
	ErrGrantBudget = grantLimit("the grant allows no such budget", "/budget",
		"raises the total budget above what this grant allows")
	// ErrGrantRequired means that no standing grant allows this, or no longer.
	ErrGrantRequired = problem.Sentinel(problem.GrantRequired, "no grant",
		"No grant lets this service act for this end user. Open a connect session for them.")
	// ErrCreateFenced means that another call has taken the create over.
	ErrCreateFenced = problem.Sentinel(problem.CreateInProgress, "the create was taken over", createBusyDetail)
	// ErrDatabaseClaimed means that the database is the outcome of another create.
	ErrDatabaseClaimed = errors.New("the database belongs to another create")
)

func grantLimit(reason, pointer, detail string) *problem.Error {
	return &problem.Error{
		Code: problem.GrantLimit, Reason: reason, Detail: "The grant does not allow this.",
		Fields: []problem.Field{{Pointer: pointer, Detail: detail, NotAllowed: true}},
	}
}

const createBusyDetail = "A create with this key or name is in progress. Try again with the same key."

// CreateBusyError means that a create under this key, or of this name, is under way.
type CreateBusyError struct{ RetryAfter time.Duration }

func (*CreateBusyError) Error() string { return "a create with this key or name is under way" }

// Problem is 409, with the time to wait.
func (e *CreateBusyError) Problem() *problem.Error {
	return &problem.Error{
		Code:       problem.CreateInProgress,
		Reason:     e.Error(),
		Detail:     createBusyDetail,
		RetryAfter: e.RetryAfter,
	}
}

// MaxCreateRecords is how many creates of one connection are kept for their Idempotency-Key, each for keyLifetime: who
// sends ever new keys fills no disk. None is dropped early, for then its key could make a second database.
const MaxCreateRecords = 5000

// MaxCreateRecordsPerGrant is the share of MaxCreateRecords that one grant may have: a service that uses up its own leaves
// checkDatabaseLimit for the user, and for other services.
const MaxCreateRecordsPerGrant = MaxCreateRecords / 2

// CreateRecordLimitError means that the account has made MaxCreateRecords databases within keyLifetime, or one grant of it
// MaxCreateRecordsPerGrant. The oldest of their keys expires after RetryAfter.
type CreateRecordLimitError struct {
	RetryAfter time.Duration
	OfGrant    bool // the grant's share is used up
}

// ownerAndLimit are the creates, and how many they are.
func (e *CreateRecordLimitError) ownerAndLimit() (owner string, most int) {
	if e.OfGrant {
		return "grant", MaxCreateRecordsPerGrant
	}

	return "account", MaxCreateRecords
}

func (e *CreateRecordLimitError) Error() string {
	owner, most := e.ownerAndLimit()
	return fmt.Sprintf("%d creates of this %s are kept already", most, owner)
}

// Problem is 429, with the time until there is room.
func (e *CreateRecordLimitError) Problem() *problem.Error {
	owner, most := e.ownerAndLimit()

	return &problem.Error{
		Code: problem.RateLimited, Limit: "creates", Reason: e.Error(), RetryAfter: e.RetryAfter,
		Detail: fmt.Sprintf("Limit reached: this %s created %d databases within %d hours. "+
			"The request was not processed.", owner, most, int(keyLifetime.Hours())),
	}
}

// UncertainError means that a create was sent and its outcome is not known yet. Asking again after RetryAfter, with the
// same key, settles it. Cause is why it is not known; it is not wrapped, for what is true of it is not true of the
// create.
type UncertainError struct {
	RetryAfter time.Duration
	Cause      error
}

func (e *UncertainError) Error() string {
	if e.Cause == nil {
		return "the outcome of the create is not known yet"
	}

	return "the outcome of the create is not known yet: " + e.Cause.Error()
}

// Problem says how to learn the outcome. A redirect has a code of its own: the operator has to look at the address.
func (e *UncertainError) Problem() *problem.Error {
	described := &problem.Error{
		Code:       problem.OutcomeUncertain,
		Reason:     e.Error(),
		Label:      problem.LabelUncertain,
		RetryAfter: e.RetryAfter,
		Detail: "The create was sent, but Upstash's response was lost. Send it again with the same Idempotency-Key after " +
			"Retry-After to learn the outcome. No second database is created.",
	}
	if problem.CodeOf(e.Cause) == problem.UpstreamRedirect {
		described.Code = problem.UpstreamRedirect
		described.Detail = "Upstash responded with a redirect, which is not followed. It may have created a database. " +
			"Send the create again with the same Idempotency-Key after Retry-After to learn the outcome."
	}

	return described
}

// ValidationError lists every fault of a request at once.
type ValidationError struct{ Faults []problem.Field }

func (e *ValidationError) Error() string {
	return fmt.Sprintf("%d fields cannot be taken", len(e.Faults))
}

// Problem is not_allowed while every value is valid and only not allowed here; as soon as one is wrong,
// validation_failed.
func (e *ValidationError) Problem() *problem.Error {
	return problem.OfFields(e.Error(), e.Faults)
}

// rejectedCreate is what upstream's no to a create means, and the one place that decides it.
func rejectedCreate(err error) error {
	var rejected *upstash.RejectedError
	if !errors.As(err, &rejected) {
		return err
	}

	switch rejected.Reason {
	case upstash.ReasonDatabaseLimit:
		return ErrDatabaseLimit
	case upstash.ReasonReadOnlyKey:
		return ErrUpstreamForbidden
	case upstash.ReasonNameTaken:
		return &ValidationError{Faults: []problem.Field{{Pointer: "/name", Detail: "is already used in this account"}}}
	}

	return err
}
