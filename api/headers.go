package api

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/loopback"
)

// headers are the headers of every response. Responses share the value slices, which are created once. Each slice is
// full to its capacity, so that appending a value copies it.
type headers struct{ always, api, page http.Header }

// newHeaders creates the headers. The page may run only this server's scripts, which may call only this server and the
// identity provider.
func (s *Server) newHeaders(issuerOrigin string) headers {
	always := map[string]string{
		echo.HeaderXContentTypeOptions: "nosniff",
		echo.HeaderReferrerPolicy:      "no-referrer",
		echo.HeaderXFrameOptions:       "DENY",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
	}
	if policy := s.transportPolicy(); policy != "" {
		always[echo.HeaderStrictTransportSecurity] = policy
	}

	page := strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'" + hashSource(s.brand.style),
		"img-src 'self' data:",
		"font-src 'self'",
		"connect-src 'self' " + issuerOrigin,
		"manifest-src 'self'",
		"form-action 'self'",
		"frame-ancestors 'none'",
		"base-uri 'none'",
	}, "; ")

	return headers{
		always: headerOf(always),
		api: headerOf(map[string]string{
			echo.HeaderCacheControl:          "no-store",
			echo.HeaderContentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'",
			echo.HeaderVary:                  echo.HeaderOrigin, // the CORS headers depend on it
		}),
		page: headerOf(map[string]string{echo.HeaderContentSecurityPolicy: page}),
	}
}

// transportPolicy returns the value of Strict-Transport-Security (RFC 6797), which makes browsers use TLS for one
// year. It is empty over plain http and on loopback. A browser applies the policy to every port of a host, so on
// loopback it would break other development servers and the callback of bff connect. The operator decides whether it
// covers subdomains.
func (s *Server) transportPolicy() string {
	name := strings.TrimSuffix(s.options.PublicURL.Hostname(), ".")
	if !s.cookie.secure || loopback.Host(name) || strings.HasSuffix("."+name, ".localhost") {
		return ""
	}

	if s.options.HSTSSubdomains {
		return "max-age=31536000; includeSubDomains"
	}

	return "max-age=31536000"
}

func headerOf(values map[string]string) http.Header {
	header := http.Header{}
	for name, value := range values {
		header[http.CanonicalHeaderKey(name)] = []string{value}
	}

	return header
}

func (h headers) set(c echo.Context) {
	header, kind := c.Response().Header(), h.page
	if isAPI(c.Request()) {
		kind = h.api
	}

	for name, values := range h.always {
		header[name] = values
	}

	for name, values := range kind {
		header[name] = values
	}
}
