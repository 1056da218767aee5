// Package problem defines what can go wrong: one catalogue of codes, and the error type that packages return when they
// reject something. An error has its code from the start, and no caller classifies it again: api renders it as RFC
// 9457, commands render a sentence and an exit code, and metrics read its label. It imports no package of this module.
package problem

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Error is one problem. Detail is for the caller: complete sentences, without secrets and without text from upstream.
type Error struct {
	Code   Code
	Detail string

	// Reason is the text for logs and the audit, in lower case and without a full stop. Default: the code and Detail.
	Reason string
	// Status replaces the catalogue's HTTP status if the contract gives a code more than one. 0: the catalogue's.
	Status int
	// Exit replaces the catalogue's exit code. 0: the catalogue's.
	Exit int
	// Label replaces the catalogue's metric label. Empty: the catalogue's.
	Label string
	// RetryAfter is the time to wait before a retry; an earlier one is useless. 0: unknown.
	RetryAfter time.Duration
	// Challenge is the value of WWW-Authenticate (RFC 9110 section 11.6.1). Empty: the default of the
	// status, if any.
	Challenge string
	// Fields are the errors of single fields, in display order.
	Fields []Field
	// Leftovers are keys that only their owner can delete.
	Leftovers []Leftover
	// Limit is the reached limit: requests, service_requests, creates, mints or connect_sessions, or upstash for
	// Upstash's own.
	Limit string
}

// maxPointer bounds a name that a caller chose.
const maxPointer = 100

// PointerTo returns the JSON pointer of a member of the request's object (RFC 6901 section 3). It shortens a long name.
func PointerTo(name string) string {
	if len(name) > maxPointer {
		name = strings.ToValidUTF8(name[:maxPointer], "") + "…"
	}

	return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// Leftover is an unused developer key that may exist at Upstash. Only its owner can delete it.
type Leftover struct {
	Name    string
	Certain bool // true: it exists; false: it may exist
	Since   time.Time
}

// New returns a problem with a code and a detail for the caller.
func New(code Code, detail string) *Error { return &Error{Code: code, Detail: detail} }

// Sentinel returns a problem that callers compare with errors.Is. The reason is for logs and the audit.
func Sentinel(code Code, reason, detail string) *Error {
	return &Error{Code: code, Detail: detail, Reason: reason}
}

// Error returns the text for logs and the audit.
func (e *Error) Error() string {
	if e.Reason != "" {
		return e.Reason
	}

	return string(e.Code) + ": " + e.Detail
}

// Problem returns the error itself, so that Of finds it.
func (e *Error) Problem() *Error { return e }

// HTTPStatus returns the status of the API's response; 0 for a code that only desktop commands use.
func (e *Error) HTTPStatus() int {
	if e.Status != 0 {
		return e.Status
	}

	return e.Code.Row().Status
}

// ExitCode returns the exit code of a command that fails with the problem.
func (e *Error) ExitCode() int {
	if e.Exit != 0 {
		return e.Exit
	}

	return e.Code.Row().Exit
}

// MetricLabel returns the label under which metrics count a mint or a create that ends with the problem.
func (e *Error) MetricLabel() string {
	if e.Label != "" {
		return e.Label
	}

	return e.Code.Row().Label
}

// Of finds the problem of an error: the first error in its tree with a method Problem. It returns nil without one: then
// the error is a bug in this program, or an error of a library.
func Of(err error) *Error {
	if known, ok := errors.AsType[problemError](err); ok {
		return known.Problem()
	}

	return nil
}

// problemError is an *Error, or a package's own error type with more data.
type problemError interface {
	error
	Problem() *Error
}

// CodeOf returns the code of an error's problem, or an empty one without a problem.
func CodeOf(err error) Code {
	if found := Of(err); found != nil {
		return found.Code
	}

	return ""
}

// LabelOf returns the label under which metrics count a mint or a create that ends with err. An error without a
// problem is a bug in this program.
func LabelOf(err error) string {
	if found := Of(err); found != nil {
		return found.MetricLabel()
	}

	return LabelFailed
}

// OfFields returns the problem of a request with these field errors: not_allowed if all values are valid, but not
// allowed on this installation; validation_failed if any is invalid.
func OfFields(reason string, fields []Field) *Error {
	found := &Error{
		Code:   NotAllowed,
		Detail: "This installation does not allow these values.",
		Reason: reason,
		Fields: fields,
	}
	if slices.ContainsFunc(fields, func(field Field) bool { return !field.NotAllowed() }) {
		found.Code, found.Detail = ValidationFailed, "Correct the listed fields."
	}

	return found
}

// Storage returns the problem of an unavailable store.
func Storage(reason string) *Error {
	return &Error{
		Code: StorageUnavailable, Reason: reason, RetryAfter: 5 * time.Second,
		Detail: "The server's storage is unavailable. Try again shortly.",
	}
}

// Sentence turns an error's text into a sentence, with a capital letter and a full stop.
func Sentence(text string) string {
	if text == "" {
		return ""
	}

	if first := text[0]; first >= 'a' && first <= 'z' {
		text = string(first-'a'+'A') + text[1:]
	}

	return text + "."
}
