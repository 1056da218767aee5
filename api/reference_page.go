package api

import (
	"bytes"
	"net/http"

	"github.com/labstack/echo/v4"
)

// newReferencePage renders the OpenAPI document as HTML. This takes about 50 milliseconds, so it is done once.
func (s *Server) newReferencePage() (document, error) {
	doc, err := parseContract(s.options.Contract)
	if err != nil {
		return nil, err
	}

	var page bytes.Buffer
	if err := s.pages.templates.ExecuteTemplate(
		&page, "reference.html", newReference(doc, s.publicURL("/api/v1")),
	); err != nil {
		return nil, err
	}

	return gzippedDocument(page.Bytes()), nil
}

// referencePage serves the API reference.
//
//	@Summary		Read this document
//	@Description	An HTML page that explains every call of this document, with a command for each that needs no cookie.
//	@ID				getDocs
//	@Tags			config
//	@Produce		text/html
//	@Success		200		{string}	string	"the HTML page"
//	@Failure		default	{object}	Problem	"a problem"
//	@Router			/docs [get]
func (s *Server) referencePage(c echo.Context) error {
	page, err := s.reference()
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentSecurityPolicy, s.pages.policy)

	return page.write(c, http.StatusOK, echo.MIMETextHTMLCharsetUTF8)
}
