package api

import (
	"context"
	"net/http"
	"time"

	"github.com/upstash-connect/bff/internal/problem"
)

// Exchange is one answered request, in words from closed sets: nothing a client made up is in it.
type Exchange struct {
	Method string // GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS or other
	Route  string // the template, such as /api/v1/databases/:id, or unmatched
	Status int
	Code   problem.Code // of the problem; empty for none
	Limit  string       // that refused it, with the code rate_limited: one of Options.Limits, or upstash
	Took   time.Duration
}

// unmatched is the route of what no route of ours takes, and of what is refused before it is looked for.
const unmatched = "unmatched"

func routeOf(template string) string {
	switch template {
	case "", "/api", "/api/*":
		return unmatched
	}

	return template
}

// method bounds what a client may send as one: any word.
func method(given string) string {
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

// NoteUpstream adds the time of one call to upstream to the request whose context it was made with, for the log.
func NoteUpstream(ctx context.Context, took time.Duration) {
	if made, ok := ctx.Value(callKey{}).(*call); ok {
		made.upstream.Add(int64(took))
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
