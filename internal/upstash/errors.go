package upstash

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

var (
	// ErrCredentialRefused means 401: e-mail and key, or the access token, are not accepted.
	ErrCredentialRefused = errors.New("upstash refused the credential")
	// ErrForbidden means 403: the credential may not do this, or is not accepted; the vendor uses both.
	ErrForbidden = errors.New("upstash forbade the call")
	// ErrNotFound means 404.
	ErrNotFound = errors.New("upstash knows no such database")
	// ErrRedirect means that the answer points elsewhere. It is not followed: a credential travels with the request.
	ErrRedirect = errors.New("upstash answered with a redirect")
	// ErrUnexpectedAnswer means a success that cannot be used: HTML, a wrong shape, too long.
	ErrUnexpectedAnswer = errors.New("upstash answered in a way that cannot be used")
	// ErrTimeout means no answer to a read in time.
	ErrTimeout = errors.New("upstash did not answer in time")
	// ErrOutcomeUnknown means that a writing call may or may not have been carried out.
	ErrOutcomeUnknown = errors.New("it is unknown whether upstash carried the call out")
)

// UnavailableError means that the call was not carried out and may be tried again.
type UnavailableError struct {
	Status     int           // 0 when no answer came
	RetryAfter time.Duration // bounded; 0 when the vendor gave none
	RateLimit  bool          // 429
	Paused     bool          // not sent: the account's back-off or the circuit breaker holds calls back
}

func (e *UnavailableError) Error() string {
	if e.Paused {
		return "calls to upstash are held back"
	}
	if e.Status == 0 {
		return "upstash cannot be reached"
	}
	return fmt.Sprintf("upstash answered %d", e.Status)
}

// RejectedError is a 4xx about the content of a call.
type RejectedError struct {
	Status int
	Reason Reason
}

func (e *RejectedError) Error() string {
	return fmt.Sprintf("upstash rejected the call with %d (%s)", e.Status, e.Reason)
}

// maxRetryAfter bounds how long the vendor may make our callers wait.
const maxRetryAfter = 5 * time.Minute

// transportFault tells a call that never left from one that may have.
func transportFault(err error, method string, written bool) error {
	switch {
	case errors.Is(err, errRedirect):
		if method != http.MethodGet {
			return fmt.Errorf("%w: %w", ErrOutcomeUnknown, ErrRedirect)
		}
		return ErrRedirect
	case method != http.MethodGet && written:
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, plain(err))
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, context.DeadlineExceeded) || isTimeout(err):
		if method == http.MethodGet {
			return ErrTimeout
		}
	}
	return &UnavailableError{}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// plain keeps the class of a transport error without its text, which holds the URL.
func plain(err error) error {
	if isTimeout(err) {
		return ErrTimeout
	}
	return &UnavailableError{}
}

// answerFault is a 200 that cannot be used. After a write, whether it was carried out is unknown.
func answerFault(method string, cause error) error {
	if method == http.MethodGet {
		return fmt.Errorf("%w: %w", ErrUnexpectedAnswer, cause)
	}
	return fmt.Errorf("%w: %w: %w", ErrOutcomeUnknown, ErrUnexpectedAnswer, cause)
}

// statusFault maps a status other than 200. A body is read only to recognise a reason; its text goes nowhere.
func statusFault(method string, response *http.Response, body []byte) error {
	status := response.StatusCode
	switch {
	case status == http.StatusUnauthorized:
		return ErrCredentialRefused
	case status == http.StatusForbidden:
		if reason := reasonOf(body); reason != ReasonUnknown {
			return &RejectedError{Status: status, Reason: reason}
		}
		return ErrForbidden
	case status == http.StatusNotFound:
		return ErrNotFound
	case status == http.StatusTooManyRequests:
		return &UnavailableError{Status: status, RetryAfter: retryAfter(response), RateLimit: true}
	case status >= 500 && method != http.MethodGet:
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, &UnavailableError{Status: status, RetryAfter: retryAfter(response)})
	case status >= 500:
		return &UnavailableError{Status: status, RetryAfter: retryAfter(response)}
	case status >= 400:
		return &RejectedError{Status: status, Reason: reasonOf(body)}
	case status >= 300:
		return ErrRedirect
	}
	return answerFault(method, fmt.Errorf("status %d", status))
}

// retryAfter reads seconds or a date (RFC 9110 section 10.2.3), bounded; 0 when absent or nonsense.
func retryAfter(response *http.Response) time.Duration {
	value := response.Header.Get("Retry-After")
	wait := time.Duration(0)
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil && seconds > 0 {
		wait = time.Duration(min(seconds, int64(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = time.Until(at)
	}
	return min(max(wait, 0), maxRetryAfter)
}
