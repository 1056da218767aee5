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
	// RetryAfter is how long to wait before the same call can succeed; 0: unknown.
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

// problemOf reads a problem document. A response of something else, such as a proxy, is another error.
func problemOf(response *http.Response, body []byte) error {
	var problem Problem

	kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	if kind != "application/problem+json" || json.Unmarshal(body, &problem) != nil || problem.Code == "" {
		return fmt.Errorf("connect: HTTP status %d, and not a response of this server", response.StatusCode)
	}
	problem.Status = response.StatusCode

	if header := response.Header.Get("Retry-After"); header != "" {
		problem.RetryAfter = waitOf(header, time.Now())
	}

	return &problem
}
