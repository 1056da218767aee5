package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/brand"
	"github.com/upstash-connect/bff/internal/locale"
)

// branding is the partner's brand in the form that documents need. It is created once, at the start.
type branding struct {
	Name    string
	Sandbox bool
	Window  bool // the document of the login window, whose links open in a new tab, so that the login is not lost
	Links   brand.Links
	Logo    picture
	Dark    picture // its Source is empty if the logo has no variant for dark themes
	Icon    picture
	Text    frameText

	base     basePath
	style    string // empty without a colour
	pictures map[string]*brand.Picture
}

// picture is one picture of the brand and its address. Wide pictures contain the name.
type picture struct {
	Source, Type string
	Width        int
	Wide         bool
}

const logoHeight = 28 // pixels; web/src/shared/styles/frame.css has the same height

func newBranding(look brand.Brand, name string, sandbox bool, base basePath) *branding {
	b := &branding{
		Name: name, Sandbox: sandbox, Links: look.Links, Text: frameTexts()[locale.Base], base: base,
		style:    look.Colour.Style(),
		pictures: map[string]*brand.Picture{},
	}
	letter := brand.Letter(name, look.Colour)

	logo, icon := look.Logo, look.Favicon
	if icon == nil && logo != nil && logo.Square() {
		icon = logo
	}

	if logo == nil {
		logo = letter
	}

	if icon == nil {
		icon = letter
	}
	b.Logo, b.Icon = b.add(logo), b.add(icon)

	if look.LogoDark != nil {
		b.Dark = b.add(look.LogoDark)
	}

	return b
}

// add gives a picture an address that contains its digest, so that browsers can cache it permanently.
func (b *branding) add(content *brand.Picture) picture {
	digest := sha256.Sum256(content.Content)
	name := "assets/brand-" + hex.EncodeToString(digest[:8]) + content.Extension()
	b.pictures[name] = content

	return picture{string(b.base) + "/" + name, content.Type, content.Width(logoHeight), content.Wide()}
}

// picturePolicy is the Content-Security-Policy of a picture that a browser opens as a document: even if a script had
// passed the check of the configuration, it would not run, and the document would not belong to this origin.
const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

// serve sends a picture.
func (b *branding) serve(c echo.Context, name string) {
	content := b.pictures[name]
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, content.Type)
	header.Set(echo.HeaderContentSecurityPolicy, picturePolicy)
	header.Set("ETag", `"`+name+`"`)
	reader := bytes.NewReader(content.Content)
	http.ServeContent(c.Response(), withOriginalMethod(c.Request()), name, time.Time{}, reader)
}

// hashSource returns the source that allows an inline style or script of a document, by its hash (CSP Level 3 section
// 2.3.1); empty if the document has none.
func hashSource(content string) string {
	if content == "" {
		return ""
	}
	hash := sha256.Sum256([]byte(content))

	return " 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
}

// Style returns the inline style of the documents that the build creates.
func (b *branding) Style() template.CSS { return template.CSS(b.style) } //nolint:gosec // made of checked colours

// JSON returns what the script of the page reads (web/src/shared/brand.ts). It is in an attribute, because the document
// has no inline script, not even one with data.
func (b *branding) JSON() (string, error) {
	content, err := json.Marshal(map[string]any{
		"name": b.Name, "sandbox": b.Sandbox, "logo": b.Logo.Source, "darkLogo": b.Dark.Source, "width": b.Logo.Width,
		"wide": b.Logo.Wide, "product": b.Links.Product, "support": b.Links.Support, "privacy": b.Links.Privacy,
	})

	return string(content), err
}

// Home returns the path of the page.
func (b *branding) Home() string { return string(b.base) + "/" }

var (
	titleElement = regexp.MustCompile(`<title>[^<]*</title>`)
	iconElement  = regexp.MustCompile(`<link rel="icon"[^>]*>`)
	headEnd      = regexp.MustCompile(`</head>`)
	rootElement  = regexp.MustCompile(`<div id="root"></div>`)
)

// of returns the brand for a document.
func (b *branding) of(kind documentKind) *branding {
	changed := *b
	changed.Text, changed.Window = frameTexts()[kind.language], kind.window

	return &changed
}

// into writes the brand into the document of the page, so that its first bytes show the partner's name, colour and
// logo. The script replaces the frame in the root element by the same frame (web/src/app/shell.tsx).
func (b *branding) into(document []byte) ([]byte, error) {
	document = b.base.prefixLinks(document)

	for _, each := range []struct {
		element  *regexp.Regexp
		template string
	}{
		{titleElement, "title"}, {iconElement, "icon"}, {headEnd, "head-end"}, {rootElement, "root"},
	} {
		var written bytes.Buffer
		if err := documentTemplates.ExecuteTemplate(&written, each.template, b); err != nil {
			return nil, err
		}

		at := each.element.FindAllIndex(document, -1)
		if len(at) != 1 {
			return nil, fmt.Errorf("page: the document has %s %d times, want once", each.element, len(at))
		}
		document = bytes.Join([][]byte{document[:at[0][0]], written.Bytes(), document[at[0][1]:]}, nil)
	}

	return document, nil
}

// documentTemplates are the parts that are written into the built document.
var documentTemplates = template.Must(template.ParseFS(pageFiles, "pages/document.html", "pages/frame.html"))
