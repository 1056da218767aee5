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

// failure is an error with its metric outcome and its problem.
type failure struct {
	problem *problem.Error
	outcome Outcome
	wraps   []error
}

func (f *failure) Error() string { return f.problem.Reason }

// Problem is the problem that the caller of the call gets.
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

// Errors without further data. ErrCredentialRefused and ErrForbidden are for the holder of the credential, who finds
// out what they mean for the caller: a 401 from upstream never becomes our 401.
var (
	// ErrCredentialRefused means 401: Upstash rejected the e-mail and key, or the access token.
	ErrCredentialRefused error = newFailure(
		OutcomeRefused, problem.Internal, "upstash rejected the credential", internalDetail,
	)
	// ErrForbidden means 403: the credential may not do this, or is invalid; Upstash uses 403 for both.
	ErrForbidden error = newFailure(OutcomeForbidden, problem.Internal, "upstash forbade the call", internalDetail)
	// ErrNotFound means 404.
	ErrNotFound error = newFailure(OutcomeNotFound, problem.DatabaseNotFound, "upstash has no such database",
		"Database not found in this account.")
	// ErrRedirect means a redirect. It is not followed, because the request carries a credential.
	ErrRedirect error = newFailure(
		OutcomeRedirect, problem.UpstreamRedirect, "upstash responded with a redirect", redirectDetail,
	)
	// ErrUnexpectedResponse means a success response that is unusable: HTML, an unexpected type, or too long.
	ErrUnexpectedResponse error = newFailure(
		OutcomeUnusable, problem.UpstreamError, "upstash sent an unusable response", refusedDetail,
	)
	// ErrTimeout means that a read got no response in time.
	ErrTimeout error = timeout()
	// ErrOutcomeUnknown means that Upstash may or may not have carried out a write.
	ErrOutcomeUnknown error = unknownOutcome()
)

const internalDetail = "The server failed. Quote the request id to the operator."

func timeout() error {
	f := newFailure(OutcomeTimeout, problem.UpstreamTimeout, "upstash did not respond in time",
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

// redirectedWrite is a redirect in response to a write, which upstream may have carried out before.
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

// UnavailableError means that the call was not carried out and may be retried.
type UnavailableError struct {
	Status     int           // 0 without a response
	RetryAfter time.Duration // limited; 0 when Upstash sent none
	RateLimit  bool          // 429
	Paused     bool          // not sent: the account is paused, or the circuit breaker is open
	Crowded    bool          // not sent: too many other calls are in progress
	cause      string        // without a response: the reason in our words, for the log
	proxy      *egress.ProxyError
}

// Unwrap returns the *egress.ProxyError of a call that the proxy blocked.
func (e *UnavailableError) Unwrap() error {
	if e.proxy == nil {
		return nil
	}

	return e.proxy
}

func (e *UnavailableError) Error() string {
	if e.Crowded {
		return "too many calls to upstash are in progress"
	}

	if e.Paused {
		return "calls to upstash are held back"
	}

	if e.Status == 0 {
		return "upstash cannot be reached: " + e.cause
	}

	return fmt.Sprintf("upstash responded with status %d", e.Status)
}

// Problem is a 429 when upstream limits the account, else a 503: nothing was changed.
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
	case e.proxy != nil: // only the operator sees the proxy's name
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

// NotSent reports whether the write that failed with this error certainly did not reach upstream, or upstream rejected
// it before processing it.
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

// Problem is the generic problem, for callers that cannot interpret the reason.
func (e *RejectedError) Problem() *problem.Error {
	return problem.Sentinel(problem.UpstreamError, e.Error(),
		"Upstash rejected this call for an unknown reason. Nothing was changed.")
}

func (*RejectedError) attemptOutcome() Outcome { return OutcomeRejected }

// maxRetryAfter limits how long Upstash may make our callers wait.
const maxRetryAfter = 5 * time.Minute

// transportError distinguishes a call that certainly was not sent from one that may have been.
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

// errorClass reduces a transport error to its class.
func errorClass(err error) error {
	if isTimeout(err) {
		return ErrTimeout
	}

	return &UnavailableError{cause: connectionCause(err)}
}

// connectionCause describes in our own words why there was no response. The error's own text may quote the other side.
func connectionCause(err error) string {
	var (
		name        *net.DNSError
		operation   *net.OpError
		certificate *tls.CertificateVerificationError
	)
	switch {
	case unprocessedByPeer(err):
		return "it rejected the request before processing it"
	case errors.As(err, &certificate):
		return "its certificate is invalid"
	case errors.As(err, &name):
		return "its name does not resolve"
	case isTimeout(err):
		return "no connection in time"
	case errors.As(err, &operation) && operation.Op == "dial":
		return "no connection"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &operation):
		return "the connection ended"
	}

	return "its response is not HTTP"
}

// answerError is an unusable success response. After a write, it is unknown whether the write was carried out.
func answerError(method string, cause error) error {
	if method == http.MethodGet {
		return fmt.Errorf("%w: %w", ErrUnexpectedResponse, cause)
	}

	return fmt.Errorf("%w: %w: %w", ErrOutcomeUnknown, ErrUnexpectedResponse, cause)
}

// statusError maps an error response. Its body is read only to recognize a reason, and its text is not passed on.
func statusError(call *call, response *http.Response) error {
	status, read := response.StatusCode, call.method == http.MethodGet

	reason := func() Reason {
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorBytes)) // a truncated body has an unknown reason

		if call.redundant != "" && strings.Contains(strings.ToLower(errorText(body)), call.redundant) {
			return ReasonRedundant
		}

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
		return redirectedWrite() // 307 and 308 too: they do not prove that nothing was done
	case status >= 300 && status != http.StatusNotModified:
		return ErrRedirect
	}

	return answerError(call.method, fmt.Errorf("status %d", status))
}

// retryAfter parses seconds or a date (RFC 9110 section 10.2.3), with a maximum; 0 when absent or invalid.
func retryAfter(response *http.Response) time.Duration {
	value := response.Header.Get("Retry-After")

	wait := time.Duration(0)
	if value != "" && strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil { // too large for an int64
			return maxRetryAfter
		}
		wait = time.Duration(min(seconds, int64(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = time.Until(at)
	}

	return min(max(wait, 0), maxRetryAfter)
}
