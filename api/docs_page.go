package api

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// docsPolicy is the Content-Security-Policy of the viewer: it may load this server's files and call this server. data:
// allows the images inside its style sheet.
var docsPolicy = strings.Join([]string{
	"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
	"form-action 'none'", "frame-ancestors 'none'", "base-uri 'none'",
}, "; ")

// docsPage serves the viewer of the OpenAPI document.
//
//	@Summary		Browse this document
//	@Description	An HTML page that shows this document and can send calls.
//	@ID				getDocs
//	@Tags			config
//	@Produce		text/html
//	@Success		200		{string}	string	"the HTML page"
//	@Failure		default	{object}	Problem	"a problem"
//	@Router			/docs [get]
func (s *Server) docsPage(c echo.Context) error {
	c.Response().Header().Set(echo.HeaderContentSecurityPolicy, docsPolicy)
	return s.page.docs.write(c, http.StatusOK, echo.MIMETextHTMLCharsetUTF8)
}
