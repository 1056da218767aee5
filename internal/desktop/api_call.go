package desktop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/upstash"
)

// APIPath is a checked path of the Developer API.
type APIPath = upstash.RawPath

// ParseAPIPath checks a path that the user wrote.
func ParseAPIPath(text string) (APIPath, error) { return upstash.ParseRawPath(text) }

// APIMethods lists the methods of API calls.
func APIMethods() []string { return upstash.RawMethods() }

// APICall is a request to the Developer API that the user wrote.
type APICall struct {
	Method string
	Path   APIPath
	Body   []byte // JSON; nil: none
}

// String names the call without its query and body, which may hold data.
func (c APICall) String() string { return c.Method + " " + c.Path.String() }

// destroyWords appear in the paths of calls that delete data, invalidate credentials or give a resource away.
var destroyWords = []string{"delete", "remove", "reset", "rotate", "restore", "revoke", "transfer", "move"}

// Destroys reports whether the call may delete data, invalidate credentials, or change who has access.
func (c APICall) Destroys() bool {
	switch c.Method {
	case http.MethodGet:
		return false
	case http.MethodDelete:
		return true
	}

	return slices.ContainsFunc(c.Path.Segments(), func(segment string) bool {
		segment = strings.ToLower(segment)

		return segment == "team" || segment == "teams" || slices.ContainsFunc(destroyWords, func(word string) bool {
			return strings.Contains(segment, word)
		})
	})
}

// APIResponse is Upstash's response to a call, whatever its status. It does not contain the key. Close it.
type APIResponse struct {
	Status int
	Proto  string
	Header http.Header
	io.ReadCloser

	call       APICall
	desktop    *Desktop
	credential keys.Credential
	retryAfter time.Duration
}

// Email returns the e-mail of the saved account.
func (d *Desktop) Email() string { return d.saved.Email }

// UpstashURL returns the origin of the Developer API, to which the key is sent.
func (d *Desktop) UpstashURL() string { return d.saved.UpstashURL }

// Call sends a request with the saved key to the API that created it. It records the call in the audit log first:
// without an event, nothing is sent.
func (d *Desktop) Call(ctx context.Context, call APICall) (*APIResponse, error) {
	credential, err := d.Custody.Credential(ctx, d.Account)
	if err != nil {
		return nil, err
	}

	err = d.database.Record(ctx, keys.Event{
		At: time.Now(), Action: keys.ActionAPICalled, ConnectionID: credential.ConnectionID, Detail: call.String(),
	})
	if err != nil {
		return nil, err
	}

	response, err := d.upstream.Raw(ctx, credential.Credential, upstash.RawRequest{
		Method: call.Method, Path: call.Path, Body: call.Body,
	})
	if errors.Is(err, upstash.ErrOutcomeUnknown) {
		return nil, uncertain("upstash's response was lost", "No usable response of Upstash arrived.")
	}

	if err != nil {
		return nil, err
	}

	return &APIResponse{
		Status: response.Status, Proto: response.Proto, Header: response.Header, ReadCloser: response.Body,
		call: call, desktop: d, credential: credential, retryAfter: response.RetryAfter(),
	}, nil
}

func uncertain(reason, detail string) *problem.Error {
	return problem.Sentinel(
		problem.OutcomeUncertain, reason, detail+" Upstash may have carried out the call. Check before you repeat it.",
	)
}

// Outcome returns the error that the response's status means; nil for success. If Upstash rejects the key, it checks
// the key at Upstash and records the connection's new state.
func (r *APIResponse) Outcome(ctx context.Context) error {
	status := fmt.Sprintf("Upstash responded with status %d.", r.Status)
	read := r.call.Method == http.MethodGet

	switch {
	case r.Status < http.StatusMultipleChoices:
		r.desktop.Custody.ReportAccepted(ctx, r.credential)
		return nil
	case r.Status < http.StatusBadRequest:
		return problem.New(problem.UpstreamRedirect, status+" bff follows no redirect, so that the key stays at one host.")
	case r.Status == http.StatusUnauthorized, r.Status == http.StatusForbidden:
		return r.refused(ctx, status)
	case r.Status == http.StatusNotFound:
		return problem.New(problem.NotFound, status)
	case r.Status == http.StatusTooManyRequests:
		return &problem.Error{
			Code: problem.RateLimited, Limit: "upstash", Detail: status, RetryAfter: r.retryAfter,
		}
	case r.Status < http.StatusInternalServerError:
		return problem.New(problem.InvalidRequest, status)
	case read:
		return &problem.Error{Code: problem.UpstreamUnavailable, Detail: status, RetryAfter: r.retryAfter}
	}

	return uncertain("", status)
}

// refused returns ErrReconnectRequired if Upstash no longer accepts the key. Upstash also uses these statuses for
// calls that a valid key may not make.
func (r *APIResponse) refused(ctx context.Context, status string) error {
	if err := r.desktop.Custody.ReportRejected(ctx, r.credential); err != nil {
		return err
	}

	return problem.New(problem.UpstreamForbidden, status+" The saved key works, but not for this call.")
}
