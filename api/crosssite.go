package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
)

// sameSite refuses what a browser sends on behalf of another site, on every method that may change something, whoever
// the caller is: by Sec-Fetch-Site, then by Origin. Each alone is enough to refuse. Let in are only pages of the
// origins that the operator named, with an access token.
func (s *Server) sameSite(c echo.Context) error {
	r := c.Request()

	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}

	if fromBrowser(r) && hasServiceToken(r) {
		return partner.ErrServiceTokenFromBrowser
	}

	if s.letIn(r) && hasToken(r) { // forms and links cannot add a token, and browsers add none
		return nil
	}

	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		if site != "same-origin" && site != "none" { // none: typed in, or an extension; no page stands behind it
			return errCSRF()
		}
	}

	for _, origin := range r.Header.Values(echo.HeaderOrigin) {
		if origin != s.origin {
			return errCSRF()
		}
	}

	return nil
}

// fromBrowser reports whether a browser made the request for a page.
func fromBrowser(r *http.Request) bool { return len(r.Header.Values(echo.HeaderOrigin)) > 0 }

func hasServiceToken(r *http.Request) bool {
	token, present, err := bearer(r)
	return err == nil && present && partner.IsServiceToken(token)
}

// fromOurPage is what every request that relies on the cookie must pass, reading ones too. The header cannot be set
// across origins without a CORS preflight, which never allows it.
func (s *Server) fromOurPage(r *http.Request) error {
	if marks := r.Header.Values("X-CSRF"); len(marks) != 1 || marks[0] != "1" {
		return problem.New(problem.CSRF, "Requests with the session cookie carry the header X-CSRF: 1.")
	}

	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		if site != "same-origin" {
			return errCSRF()
		}
	}

	for _, origin := range r.Header.Values(echo.HeaderOrigin) {
		if origin != s.origin {
			return errCSRF()
		}
	}

	return nil
}

func errCSRF() error { return problem.New(problem.CSRF, "The request comes from another site.") }
