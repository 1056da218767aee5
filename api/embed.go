package api

import (
	"strings"

	"github.com/labstack/echo/v4"
)

// embedded serves the script that partners load into their own pages, and its types. Both are public, so any page may
// read them: with Subresource Integrity, a browser requires that (https://www.w3.org/TR/SRI/#is-response-eligible).
// The name stays when the content changes, so the cache is short.
func (p *singlePage) embedded(c echo.Context) error {
	header := c.Response().Header()
	header.Set(echo.HeaderCacheControl, "public, max-age=3600")
	header.Set(echo.HeaderAccessControlAllowOrigin, "*")
	header.Set("Cross-Origin-Resource-Policy", "cross-origin")

	name := strings.TrimPrefix(c.Request().URL.Path, "/")
	if strings.HasSuffix(name, ".d.ts") {
		header.Set(echo.HeaderContentType, "text/plain; charset=utf-8") // Go knows .ts as video/mp2t
	}

	return p.serve(c, name)
}
