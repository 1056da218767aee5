package api

import (
	"context"
	"net/http"
)

type headKey struct{}

// headAsGet turns a HEAD request into a GET: the two differ in the body alone (RFC 9110 section 9.3.2), so every route
// that answers GET answers HEAD, by the same rules and with the same header. net/http still knows that it was a HEAD
// and sends no body.
func headAsGet(r *http.Request) *http.Request {
	if r.Method != http.MethodHead {
		return r
	}

	r = r.WithContext(context.WithValue(r.Context(), headKey{}, true))
	r.Method = http.MethodGet

	return r
}

// askedWith is the method that the client sent.
func askedWith(r *http.Request) string {
	if r.Method == http.MethodGet && r.Context().Value(headKey{}) != nil {
		return http.MethodHead
	}

	return r.Method
}

// asAsked is the request with the client's method, for what spares itself the body of a HEAD: http.ServeContent reads
// no file then.
func asAsked(r *http.Request) *http.Request {
	if method := askedWith(r); method != r.Method {
		asked := *r
		asked.Method = method

		return &asked
	}

	return r
}
