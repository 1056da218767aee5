package api

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/problem"
)

//go:embed pages
var pageFiles embed.FS

// pages are the few documents for people that the server writes itself. They need no built page, no script and no other
// file: they work where nothing else does.
type pages struct {
	templates *template.Template
	policy    string
}

func newPages(base base) (*pages, error) {
	style, err := pageFiles.ReadFile("pages/style.css")
	if err != nil {
		return nil, err
	}

	templates, err := template.New("").Funcs(template.FuncMap{
		"style": func() template.CSS { return template.CSS(style) }, //nolint:gosec // our own file
		"base":  func() string { return string(base) },
	}).ParseFS(pageFiles, "pages/*.html")
	if err != nil {
		return nil, err
	}
	// The style is allowed by its hash (CSP Level 3 section 2.3.1); nothing else is loaded at all.
	hash := sha256.Sum256(style)

	return &pages{
		templates: templates,
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
			"'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
	}, nil
}

func (p *pages) write(c echo.Context, status int, name string, data any) error {
	var page bytes.Buffer
	if err := p.templates.ExecuteTemplate(&page, name, data); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentSecurityPolicy, p.policy)
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")

	return c.HTMLBlob(status, page.Bytes())
}

// asksForPage reports whether a browser is opening an address, as against a client of the API. Under /api that is so
// for the documents alone: everything else there speaks JSON, whatever is asked for.
func asksForPage(r *http.Request) bool {
	path := r.URL.Path
	document := !isAPI(r) || path == "/api/v1/docs" || path == "/api/v1/problems" ||
		strings.HasPrefix(path, "/api/v1/problems/")

	return r.Method == http.MethodGet && document && takesHTML(r.Header.Values(echo.HeaderAccept))
}

// takesHTML reports whether text/html is named in Accept, with a weight above zero (RFC 9110 sections 12.4.2 and
// 12.5.1). Wildcards do not count: command-line clients send them.
func takesHTML(accept []string) bool {
	for media := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		name, parameters, _ := strings.Cut(media, ";")
		if !strings.EqualFold(strings.TrimSpace(name), echo.MIMETextHTML) {
			continue
		}

		for parameter := range strings.SplitSeq(parameters, ";") {
			weight, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(parameter)), "q=")
			if value, err := strconv.ParseFloat(weight, 64); found && (err != nil || value <= 0) {
				return false
			}
		}

		return true
	}

	return false
}

// misdirected tells a person where the server is. The address is the configured one: the host they came by is anyone's
// to choose, and stands nowhere in the answer.
func (s *Server) misdirected(c echo.Context) error {
	callOf(c).code = problem.MisdirectedRequest

	return s.pages.write(c, http.StatusMisdirectedRequest, "misdirected.html", map[string]string{
		"Title": problem.MisdirectedRequest.Row().Title, "Address": s.publicURL("/"),
	})
}
