package api

import (
	"context"
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/problem"
)

// CompletedRequest describes one request and its response, for metrics. Its strings come from closed sets; none
// contains text from the client.
type CompletedRequest struct {
	Method string // GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS or other
	Route  string // the template, such as /api/v1/databases/:id, or unmatched
	Status int
	Code   problem.Code // code of the problem; empty if none
	Limit  string       // the limit that rejected the request: one of Options.Limits, or upstash
	Took   time.Duration
}

// unmatched is the route of requests that match no route, and of requests that are rejected before routing.
const unmatched = "unmatched"

func routeLabel(template string) string {
	switch template {
	case "", "/api", "/api/*":
		return unmatched
	}

	return template
}

// methodLabel maps unknown methods to "other", because a client may send any word.
func methodLabel(given string) string {
	switch given {
	case http.MethodGet,
		http.MethodHead,
		http.MethodPost,
		http.MethodPut,
		http.MethodPatch,
		http.MethodDelete,
		http.MethodOptions:
		return given
	}

	return "other"
}

// AddUpstreamTime adds the duration of one upstream call to the request with this context, for the access log.
func AddUpstreamTime(ctx context.Context, took time.Duration) {
	if request, ok := ctx.Value(callKey{}).(*call); ok {
		request.upstream.Add(int64(took))
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
