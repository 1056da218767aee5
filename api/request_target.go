package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/problem"
)

// unambiguous rejects requests that net/http accepts but the standards forbid. A proxy in front may have parsed such a
// request differently, and made its decisions accordingly.
func unambiguous(c echo.Context) error {
	r := c.Request()
	if !validTarget(r) {
		return problem.New(problem.InvalidRequest, "The request target is not a path on this server.")
	}

	if !validContentLength(r) {
		return problem.New(problem.InvalidRequest, "The Content-Length of the request does not match its body.")
	}

	return nil
}

// validTarget reports whether the request target has a form for servers (RFC 9112 section 3.2): a path, or "*" with
// OPTIONS. HTTP/1.1 also allows an absolute URL, whose host replaces Host. In HTTP/2, :path can only be a path or "*"
// (RFC 9113 section 8.3.1), but net/http parses it like an HTTP/1.1 target, so an absolute URL there could contradict
// :authority. No form allows a fragment.
func validTarget(r *http.Request) bool {
	target := r.RequestURI

	switch {
	case strings.Contains(target, "#"):
		return false
	case strings.HasPrefix(target, "/"):
		return true
	case target == "*":
		return r.Method == http.MethodOptions
	}

	return r.ProtoMajor == 1 && (r.URL.Scheme == "http" || r.URL.Scheme == "https") && r.URL.Host != ""
}

// validContentLength reports whether every Content-Length of an HTTP/2 request is the length that net/http enforces
// (RFC 9113 section 8.1.1). net/http uses the first, treats an invalid one as 0, and ignores all if there is no body.
// In HTTP/1.1 it checks all of them itself.
func validContentLength(r *http.Request) bool {
	return r.ProtoMajor == 1 || !slices.ContainsFunc(r.Header["Content-Length"], func(value string) bool {
		length, err := strconv.ParseInt(value, 10, 64)
		return err != nil || length != r.ContentLength || strings.Trim(value, "0123456789") != ""
	})
}
