package connect

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	attempts    = 4
	longestWait = time.Minute // a longer Retry-After is the caller's to decide
	firstWait   = 500 * time.Millisecond
)

// CallOption changes one call.
type CallOption func(*http.Request)

// IdempotencyKey makes a call that creates something repeatable.
func IdempotencyKey(key string) CallOption {
	return func(r *http.Request) { r.Header.Set("Idempotency-Key", key) }
}

// ConfirmName confirms the name of what a guarded operation changes or deletes (docs/integrate/operations.md).
func ConfirmName(name string) CallOption {
	return func(r *http.Request) { r.Header.Set("Confirm-Name", name) }
}

// Call sends a request to a path below /api/v1, and decodes the response into answer, unless that is nil. A call that
// changes nothing, or has an idempotency key, is repeated if the server asks for that with Retry-After.
//
// A *Problem is what the server reports. Any other error means that there was no response, or none of this server: the
// call may have taken effect.
func (c *Client) Call(
	ctx context.Context, method, path string, body, answer any, options ...CallOption,
) error {
	var text []byte

	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}

	for attempt := 1; ; attempt++ {
		response, err := c.send(ctx, method, path, text, options) //nolint:bodyclose // decode closes it
		if err != nil {
			return err
		}

		err = decode(response, answer)

		wait, repeat := retryAfter(response, err, attempt)
		if !repeat || attempt == attempts {
			return err
		}

		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

func (c *Client) send(
	ctx context.Context, method, path string, body []byte, options []CallOption,
) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Accept", "application/json, application/problem+json")

	if body == nil {
		request.Body = http.NoBody
	} else {
		request.Header.Set("Content-Type", "application/json")
	}

	if c.header != "" {
		request.Header.Set(c.header, c.value)
	}

	for _, option := range options {
		option(request)
	}

	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}

	return response, nil
}

// decode reads the body, and closes it.
func decode(response *http.Response, answer any) error {
	defer func() { _ = response.Body.Close() }()

	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("connect: the response was cut off: %w", err)
	}

	if response.StatusCode >= http.StatusMultipleChoices {
		return problemOf(response, body)
	}

	if answer == nil || len(body) == 0 {
		return nil
	}

	if err := json.Unmarshal(body, answer); err != nil {
		return fmt.Errorf("connect: the response is not one of this server: %w", err)
	}

	return nil
}

// retryAfter decides whether a failed call is repeated, and when. Only calls that have the same effect when they are
// repeated qualify (RFC 9110 section 9.2.2), and only if the server asks for it.
func retryAfter(response *http.Response, err error, attempt int) (time.Duration, bool) {
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

	wait := firstWait << (attempt - 1)
	if header := response.Header.Get("Retry-After"); header != "" {
		wait = waitOf(header, time.Now())
	}

	return wait, wait <= longestWait
}

// waitOf reads Retry-After: seconds, or a date (RFC 9110 section 10.2.3).
func waitOf(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}

	if date, err := http.ParseTime(header); err == nil {
		return max(0, date.Sub(now))
	}

	return firstWait
}
