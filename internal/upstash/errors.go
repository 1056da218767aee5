package upstash

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/problem"
)

// failure is an error that knows from birth how metrics count the attempt, and which problem it is.
type failure struct {
	problem *problem.Error
	outcome Outcome
	wraps   []error
}

func (f *failure) Error() string { return f.problem.Reason }

// Problem is which one it is, to the caller of the call.
func (f *failure) Problem() *problem.Error { return f.problem }

func (f *failure) Unwrap() []error { return f.wraps }

func (f *failure) attemptOutcome() Outcome { return f.outcome }

func newFailure(outcome Outcome, code problem.Code, reason, detail string, wraps ...error) *failure {
	return &failure{problem: problem.Sentinel(code, reason, detail), outcome: outcome, wraps: wraps}
}

const (
	refusedDetail  = "Upstash returned an unexpected response. Try again later."
	redirectDetail = "Upstash responded with a redirect, which is not followed. The operator should check BFF_UPSTASH_API_URL."
	unknownDetail  = "Upstash may have carried out this call. List the databases before you try again."
	unknownRetry   = 60 * time.Second
)

// The errors that say all there is to say. ErrCredentialRefused and ErrForbidden are for the holder of the credential,
// who finds out what they mean for the caller: a 401 of upstream never becomes ours.
var (
	// ErrCredentialRefused means 401: e-mail and key, or the access token, are not accepted.
	ErrCredentialRefused error = newFailure(
		OutcomeRefused, problem.Internal, "upstash refused the credential", internalDetail,
	)
	// ErrForbidden means 403: the credential may not do this, or is not accepted; the vendor uses both.
	ErrForbidden error = newFailure(OutcomeForbidden, problem.Internal, "upstash forbade the call", internalDetail)
	// ErrNotFound means 404.
	ErrNotFound error = newFailure(OutcomeNotFound, problem.DatabaseNotFound, "upstash knows no such database",
		"Database not found in this account.")
	// ErrRedirect means that the answer points elsewhere. It is not followed: a credential travels with the request.
	ErrRedirect error = newFailure(
		OutcomeRedirect, problem.UpstreamRedirect, "upstash answered with a redirect", redirectDetail,
	)
	// ErrUnexpectedAnswer means a success that cannot be used: HTML, a wrong shape, too long.
	ErrUnexpectedAnswer error = newFailure(
		OutcomeUnusable, problem.UpstreamError, "upstash answered in a way that cannot be used", refusedDetail,
	)
	// ErrTimeout means no answer to a read in time.
	ErrTimeout error = timeout()
	// ErrOutcomeUnknown means that a writing call may or may not have been carried out.
	ErrOutcomeUnknown error = unknownOutcome()
)

const internalDetail = "The server failed. Quote the request id to the operator."

func timeout() error {
	f := newFailure(OutcomeTimeout, problem.UpstreamTimeout, "upstash did not answer in time",
		"Upstash did not respond in time. Nothing was changed. Try again later.")
	f.problem.RetryAfter = 5 * time.Second

	return f
}

func unknownOutcome() error {
	f := newFailure(
		OutcomeUnknown, problem.OutcomeUncertain, "it is unknown whether upstash carried the call out", unknownDetail,
	)
	f.problem.RetryAfter = unknownRetry

	return f
}

// redirectedWrite is a redirect of a write that upstream may have carried out first.
func redirectedWrite() error {
	f := newFailure(
		OutcomeUnknown,
		problem.UpstreamRedirect,
		ErrOutcomeUnknown.Error()+": "+ErrRedirect.Error(),
		unknownDetail,
		ErrOutcomeUnknown,
		ErrRedirect,
	)
	f.problem.Label = problem.LabelUncertain

	return f
}

// UnavailableError means that the call was not carried out and may be tried again.
type UnavailableError struct {
	Status     int           // 0 when no answer came
	RetryAfter time.Duration // bounded; 0 when the vendor gave none
	RateLimit  bool          // 429
	Paused     bool          // not sent: the account's back-off or the circuit breaker holds calls back
	Crowded    bool          // not sent: too many other calls are under way
	cause      string        // when no answer came: in our words, for the log
	proxy      *egress.ProxyError
}

// Unwrap is the *egress.ProxyError of a call that did not get past the proxy.
func (e *UnavailableError) Unwrap() error {
	if e.proxy == nil {
		return nil
	}

	return e.proxy
}

func (e *UnavailableError) Error() string {
	if e.Crowded {
		return "too many calls to upstash are under way"
	}

	if e.Paused {
		return "calls to upstash are held back"
	}

	if e.Status == 0 {
		return "upstash cannot be reached: " + e.cause
	}

	return fmt.Sprintf("upstash answered %d", e.Status)
}

// Problem is 429 when upstream limits the account, else 503: nothing was changed.
func (e *UnavailableError) Problem() *problem.Error {
	if e.RateLimit {
		return &problem.Error{
			Code: problem.RateLimited, Limit: "upstash", Label: problem.LabelNotSent, Reason: e.Error(),
			Detail: "Upstash is rate limiting this account. The request was not processed.", RetryAfter: cmp.Or(e.RetryAfter, 10*time.Second),
		}
	}

	detail := "Upstash is unreachable or failing. Nothing was changed. Try again later."
	switch {
	case e.Crowded:
		detail = "Too many calls to Upstash are in progress. This call waited too long and was not sent. Try again later."
	case e.proxy != nil: // whose name is for the operator alone
		detail = "The proxy between this server and Upstash blocks calls. Nothing was sent."
	case e.Paused:
		detail = "Calls to Upstash are paused because too many failed (the circuit breaker is open). Nothing was sent."
	}

	return &problem.Error{
		Code:       problem.UpstreamUnavailable,
		Detail:     detail,
		Reason:     e.Error(),
		RetryAfter: cmp.Or(e.RetryAfter, 5*time.Second),
	}
}

