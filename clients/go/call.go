package connect

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
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

// Call sends a request to a path below /api/v1, and decodes the JSON object of the response into answer. With answer
// nil, only a response without a body (204) is a success. Call does not know which keys the object must have: check
// them, or the JSON of a gateway counts as the server's. The package comment explains errors and repeats.
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

		wait, repeat := waitBefore(response, err, attempt)
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
	request.Header.Set("Authorization", "Bearer "+c.token())
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

	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("connect: the response was cut off: %w", err)
	}

	if response.StatusCode >= http.StatusMultipleChoices {
		return problemOf(response, body)
	}

	// The API returns 204 without a body, or a JSON object. A portal's login page with status 200 is neither.
	if answer == nil {
		if response.StatusCode == http.StatusNoContent {
			return nil
		}

		return &ResponseError{Status: response.StatusCode, Reason: "this call succeeds with status 204 only"}
	}

	if reason := decodeObject(body, answer); reason != "" {
		return &ResponseError{Status: response.StatusCode, Reason: reason}
	}

	return nil
}

// decodeObject decodes a body, or returns the fault. Errors of encoding/json quote the body, so none is used.
func decodeObject(body []byte, answer any) (reason string) {
	text := bytes.TrimLeft(body, " \t\r\n")

	switch {
	case len(body) > maxAnswer:
		return "its body is too long"
	case len(text) == 0:
		return "it has no body"
	case text[0] != '{' || json.Unmarshal(text, answer) != nil:
		return "its body is not JSON of the API"
	default:
		return ""
	}
}
