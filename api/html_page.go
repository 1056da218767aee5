package api

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/locale"
	"github.com/upstash-connect/bff/internal/problem"
)

//go:embed pages
var pageFiles embed.FS

// htmlPages are the HTML pages that the server renders itself. They work without their script. Of other files they need
// only the pictures of the brand, so they work even if the build is missing.
type htmlPages struct {
	templates *template.Template
	policy    string
}

func newHTMLPages(look *branding) (*htmlPages, error) {
	content, err := pageFiles.ReadFile("pages/style.css")
	if err != nil {
		return nil, err
	}
	style := string(content) + look.style

	script, err := pageFiles.ReadFile("pages/script.js")
	if err != nil {
		return nil, err
	}

	templates, err := template.New("").Funcs(template.FuncMap{
		"style": func() template.CSS { return template.CSS(style) }, //nolint:gosec // embedded file, checked colours
		"base":  func() string { return string(look.base) },
		"look":  func() *branding { return look },
		// The script is embedded. html/template would escape it as data, and the policy allows its exact bytes.
		"script": func() template.JS { return template.JS(script) }, //nolint:gosec // embedded file
		// What only developers read is English.
		"english": func(title string) pageStart { return pageStart{title, locale.Base} },
		"code":    func(label, text string) codeBlock { return codeBlock{strings.TrimSpace(label), text} },
	}).ParseFS(pageFiles, "pages/*.html")
	if err != nil {
		return nil, err
	}

	return &htmlPages{
		templates: templates,
		policy: "default-src 'none'; script-src" + hashSource(string(script)) + "; style-src" + hashSource(style) +
			"; img-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
	}, nil
}

// pageStart is what the first line of a page needs.
type pageStart struct{ Title, Language string }

// codeBlock is a command or an example. A screen reader announces its label.
type codeBlock struct{ Label, Text string }

// IsCommand reports whether a reader would copy the text into a terminal.
func (b codeBlock) IsCommand() bool { return strings.HasPrefix(b.Label, "Command") }

func (p *htmlPages) write(c echo.Context, status int, name string, data any) error {
	var page bytes.Buffer
	if err := p.templates.ExecuteTemplate(&page, name, data); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentSecurityPolicy, p.policy)
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")

	return c.HTMLBlob(status, page.Bytes())
}

// wantsHTML reports whether a browser opens an address, and not an API client. Under /api, only the documents are
// HTML: everything else returns JSON, whatever Accept contains.
func wantsHTML(r *http.Request) bool {
	path := r.URL.Path
	document := !isAPI(r) || path == "/api/v1/docs" || path == "/api/v1/problems" ||
		strings.HasPrefix(path, "/api/v1/problems/")

	return r.Method == http.MethodGet && document && acceptsHTML(r.Header.Values(echo.HeaderAccept))
}

// acceptsHTML reports whether Accept contains text/html with a weight above zero (RFC 9110 sections 12.4.2 and
// 12.5.1). Wildcards do not count, because command-line clients send them.
func acceptsHTML(accept []string) bool {
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

// misdirected responds with a page that names the configured address of the server. The page never contains the
// requested host, because an attacker can choose it.
func (s *Server) misdirected(c echo.Context) error {
	callOf(c).code = problem.MisdirectedRequest

	chosen := s.page.language.Of(c.Request())
	text := misdirectedTexts()[chosen]
	locale.SetHeaders(c.Response().Header(), chosen)

	return s.pages.write(c, http.StatusMisdirectedRequest, "misdirected.html", struct {
		pageStart
		Open, Address string
	}{pageStart{text.Title, chosen}, text.Open, s.publicURL("/")})
}
