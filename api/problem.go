package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/problem"
)

// Problem is the body of every error (RFC 9457), with a stable code, the request ID and the errors of single fields.
type Problem struct {
	Type         string        `json:"type" example:"/api/v1/problems/validation_failed"`     // path of the page that explains the code
	Title        string        `json:"title" example:"Some fields are invalid"`               // the same for every problem of this code
	Status       int           `json:"status" example:"422"`                                  // the HTTP status
	Detail       string        `json:"detail,omitempty" example:"Correct the listed fields."` // the error in this case, and what to do
	Instance     string        `json:"instance" example:"/api/v1/databases"`                  // the path of the request
	Code         problem.Code  `json:"code" example:"validation_failed"`                      // stable name of the problem; new codes may be added
	RequestID    string        `json:"request_id" example:"6G5M2KQJ4V7ZC3XN5W2RTYB4HA"`       // identifies the request in the server's log; include it in a report to the operator
	Errors       []FieldError  `json:"errors,omitempty"`                                      // every invalid field
	LeftoverKeys []LeftoverKey `json:"leftover_keys,omitempty"`                               // with upstash_key_limit: this server's keys that the user must delete in the Upstash console
	Limit        string        `json:"limit,omitempty" example:"creates"`                     // with rate_limited: requests, service_requests, creates, mints, connect_sessions or pings for a limit of this server; upstash for a limit of Upstash
} // @name Problem

// FieldError is one invalid field.
type FieldError struct {
	Pointer string            `json:"pointer" example:"/primary_region"`                                // JSON pointer (RFC 6901) into the request body
	Code    problem.FieldCode `json:"code" example:"invalid_value"`                                     // stable name of the error; new codes may be added
	Detail  string            `json:"detail" example:"is not a region; GET /api/v1/catalog lists them"` // the error, as the rest of a sentence that starts with the field's name
	Minimum *int64            `json:"minimum,omitempty" example:"1"`                                    // the smallest number that the field accepts, with some errors of numbers
	Maximum *int64            `json:"maximum,omitempty" example:"64"`                                   // the largest number, or the largest length, that the field accepts, with some errors
} // @name FieldFault

func fieldError(field problem.Field, detail string) FieldError {
	return FieldError{
		Pointer: field.Pointer(), Code: field.Code(), Detail: detail,
		Minimum: field.Minimum(), Maximum: field.Maximum(),
	}
}

// problemOf returns the problem of an error. The product's packages create theirs where the error occurs; this
// function converts the errors of the libraries that this package uses. An unknown error becomes a 500 without
// details.
func problemOf(err error) *problem.Error {
	if known := problem.Of(err); known != nil {
		return known
	}

	var (
		framework *echo.HTTPError
		tooLarge  *http.MaxBytesError
	)
	switch {
	case errors.Is(err, context.Canceled):
		// The client disconnected. It will not read this, and the log should not report a failure of the server.
		return problem.New(problem.InvalidRequest, "The client cancelled the request.")
	case errors.As(err, &tooLarge):
		return problem.New(problem.BodyTooLarge, "Request bodies can be at most 65536 bytes.")
	case errors.As(err, &framework):
		return frameworkProblem(framework)
	}

	return problem.New(problem.Internal, internalDetail)
}

const internalDetail = "The server failed. Quote the request id to the operator."

// frameworkProblem converts errors of the router and its middleware.
func frameworkProblem(err *echo.HTTPError) *problem.Error {
	switch err.Code {
	case http.StatusNotFound:
		return problem.New(problem.NotFound, "Nothing exists at this path.")
	case http.StatusMethodNotAllowed:
		return problem.New(problem.MethodNotAllowed, "Method not allowed on this path.")
	case http.StatusRequestEntityTooLarge:
		return problem.New(problem.BodyTooLarge, "Request bodies can be at most 65536 bytes.")
	case http.StatusUnsupportedMediaType:
		return problem.New(problem.UnsupportedMediaType, "Send the body as application/json.")
	case http.StatusBadRequest:
		return problem.New(problem.InvalidRequest, "The request is malformed.")
	}

	return problem.New(problem.Internal, internalDetail)
}

// problemBody returns the response body without the fields that depend on the request. console is the address of the
// Upstash console.
func problemBody(e *problem.Error, console string, base basePath) Problem {
	answer := Problem{
		Type: base.problemType(e.Code), Title: e.Code.Row().Title, Status: e.HTTPStatus(), Detail: e.Detail,
		Code: e.Code, Limit: e.Limit,
	}
	for _, field := range e.Fields {
		answer.Errors = append(answer.Errors, fieldError(field, base.fieldDetail(field)))
	}

	if len(e.Leftovers) > 0 {
		answer.LeftoverKeys = leftoverKeys(e.Leftovers, console)
	}

	return answer
}

// problemType returns the path of the page that explains the code. For codes that only desktop commands use it returns
// a URN, because no server explains them.
func (b basePath) problemType(code problem.Code) string {
	if isAPICode(code) {
		return string(b) + "/api/v1/problems/" + string(code)
	}

	return "urn:upstash-connect:problem:" + string(code)
}

// fieldDetail adds the call that lists the valid values.
func (b basePath) fieldDetail(field problem.Field) string {
	if field.IsListed() {
		return field.Detail() + "; GET " + string(b) + "/api/v1/catalog lists them"
	}

	return field.Detail()
}

// handleError writes the problem of an error. The access log gets the cause; the client gets only the problem.
func (s *Server) handleError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	found := problemOf(err)
	answer := problemBody(found, s.options.Page.ConsoleURL, s.base)
	status := answer.Status
	known := callOf(c)
	known.cause, known.code, known.limit = err, found.Code, found.Limit

	header := c.Response().Header()
	if found.Challenge != "" {
		header.Set(echo.HeaderWWWAuthenticate, found.Challenge)
	} else if status == http.StatusUnauthorized {
		header.Set(echo.HeaderWWWAuthenticate, "Bearer") // RFC 6750 section 3.1: no error attribute without a token
	}

	if found.RetryAfter > 0 {
		header.Set(echo.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(found.RetryAfter.Seconds()))))
	}
	header.Set(echo.HeaderContentType, "application/problem+json")
	header.Set(echo.HeaderCacheControl, "no-store")

	answer.Instance, answer.RequestID = s.base.instance(c.Request()), known.requestID
	c.Response().WriteHeader(status)

	if err := c.Echo().JSONSerializer.Serialize(c, answer, ""); err != nil {
		s.options.Logger.WarnContext(c.Request().Context(), "the server could not write a problem response", "error", err)
	}
}

const maxInstance = 256

// instance returns the path of the request as the client sent it.
func (b basePath) instance(r *http.Request) string {
	path := string(b) + r.URL.EscapedPath()
	return path[:min(len(path), maxInstance)]
}
