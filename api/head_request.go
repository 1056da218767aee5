package api

import (
	"context"
	"net/http"
)

type headKey struct{}

// headAsGet turns a HEAD request into a GET, so that every route for GET also serves HEAD with the same rules and
// headers (RFC 9110 section 9.3.2). net/http still sees the HEAD and sends no body.
func headAsGet(r *http.Request) *http.Request {
	if r.Method != http.MethodHead {
		return r
	}

	r = r.WithContext(context.WithValue(r.Context(), headKey{}, true))
	r.Method = http.MethodGet

	return r
}

// originalMethod returns the method that the client sent.
func originalMethod(r *http.Request) string {
	if r.Method == http.MethodGet && r.Context().Value(headKey{}) != nil {
		return http.MethodHead
	}

	return r.Method
}

// withOriginalMethod returns the request with the client's method. With HEAD, http.ServeContent does not read the
// file.
func withOriginalMethod(r *http.Request) *http.Request {
	if method := originalMethod(r); method != r.Method {
		original := *r
		original.Method = method

		return &original
	}

	return r
}