func (e *UnavailableError) attemptOutcome() Outcome {
	switch {
	case e.Paused:
		return OutcomeHeldBack
	case e.Crowded:
		return OutcomeCrowded
	case e.RateLimit:
		return OutcomeRateLimited
	}

	return OutcomeUnavailable
}

// NotSent reports whether the writing call that ended with this error certainly did not leave for upstream, or was
// turned away there before anything was done with it.
func NotSent(err error) bool {
	var unavailable *UnavailableError

	if errors.Is(err, ErrOutcomeUnknown) {
		return false
	}

	return errors.Is(err, context.Canceled) ||
		(errors.As(err, &unavailable) && (unavailable.Status == 0 || unavailable.Paused))
}

// RejectedError is a 4xx about the content of a call.
type RejectedError struct {
	Status int
	Reason Reason
}

func (e *RejectedError) Error() string {
	return fmt.Sprintf("upstash rejected the call with %d (%s)", e.Status, e.Reason)
}

// Problem is what is known where nobody knows the reason's meaning for the call: upstream said no.
func (e *RejectedError) Problem() *problem.Error {
	return problem.Sentinel(problem.UpstreamError, e.Error(),
		"Upstash rejected this call for an unknown reason. Nothing was changed.")
}

func (*RejectedError) attemptOutcome() Outcome { return OutcomeRejected }

// maxRetryAfter bounds how long the vendor may make our callers wait.
const maxRetryAfter = 5 * time.Minute

// transportError tells a call that never left from one that may have.
func transportError(err error, method string, sent bool) error {
	read := method == http.MethodGet

	blocked, isBlocked := errors.AsType[*egress.ProxyError](err)
	switch {
	case isBlocked && !sent:
		return &UnavailableError{cause: blocked.Error(), proxy: blocked}
	case !read && sent:
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, errorClass(err))
	case errors.Is(err, context.Canceled):
		return context.Canceled // the caller left
	case read && isTimeout(err):
		return ErrTimeout
	}

	return &UnavailableError{cause: connectionCause(err)}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &timeout) && timeout.Timeout())
}

// errorClass keeps the class of a transport error.
func errorClass(err error) error {
	if isTimeout(err) {
		return ErrTimeout
	}

	return &UnavailableError{cause: connectionCause(err)}
}

// connectionCause says in our own words why no answer came. The error's own may quote what the other side sent.
func connectionCause(err error) string {
	var (
		name        *net.DNSError
		operation   *net.OpError
		certificate *tls.CertificateVerificationError
	)
	switch {
	case unprocessedByPeer(err):
		return "it turned the request away before it did anything with it"
	case errors.As(err, &certificate):
		return "its certificate is not accepted"
	case errors.As(err, &name):
		return "its name does not resolve"
	case isTimeout(err):
		return "no connection in time"
	case errors.As(err, &operation) && operation.Op == "dial":
		return "no connection"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &operation):
		return "the connection ended"
	}

	return "its answer is not HTTP"
}

// answerError is a 200 that cannot be used. After a write, whether it was carried out is unknown.
func answerError(method string, cause error) error {
	if method == http.MethodGet {
		return fmt.Errorf("%w: %w", ErrUnexpectedAnswer, cause)
	}

	return fmt.Errorf("%w: %w: %w", ErrOutcomeUnknown, ErrUnexpectedAnswer, cause)
}

// statusError maps an answer that is no success. Its body is read only to recognise a reason; its text goes nowhere.
func statusError(call *call, response *http.Response) error {
	status, read := response.StatusCode, call.method == http.MethodGet

	reason := func() Reason {
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorBytes)) // cut short, it is an unknown reason
		return reasonOf(body)
	}
	switch {
	case status == http.StatusUnauthorized:
		return ErrCredentialRefused
	case status == http.StatusForbidden:
		if why := reason(); why != ReasonUnknown {
			return &RejectedError{Status: status, Reason: why}
		}

		return ErrForbidden
	case status == http.StatusNotFound && call.one:
		return ErrNotFound
	case status == http.StatusTooManyRequests:
		return &UnavailableError{Status: status, RetryAfter: retryAfter(response), RateLimit: true}
	case status >= 500 && !read:
		return fmt.Errorf(
			"%w: %w", ErrOutcomeUnknown, &UnavailableError{Status: status, RetryAfter: retryAfter(response)},
		)
	case status >= 500:
		return &UnavailableError{Status: status, RetryAfter: retryAfter(response)}
	case status >= 400:
		return &RejectedError{Status: status, Reason: reason()}
	case status >= 300 && status != http.StatusNotModified && !read:
		return redirectedWrite() // 307 and 308 too: nothing in them says that nothing was done before
	case status >= 300 && status != http.StatusNotModified:
		return ErrRedirect
	}

	return answerError(call.method, fmt.Errorf("status %d", status))
}

// retryAfter reads seconds or a date (RFC 9110 section 10.2.3), bounded; 0 when absent or nonsense.
func retryAfter(response *http.Response) time.Duration {
	value := response.Header.Get("Retry-After")

	wait := time.Duration(0)
	if value != "" && strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil { // more than an int64 holds
			return maxRetryAfter
		}
		wait = time.Duration(min(seconds, int64(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = time.Until(at)
	}

	return min(max(wait, 0), maxRetryAfter)
}
