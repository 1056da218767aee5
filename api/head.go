package api

import (
	"context"
	"net/http"
)

type headKey struct{}

// headAsGet makes a GET of a HEAD, which is one but for the body (RFC 9110 section 9.3.2): whatever answers one answers
// the other, by the same rules and with the same header. net/http holds a request of its own, and leaves the body out.
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
