package connect

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Problem is an error that the server reports (RFC 9457). Decide by Code; the texts are for people.
type Problem struct {
	Type      string       `json:"type"`
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail"`
	Code      string       `json:"code"` // one of the constants Code…; handle an unknown one by Status
	RequestID string       `json:"request_id"`
	Limit     string       `json:"limit"` // which limit was reached, with CodeRateLimited
	Errors    []FieldError `json:"errors"`
	// RetryAfter is how long to wait before the same call can succeed, at most MaxRetryAfter; 0: unknown.
	RetryAfter time.Duration `json:"-"`
}

// Error returns title, detail and fields.
func (p *Problem) Error() string {
	text := p.Title
	if p.Detail != "" {
		text += ": " + p.Detail
	}

	for _, field := range p.Errors {
		text += fmt.Sprintf(" %s %s.", field.Pointer, field.Detail)
	}

	return fmt.Sprintf("connect: %s (%s, request %s)", text, p.Code, p.RequestID)
}

// ResponseError is a response that is not of the API: another program between you and the server sent it, such as a
// proxy or a login page of the network, or the URL is that of another server. Whether the server received the call is
// unknown. The error has nothing of the body.
type ResponseError struct {
	Status int    // the HTTP status; may be 2xx
	Reason string // what is unexpected, for people
}

// Error returns status and reason.
func (e *ResponseError) Error() string {
	return fmt.Sprintf("connect: a response with HTTP status %d is not of the API: %s", e.Status, e.Reason)
}

// problemOf reads a problem document. A response of something else, such as a proxy, is a *ResponseError.
func problemOf(response *http.Response, body []byte) error {
	var problem Problem

	kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	if kind != "application/problem+json" || json.Unmarshal(body, &problem) != nil || problem.Code == "" {
		return &ResponseError{Status: response.StatusCode, Reason: "it is no problem document"}
	}
	problem.Status = response.StatusCode
	problem.RetryAfter, _ = retryAfter(response.Header, time.Now())

	return &problem
}
