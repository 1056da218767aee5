// Package problem is what can go wrong: one catalogue of codes, and the error type that every package makes where it
// refuses something. An error carries its code from birth, and nobody above classifies it again: api renders it as RFC
// 9457, the commands as a sentence and an exit code, and metrics read its label. The package imports none of ours.
package problem

import (
	"errors"
	"slices"
	"time"
)

// Error is one problem. Detail is for the caller: a whole sentence, without a secret and without anything that upstream
// said.
type Error struct {
	Code   Code
	Detail string

	// Reason is what logs and the audit say, in lower case and without a full stop. Default: the code and Detail.
	Reason string
	// Status replaces the catalogue's HTTP status, where the contract gives a code more than one. 0: the catalogue's.
	Status int
	// Exit replaces the catalogue's exit code. 0: the catalogue's.
	Exit int
	// Label replaces the catalogue's label of metrics. Empty: the catalogue's.
	Label string
	// RetryAfter is how long to wait before the call is repeated; sooner is of no use. 0: not known.
	RetryAfter time.Duration
	// Challenge is the value of WWW-Authenticate (RFC 9110 section 11.6.1). Empty: the one that the status asks for, if
	// any.
	Challenge string
	// Fields are the faults of single fields, in the order in which they are to be shown.
	Fields []Field
	// Leftovers are keys that only their owner can delete.
	Leftovers []Leftover
	// Limit is the limit that was reached: requests, service_requests, creates, mints or connect_sessions; upstash for
	// Upstash's own.
	Limit string
}

// Field is the fault of one field.
type Field struct {
	Pointer    string // JSON pointer (RFC 6901) into the request
	Detail     string // what is wrong, as the end of a sentence that the field's name begins
	NotAllowed bool   // the value is valid, and this installation does not allow it
	Listed     bool   // the catalog lists what is valid
}

// Leftover is a developer key that may exist upstream although nothing here uses it. Only its owner can delete it.
type Leftover struct {
	Name    string
	Certain bool // it exists; else it may
	Since   time.Time
}

// New is a problem with a code, and its detail for the caller.
func New(code Code, detail string) *Error { return &Error{Code: code, Detail: detail} }

// Sentinel is a problem that callers compare with errors.Is. Logs and the audit get reason.
func Sentinel(code Code, reason, detail string) *Error {
	return &Error{Code: code, Detail: detail, Reason: reason}
}

// Error is for logs and the audit.
func (e *Error) Error() string {
	if e.Reason != "" {
		return e.Reason
	}

	return string(e.Code) + ": " + e.Detail
}

// Problem makes an *Error one of the errors that Of finds.
func (e *Error) Problem() *Error { return e }

// HTTPStatus is the status of the API's answer; 0 for a code of desktop commands alone.
func (e *Error) HTTPStatus() int {
	if e.Status != 0 {
		return e.Status
	}

	return e.Code.Row().Status
}

// ExitCode is the exit code of a command that ends with the problem.
func (e *Error) ExitCode() int {
	if e.Exit != 0 {
		return e.Exit
	}

	return e.Code.Row().Exit
}

// MetricLabel is how metrics count a mint or a create that ends with the problem.
func (e *Error) MetricLabel() string {
	if e.Label != "" {
		return e.Label
	}

	return e.Code.Row().Label
}

// Of finds the problem of an error: the error itself, or the first in its tree that is one or knows its own by a method
// Problem. It returns nil where there is none: a fault of ours, or an error of a library.
func Of(err error) *Error {
	if known, ok := errors.AsType[described](err); ok {
		return known.Problem()
	}

	return nil
}

// described is an error type of a package's own that carries more than a problem.
type described interface {
	error
	Problem() *Error
}

// CodeOf is the code of an error's problem; empty where it has none.
func CodeOf(err error) Code {
	if found := Of(err); found != nil {
		return found.Code
	}

	return ""
}

// LabelOf is how metrics count a mint or a create that ends with err. An error without a problem is a fault of ours.
func LabelOf(err error) string {
	if found := Of(err); found != nil {
		return found.MetricLabel()
	}

	return LabelFailed
}

// OfFields is the problem of a request whose fields have these faults: not_allowed while every value is valid and only
// not allowed here, validation_failed as soon as one is not.
func OfFields(reason string, fields []Field) *Error {
	found := &Error{
		Code:   NotAllowed,
		Detail: "This installation does not allow these values.",
		Reason: reason,
		Fields: fields,
	}
	if slices.ContainsFunc(fields, func(field Field) bool { return !field.NotAllowed }) {
		found.Code, found.Detail = ValidationFailed, "Correct the listed fields."
	}

	return found
}

// Storage is the problem of a store that cannot take or read this now.
func Storage(reason string) *Error {
	return &Error{
		Code: StorageUnavailable, Reason: reason, RetryAfter: 5 * time.Second,
		Detail: "The server's storage is unavailable. Try again shortly.",
	}
}

// Sentence makes a sentence of an error's text: it begins with a capital letter and ends with a full stop.
func Sentence(text string) string {
	if text == "" {
		return ""
	}

	if first := text[0]; first >= 'a' && first <= 'z' {
		text = string(first-'a'+'A') + text[1:]
	}

	return text + "."
}
