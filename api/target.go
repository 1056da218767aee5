package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/problem"
)

// unambiguous refuses what net/http lets through and the standards do not: whoever stands in front may have read it
// otherwise, and decided by that.
func unambiguous(c echo.Context) error {
	r := c.Request()
	if !namesTarget(r) {
		return problem.New(problem.InvalidRequest, "The request target is not a path on this server.")
	}

	if !countsBody(r) {
		return problem.New(problem.InvalidRequest, "The request's Content-Length is not the length of its body.")
	}

	return nil
}

// namesTarget reports whether the target has a form of RFC 9112 section 3.2 that is for a server and not for a proxy: a
// path, or "*" with OPTIONS. HTTP/1.1 also has the whole URL, whose host then counts in place of Host. In HTTP/2 :path
// is a path or "*" and nothing else (RFC 9113 section 8.3.1), but net/http parses it as HTTP/1.1 does, and :authority
// says nothing of what came of that. No form has a fragment.
func namesTarget(r *http.Request) bool {
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

// countsBody reports whether every Content-Length of an HTTP/2 request says what the body is held to (RFC 9113 section
// 8.1.1). net/http goes by the first, takes nonsense for 0, and looks at none where no body follows. In HTTP/1.1 it
// looks at all of them itself.
func countsBody(r *http.Request) bool {
	return r.ProtoMajor == 1 || !slices.ContainsFunc(r.Header["Content-Length"], func(said string) bool {
		length, err := strconv.ParseInt(said, 10, 64)
		return err != nil || length != r.ContentLength || strings.Trim(said, "0123456789") != ""
	})
}
