package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// What another origin's page may send and read. The lists are fixed and never repeat what was asked for, so that the
// answer to a preflight is as short as it is, whatever comes.
const (
	corsMethods = "GET, POST, PUT, PATCH, DELETE"
	corsRequest = "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Request-Id"
	corsAnswer  = "ETag, Idempotent-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
	corsMaxAge  = "600" // seconds that a browser may remember a preflight
)

// crossOrigin lets the pages of the origins that the operator named call the API with an access token (Fetch standard,
// section 3.2, https://fetch.spec.whatwg.org/#http-cors-protocol).
//
//	Origin      path          Authorization   outcome
//	not listed  any           any             as ever: no header of CORS, and no change from another site
//	listed      /session      any             the same: the session cookie is our own page's alone
//	listed      others        none            may be read as far as anyone may; never with the cookie, and no change
//	listed      others        an access token as from a service
//
// Access-Control-Allow-Credentials is never sent, so a browser shows such a page no answer that it sent cookies for.
//
// It answers a preflight itself.
func (s *Server) crossOrigin(c echo.Context) (answered bool, err error) {
	r, header := c.Request(), c.Response().Header()
	if !fromBrowser(r) || (!s.letIn(r) && !s.mayReadStatus(r)) {
		return false, nil
	}
	header.Set(echo.HeaderAccessControlAllowOrigin, r.Header.Get(echo.HeaderOrigin))

	if r.Method == http.MethodOptions && r.Header.Get(echo.HeaderAccessControlRequestMethod) != "" {
		header.Set(echo.HeaderAccessControlAllowMethods, corsMethods)
		header.Set(echo.HeaderAccessControlAllowHeaders, corsRequest)
		header.Set(echo.HeaderAccessControlMaxAge, corsMaxAge)

		return true, c.NoContent(http.StatusNoContent)
	}
	header.Set(echo.HeaderAccessControlExposeHeaders, corsAnswer)

	return false, nil
}

// letIn reports whether a request comes from a page of a listed origin, to a path that such may call. Origins are
// compared whole, as browsers write them: no prefix, no suffix, no pattern.
func (s *Server) letIn(r *http.Request) bool {
	origins := r.Header.Values(echo.HeaderOrigin)
	return len(origins) == 1 && isAPI(r) && r.URL.Path != "/api/v1/session" &&
		slices.Contains(s.options.CORSOrigins, origins[0])
}

// hasToken reports whether the access token decides, and no cookie does.
func hasToken(r *http.Request) bool { return len(r.Header.Values(echo.HeaderAuthorization)) > 0 }

// mayReadStatus reports whether a request is for the state of a connect session (or the preflight of one) and comes
// from a page of the service that opened it.
func (s *Server) mayReadStatus(r *http.Request) bool {
	id, ok := strings.CutPrefix(r.URL.Path, "/api/v1/connect-sessions/")
	if !ok || strings.Contains(id, "/") || (r.Method != http.MethodGet && r.Method != http.MethodOptions) {
		return false
	}
	origins := r.Header.Values(echo.HeaderOrigin)

	return len(origins) == 1 && origins[0] != s.origin && s.options.Partners.AllowsOrigin(r.Context(), id, origins[0])
}
