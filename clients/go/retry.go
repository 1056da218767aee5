package connect

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	attempts    = 4
	longestWait = time.Minute // a longer Retry-After is the caller's to decide
	firstWait   = 500 * time.Millisecond
)

// MaxRetryAfter is the longest Problem.RetryAfter; a longer Retry-After is shortened to it. The TypeScript client has
// the same bound, because a timer of JavaScript overflows after 24 days.
const MaxRetryAfter = 7 * 24 * time.Hour

// waitBefore decides whether a failed call is repeated, and when. Only calls that have the same effect when they are
// repeated qualify (RFC 9110 section 9.2.2), and only after a status that says "later".
func waitBefore(response *http.Response, err error, attempt int) (wait time.Duration, repeat bool) {
	request := response.Request
	repeatable := request.Method == http.MethodGet || request.Header.Get("Idempotency-Key") != ""

	switch response.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
	default:
		repeatable = false
	}

	if err == nil || !repeatable {
		return 0, false
	}

	wait, known := retryAfter(response.Header, time.Now())
	if !known {
		wait = firstWait << (attempt - 1)
	}

	return wait, wait <= longestWait
}

// retryAfter reads Retry-After: seconds, or a date (RFC 9110 section 10.2.3). Without a valid one, known is false.
func retryAfter(header http.Header, now time.Time) (wait time.Duration, known bool) {
	text := strings.TrimSpace(header.Get("Retry-After"))

	if text != "" && strings.Trim(text, "0123456789") == "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil || seconds > int64(MaxRetryAfter/time.Second) { // the only error of digits is "out of range"
			return MaxRetryAfter, true
		}

		return time.Duration(seconds) * time.Second, true
	}

	if date, err := http.ParseTime(text); err == nil {
		return min(max(0, date.Sub(now)), MaxRetryAfter), true
	}

	return 0, false
}
