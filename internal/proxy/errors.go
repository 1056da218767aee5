package proxy

import (
	"errors"
	"fmt"
	"time"

	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/upstash"
)

var (
	// ErrDatabaseNotFound means that the account has no such database, or that the id is invalid.
	ErrDatabaseNotFound = problem.Sentinel(problem.DatabaseNotFound, "no such database",
		"Database not found in this account.")
	// ErrUpstreamForbidden means that upstream accepts the key but forbids this call.
	ErrUpstreamForbidden = problem.Sentinel(problem.UpstreamForbidden, "upstream forbids this call",
		"Upstash accepted the key but denied this call. Check the account's permissions at Upstash.")
	// ErrCredentialsDisabled means that this installation reveals no credentials.
	ErrCredentialsDisabled = problem.Sentinel(problem.CredentialsDisabled, "revealing credentials is switched off",
		"This installation does not reveal database credentials.")
	// ErrOperationDisabled means that this installation does not offer the operation.
	ErrOperationDisabled = problem.Sentinel(problem.OperationDisabled, "the operation is not open here",
		"This installation does not offer this operation. The operator can open it with BFF_ALLOW_OPERATIONS.")
	// ErrResourceNotFound means that the account has no such index, QStash or backup, or that the id is invalid.
	ErrResourceNotFound = problem.Sentinel(problem.ResourceNotFound, "no such resource",
		"Not found in this account.")
	// ErrConfirmation means that the caller of a guarded operation did not repeat the resource's name.
	ErrConfirmation = problem.Sentinel(problem.ConfirmationMismatch, "the name was not confirmed",
		"Repeat the resource's name in the header Confirm-Name. Nothing was changed.")
	// ErrResourceLimit means that the account's plan allows no further resource of this kind.
	ErrResourceLimit = problem.Sentinel(problem.ResourceLimit, "no further resource is allowed",
		"The account's Upstash plan allows no more of these.")
	// ErrDatabaseLimit means that the account, or this installation, allows no further database.
	ErrDatabaseLimit = problem.Sentinel(problem.DatabaseLimit, "no further database is allowed",
		"The account's Upstash plan, or this installation, allows no more databases.")
	// ErrKeyReused means that the Idempotency-Key was used with another body.
	ErrKeyReused = problem.Sentinel(problem.IdempotencyKeyReused, "the idempotency key was used with another body",
		"This Idempotency-Key was used with a different body. Use a new key for a new call.")
	// ErrGrantDatabases means that the grant allows no further database.
	ErrGrantDatabases = grantLimit("the grant allows no further database", "/name",
		"exceeds the number of databases that this grant allows")
	// ErrGrantBudget means that the total budget of the grant's databases would exceed its limit.
	ErrGrantBudget = grantLimit("the grant allows no such budget", "/budget",
		"raises the total budget above what this grant allows")
	// ErrGrantRequired means that no active grant allows this call.
	ErrGrantRequired = problem.Sentinel(problem.GrantRequired, "no grant",
		"No grant lets this service act for this end user. Open a connect session for them.")
	// ErrCreateFenced means that another call has taken over the create.
	ErrCreateFenced = problem.Sentinel(problem.CreateInProgress, "the create was taken over", createBusyDetail)
	// ErrDatabaseClaimed means that the database is the result of another create.
	ErrDatabaseClaimed = errors.New("the database belongs to another create")
)

func grantLimit(reason, pointer, detail string) *problem.Error {
	return &problem.Error{
		Code: problem.GrantLimit, Reason: reason, Detail: "The grant does not allow this.",
		Fields: []problem.Field{problem.NewField(pointer, problem.FieldNotAllowed, detail)},
	}
}

const createBusyDetail = "A call with this key, or another one on the same name or resource, is in progress. " +
	"Try again with the same key."

// CreateBusyError means that a call with this key, or on this name or resource, is in progress.
type CreateBusyError struct{ RetryAfter time.Duration }

func (*CreateBusyError) Error() string { return "a create with this key or name is in progress" }

// Problem is a 409 with the time to wait.
func (e *CreateBusyError) Problem() *problem.Error {
	return &problem.Error{
		Code:       problem.CreateInProgress,
		Reason:     e.Error(),
		Detail:     createBusyDetail,
		RetryAfter: e.RetryAfter,
	}
}

