package upstash

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/failsafe-go/failsafe-go"
)

// RawTimeout limits the wait for the header of a raw response, over all attempts.
const RawTimeout = 30 * time.Second

// RawMethods lists the methods of raw requests. Only GET is repeated after an error.
func RawMethods() []string {
	return []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
}

// RawRequest is a request that the key's owner wrote.
type RawRequest struct {
	Method string  // one of RawMethods
	Path   RawPath // of ParseRawPath
	Body   []byte  // JSON; nil: none. A GET has none
}

// RawResponse is Upstash's response, whatever its status. It never contains the credential that was sent: where
// Upstash repeats it, asterisks replace it.
type RawResponse struct {
	Status int
	Proto  string // HTTP/1.1
	Header http.Header
	Body   *RawBody // the caller closes it

	retryAfter time.Duration
}

// RetryAfter returns how long Upstash asked to wait, with a maximum; 0 when it did not ask.
func (r *RawResponse) RetryAfter() time.Duration { return r.retryAfter }

// Raw sends a request as it is, and returns the response as it is. Like the other calls, it goes to the origin of the
// client alone, follows no redirect, and sends a write once. Errors are those of a call without a response.
func (c *Client) Raw(ctx context.Context, credential Credential, request RawRequest) (*RawResponse, error) {
	if !slices.Contains(RawMethods(), request.Method) || request.Path.encoded == "" ||
		(request.Method == http.MethodGet && request.Body != nil) {
		return nil, errors.New("upstash: an unchecked raw request")
	}

	slot, err := c.queue.acquire(ctx, accountOf(credential))
	if err != nil {
		return nil, err
	}

	response, err := c.rawAttempts(ctx, credential, request)
	if err != nil {
		slot.done()
		return nil, err
	}
	response.Body.release = slot.done

	return response, nil
}

// rawAttempts repeats a GET while that is useful. If the last attempt got a response, that is the result.
func (c *Client) rawAttempts(
	ctx context.Context, credential Credential, request RawRequest,
) (response *RawResponse, err error) {
	waiting, cancel := context.WithTimeout(ctx, c.rawWait)
	defer cancel()

	if request.Method != http.MethodGet {
		return c.rawAttempt(ctx, waiting, credential, request)
	}

	var last error

	err = failsafe.With(c.resilience.retry).WithContext(waiting).Run(func() error {
		if response != nil {
			_ = response.Body.Close()
		}

		response, last = c.rawAttempt(ctx, waiting, credential, request)
		if last != nil {
			return last
		}

		return rawStatus(response)
	})

	switch {
	case response != nil:
		return response, nil
	case last != nil:
		return nil, lastAttemptError(err, last)
	}

	return nil, err
}

// rawStatus returns the error that a status means to the breaker, the account's pause and the retries.
func rawStatus(response *RawResponse) error {
	limited := response.Status == http.StatusTooManyRequests
	if response.Status < http.StatusInternalServerError && !limited {
		return nil
	}

	return &UnavailableError{Status: response.Status, RetryAfter: response.retryAfter, RateLimit: limited}
}

// rawAttempt makes one attempt. waiting limits the wait for the header; ctx is that of the whole response.
func (c *Client) rawAttempt(
	ctx, waiting context.Context, credential Credential, request RawRequest,
) (response *RawResponse, err error) {
	account := accountOf(credential)
	if err := c.resilience.admit(account); err != nil {
		return nil, err
	}
	response, err = c.rawSend(ctx, waiting, credential, request)

	seen := err
	if err == nil {
		seen = rawStatus(response)
	}
	c.resilience.observe(account, seen)

	return response, err
}

// rawSend sends the request one time, and returns when the header has arrived.
func (c *Client) rawSend(
	ctx, waiting context.Context, credential Credential, request RawRequest,
) (*RawResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	arrived := context.AfterFunc(waiting, cancel)

	response, err := c.rawRoundTrip(ctx, credential, request) //nolint:bodyclose // RawBody closes it
	inTime := arrived()

	if err != nil {
		cancel()
		var unsent *unsentError

		sent := request.Method != http.MethodGet && !errors.As(err, &unsent)
		if errors.Is(waiting.Err(), context.DeadlineExceeded) { // else it would count as cancelled by the caller
			err = context.DeadlineExceeded
		}

		return nil, transportError(err, request.Method, sent)
	}

	body := newRawBody(response.Body, credential, cancel)
	encoding := response.Header.Get("Content-Encoding")

	switch {
	case !inTime: // the body is cancelled, too
		err = transportError(waiting.Err(), request.Method, true)
	case encoding != "" && encoding != "identity": // the credential could not be found in it
		err = answerError(request.Method, errors.New("its content is encoded"))
	default:
		return &RawResponse{
			Status: response.StatusCode, Proto: response.Proto, Header: body.visible(response.Header), Body: body,
			retryAfter: retryAfter(response),
		}, nil
	}
	_ = body.Close()

	return nil, err
}

func (c *Client) rawRoundTrip(
	ctx context.Context, credential Credential, request RawRequest,
) (*http.Response, error) {
	sent := (&http.Request{
		Method: request.Method, URL: c.rawTarget(request.Path), Host: c.base.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: headerOf(&call{authorization: basic(credential)}),
	}).WithContext(ctx)

	if request.Method == http.MethodGet {
		return c.reads.RoundTrip(sent)
	}

	// Without GetBody, no transport can send the body a second time automatically.
	sent.Body = http.NoBody
	if request.Body != nil {
		sent.Body, sent.ContentLength = io.NopCloser(bytes.NewReader(request.Body)), int64(len(request.Body))
		sent.Header.Set("Content-Type", "application/json")
	}

	return c.writes.RoundTrip(sent)
}

// rawTarget returns the URL of a path at the client's origin.
func (c *Client) rawTarget(path RawPath) *url.URL {
	target := *c.base
	target.Path = strings.TrimSuffix(c.base.Path, "/") + path.decoded
	target.RawPath = strings.TrimSuffix(c.base.EscapedPath(), "/") + path.encoded
	target.RawQuery = path.query

	return &target
}
