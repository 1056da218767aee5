package assistant

import (
	"context"
	"errors"
	"math"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/upstash-connect/bff/internal/problem"
)

// problemResult is a problem as the assistant receives it: the API's, without the fields of HTTP.
type problemResult struct {
	Code       problem.Code `json:"code"`
	Title      string       `json:"title"`
	Detail     string       `json:"detail"`
	RetryAfter int          `json:"retry_after_s,omitempty"` // an earlier attempt cannot succeed
	Errors     []fieldError `json:"errors,omitempty"`        // the invalid arguments
	// IdempotencyKey is the key with which to repeat a write, to learn its outcome.
	IdempotencyKey string `json:"idempotency_key,omitempty"`
}

type fieldError struct {
	Pointer string            `json:"pointer"` // JSON pointer (RFC 6901) into the arguments
	Code    problem.FieldCode `json:"code"`
	Detail  string            `json:"detail"`
}

// failed reports a problem. The text of any other error may have paths or values of this machine, so it goes only to
// the log.
func (s *Server) failed(ctx context.Context, t *tool, given arguments, err error) *mcp.CallToolResult {
	found := problem.Of(err)

	switch {
	case found != nil:
	case errors.Is(err, context.Canceled):
		found = problem.New(problem.Interrupted, "The call was cancelled.")
	default:
		s.options.Logger.ErrorContext(ctx, "a tool call failed", "operation", t.called.Name, "error", err)
		found = problem.New(problem.Internal, "")
	}

	described := problemResult{
		Code: found.Code, Title: found.Code.Row().Title, Detail: found.Detail,
		RetryAfter: int(math.Ceil(found.RetryAfter.Seconds())),
	}
	if detail := s.detail(found.Code); detail != "" {
		described.Detail = detail
	}

	for _, field := range found.Fields {
		described.Errors = append(described.Errors, fieldError{
			Pointer: field.Pointer(), Code: field.Code(), Detail: field.Detail(),
		})
	}

	if t.repeatable() && (found.RetryAfter > 0 || found.Code == problem.OutcomeUncertain) {
		described.IdempotencyKey = given.key
	}

	return encode(described, true)
}

// detail replaces details about headers, servers and paths; empty if the problem's own detail fits.
func (s *Server) detail(code problem.Code) string {
	switch code {
	case problem.Internal:
		return "bff failed. BFF_LOG_LEVEL=error prints the cause on standard error."
	case problem.StorageUnavailable:
		return "The state directory cannot be used now. Nothing was sent."
	case problem.ConnectRequired, problem.NotConnected:
		return "No account is connected any more. The user must run " + s.options.Connect +
			" and start this server again."
	case problem.ReconnectRequired:
		return "Upstash no longer accepts the saved key. The user must run " + s.options.Connect + " again."
	case problem.ConfirmationMismatch:
		return "confirm_name is not the resource's current name. Nothing was changed."
	case problem.IdempotencyKeyInvalid:
		return "idempotency_key must be 1 to 255 visible characters without comma, quote or backslash."
	case problem.IdempotencyKeyReused:
		return "This idempotency_key was used with other arguments. Use a new one for another call."
	case problem.OutcomeUncertain:
		return "The call was sent, but Upstash's response was lost. Call the tool again with the same arguments and " +
			"this idempotency_key after retry_after_s seconds to learn the outcome. It does not take effect twice."
	}

	return ""
}
