package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// The CORS headers that a page of another origin may send and read. The lists are fixed and do not echo the request,
// so that the response to a preflight has a constant size.
const (
	corsMethods = "GET, POST, PUT, PATCH, DELETE"
	corsRequest = "Authorization, Confirm-Name, Content-Type, Idempotency-Key, If-None-Match, X-Request-Id"
	corsExposed = "ETag, Idempotent-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
	corsMaxAge  = "600" // seconds for which a browser may cache a preflight
)

// crossOrigin lets pages of the configured origins call the API with an access token (Fetch standard, section 3.2,
// https://fetch.spec.whatwg.org/#http-cors-protocol).
//
//	Origin      path          Authorization   outcome
//	not listed  any           any             no CORS headers; sameSite rejects changes
//	listed      /session      any             the same: only this server's own page uses the session cookie
//	listed      others        none            may read public responses; cookie ignored, changes rejected
//	listed      others        an access token accepted, as from any other client
//
// The server never sends Access-Control-Allow-Credentials, so a browser hides every response to a request with cookies
// from such a page.
//
// crossOrigin responds to a preflight itself, and then returns true.
func (s *Server) crossOrigin(c echo.Context) (answered bool, err error) {
	r, header := c.Request(), c.Response().Header()
	if !fromBrowser(r) || (!s.fromListedOrigin(r) && !s.mayReadStatus(r)) {
		return false, nil
	}
	header.Set(echo.HeaderAccessControlAllowOrigin, r.Header.Get(echo.HeaderOrigin))

	if r.Method == http.MethodOptions && r.Header.Get(echo.HeaderAccessControlRequestMethod) != "" {
		header.Set(echo.HeaderAccessControlAllowMethods, corsMethods)
		header.Set(echo.HeaderAccessControlAllowHeaders, corsRequest)
		header.Set(echo.HeaderAccessControlMaxAge, corsMaxAge)

		return true, c.NoContent(http.StatusNoContent)
	}
	header.Set(echo.HeaderAccessControlExposeHeaders, corsExposed)

	return false, nil
}

// fromListedOrigin reports whether a request comes from a page of a configured origin, and is for a path that such a
// page may call. It compares complete origins, as browsers write them: no prefixes, suffixes or patterns.
func (s *Server) fromListedOrigin(r *http.Request) bool {
	origins := r.Header.Values(echo.HeaderOrigin)
	return len(origins) == 1 && isAPI(r) && r.URL.Path != "/api/v1/session" &&
		slices.Contains(s.options.CORSOrigins, origins[0])
}

// hasToken reports whether the request has an Authorization header. If it has, the server ignores the cookie.
func hasToken(r *http.Request) bool { return len(r.Header.Values(echo.HeaderAuthorization)) > 0 }

// mayReadStatus reports whether a request (or its preflight) reads the state of a connect session and comes from a page
// of the service that opened it. Any page may read that a session is not stored: 401, the same as for a wrong token.
func (s *Server) mayReadStatus(r *http.Request) bool {
	id, ok := strings.CutPrefix(r.URL.Path, "/api/v1/connect-sessions/")
	if !ok || id == "" || strings.Contains(id, "/") || (r.Method != http.MethodGet && r.Method != http.MethodOptions) {
		return false
	}
	origins := r.Header.Values(echo.HeaderOrigin)

	return len(origins) == 1 && origins[0] != s.origin && s.options.Partners.AllowsOrigin(r.Context(), id, origins[0])
}