// MaxCreateRecords limits the create records of one connection, each stored for keyLifetime, so that a caller that
// keeps sending new keys cannot fill the disk. No record is dropped early: its key could then create a second
// database.
const MaxCreateRecords = 5000

// MaxCreateRecordsPerGrant is the part of MaxCreateRecords that one grant may use. A service that uses up its own part
// leaves room for the user and other services.
const MaxCreateRecordsPerGrant = MaxCreateRecords / 2

// CreateRecordLimitError means that the account created MaxCreateRecords databases within keyLifetime, or one of its
// grants MaxCreateRecordsPerGrant. The oldest of their keys expires after RetryAfter.
type CreateRecordLimitError struct {
	RetryAfter time.Duration
	OfGrant    bool // the limit of the grant was reached
}

// ownerAndLimit names what reached its limit, and the limit.
func (e *CreateRecordLimitError) ownerAndLimit() (owner string, most int) {
	if e.OfGrant {
		return "grant", MaxCreateRecordsPerGrant
	}

	return "account", MaxCreateRecords
}

func (e *CreateRecordLimitError) Error() string {
	owner, most := e.ownerAndLimit()
	return fmt.Sprintf("%d creates of this %s are already stored", most, owner)
}

// Problem is a 429 with the time until a record expires.
func (e *CreateRecordLimitError) Problem() *problem.Error {
	owner, most := e.ownerAndLimit()

	return &problem.Error{
		Code: problem.RateLimited, Limit: "creates", Reason: e.Error(), RetryAfter: e.RetryAfter,
		Detail: fmt.Sprintf("Limit reached: this %s created %d databases within %d hours. "+
			"The request was not processed.", owner, most, int(keyLifetime.Hours())),
	}
}

// UncertainError means that a call was sent and its outcome is not known yet. A repeat with the same key after
// RetryAfter settles it. Cause explains why the outcome is unknown. It is not wrapped: its meaning does not apply to
// the create.
type UncertainError struct {
	RetryAfter time.Duration
	Cause      error
	Create     bool // the call creates something
}

func (e *UncertainError) Error() string {
	if e.Cause == nil {
		return "the outcome of the create is not known yet"
	}

	return "the outcome of the create is not known yet: " + e.Cause.Error()
}

// Problem explains how to learn the outcome. A redirect has its own code: the operator must check the address.
func (e *UncertainError) Problem() *problem.Error {
	described := &problem.Error{
		Code:       problem.OutcomeUncertain,
		Reason:     e.Error(),
		Label:      problem.LabelUncertain,
		RetryAfter: e.RetryAfter,
		Detail: "The create was sent, but Upstash's response was lost. Send it again with the same Idempotency-Key after " +
			"Retry-After to learn the outcome. Nothing is created twice.",
	}
	if !e.Create {
		described.Detail = "The call was sent, but Upstash's response was lost. Send it again with the same Idempotency-Key " +
			"after Retry-After to learn the outcome."
	}

	if problem.CodeOf(e.Cause) == problem.UpstreamRedirect {
		described.Code = problem.UpstreamRedirect
		described.Detail = "Upstash responded with a redirect, which is not followed. It may have created a database. " +
			"Send the create again with the same Idempotency-Key after Retry-After to learn the outcome."
	}

	return described
}

// ValidationError lists all invalid fields of a request.
type ValidationError struct{ Fields []problem.Field }

func (e *ValidationError) Error() string {
	return fmt.Sprintf("%d fields are invalid", len(e.Fields))
}

// Problem is not_allowed when every value is valid but some are not allowed here, and validation_failed when any is
// invalid.
func (e *ValidationError) Problem() *problem.Error {
	return problem.OfFields(e.Error(), e.Fields)
}

// errNameUsed means that another resource of the account has the name.
func errNameUsed() error {
	return &ValidationError{Fields: []problem.Field{
		problem.NewField("/name", problem.FieldUsed, "is already used in this account"),
	}}
}

// rejectedCreate maps upstream's rejection of a create to our error; no other function decides it.
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
		return errNameUsed()
	}

	return err
}
