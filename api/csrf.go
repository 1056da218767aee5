package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
)

// sameSite rejects requests that a browser sends on behalf of another site, for every method that may change data and
// for every caller. It checks Sec-Fetch-Site and Origin; either is enough to reject. It accepts pages of the
// configured CORS origins if they send an access token.
func (s *Server) sameSite(c echo.Context) error {
	r := c.Request()

	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}

	if fromBrowser(r) && hasServiceToken(r) {
		return partner.ErrServiceTokenFromBrowser
	}

	if s.fromListedOrigin(r) && hasToken(r) { // forms and links cannot send a token, and browsers do not add one
		return nil
	}

	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		// none: the user typed the address, or an extension sent the request. No page is involved.
		if site != "same-origin" && site != "none" {
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

// fromBrowser reports whether a page in a browser made the request.
func fromBrowser(r *http.Request) bool { return len(r.Header.Values(echo.HeaderOrigin)) > 0 }

func hasServiceToken(r *http.Request) bool {
	token, present, err := bearer(r)
	return err == nil && present && partner.IsServiceToken(token)
}

// fromOurPage checks every request that a cookie authenticates, including reads. A page of another origin cannot set
// the header X-CSRF without a CORS preflight, which never allows it.
func (s *Server) fromOurPage(r *http.Request) error {
	if marks := r.Header.Values("X-CSRF"); len(marks) != 1 || marks[0] != "1" {
		return problem.New(problem.CSRF, "Requests with the session cookie need the header X-CSRF: 1.")
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
