package api

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/labstack/echo/v4"

	"github.com/upstash-connect/bff/internal/brand"

	"github.com/upstash-connect/bff/internal/locale"
)

const svgHead = `<svg xmlns="http://www.w3.org/2000/svg" `

// partnersLook is a brand with every setting.
func partnersLook(t *testing.T, name string, base basePath) *branding {
	t.Helper()

	parse := func(content string) *brand.Picture {
		parsed, err := brand.ParsePicture([]byte(content))
		if err != nil {
			t.Fatal(err)
		}

		return parsed
	}

	colour, err := brand.ParseColour("#6d28d9")
	if err != nil {
		t.Fatal(err)
	}

	return newBranding(brand.Brand{
		Logo:     parse(svgHead + `viewBox="0 0 80 20"><path d="M0 0"/></svg>`),
		LogoDark: parse(svgHead + `viewBox="0 0 80 20"><path d="M1 1"/></svg>`),
		Favicon:  parse(svgHead + `viewBox="0 0 8 8"/>`),
		Colour:   colour,
		Links:    brand.Links{Product: "https://acme.example", Support: "mailto:help@acme.example"},
	}, name, false, base)
}

func TestDocumentHasTheBrandFromItsFirstByte(t *testing.T) {
	content, err := partnersLook(t, `L'Oréal & "Co"`, "/tools").into([]byte(builtDocument))
	if err != nil {
		t.Fatal(err)
	}
	document := string(content)

	for _, want := range []string{
		"<title>L&#39;Oréal &amp; &#34;Co&#34;</title>",
		`<link rel="icon" type="image/svg&#43;xml" href="/tools/assets/brand-`,
		"<style>:root{--accent:#6d28d9;",
		`&#34;name&#34;:&#34;L&#39;Oréal \u0026 \&#34;Co\&#34;&#34;`,
		`&#34;product&#34;:&#34;https://acme.example&#34;`,
		`alt="L&#39;Oréal &amp; &#34;Co&#34;" width="112" height="28">`,
		`media="(prefers-color-scheme: dark)">`,
		`<a href="mailto:help@acme.example">Support</a>`,
		"<noscript>",
	} {
		if !strings.Contains(document, want) {
			t.Errorf("the document lacks %s:\n%s", want, document)
		}
	}

	for _, unwanted := range []string{"Upstash Connect", "API reference", "Privacy", "Sandbox"} {
		if strings.Contains(document, unwanted) {
			t.Errorf("the document has %q:\n%s", unwanted, document)
		}
	}
}

func TestDocumentOfASandboxSaysWhatIsReal(t *testing.T) {
	content, err := newBranding(brand.Brand{}, "ACME", true, "").into([]byte(builtDocument))
	if err != nil {
		t.Fatal(err)
	}

	for _, want := range []string{
		"databases are real, on this machine. Accounts and keys are simulated.", `href="/api/v1/docs"`, "<span>ACME</span>", `alt="" width="28"`,
	} {
		if !strings.Contains(string(content), want) {
			t.Errorf("the document lacks %s:\n%s", want, content)
		}
	}

	if strings.Contains(string(content), "<style>") {
		t.Errorf("a brand without a colour has a style:\n%s", content)
	}
}

// A link that replaced the login window would end the login. The page has the same rule once its script runs
// (web/src/app/shell.tsx).
func TestLinksOfTheLoginWindowOpenBesideIt(t *testing.T) {
	look := partnersLook(t, "ACME", "")
	look.Sandbox = true

	files := fstest.MapFS{
		"index.html":    {Data: []byte(builtDocument)},
		"index.de.html": {Data: []byte(strings.Replace(builtDocument, `lang="en"`, `lang="de"`, 1))},
	}

	p, err := newSinglePage(files, look, locale.NewChoice(""))
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.GET("/*", p.document)

	for path, isWindow := range map[string]bool{
		"/": false, "/account": false, "/databases/callback": false, "/callback": true, "/callback?code=x": true,
		"/connect?attempt=x": true,
	} {
		for language, text := range map[string]string{"en": "API reference", "de": "API-Referenz"} {
			got := visit(e, http.MethodGet, path, "Accept-Language", language)
			_, footer, _ := strings.Cut(got.body, "<footer")

			want := 0
			if isWindow {
				want = 2 // the product and support
			}

			if beside := strings.Count(footer, ` target="_blank" rel="noreferrer">`); beside != want ||
				strings.Count(footer, "<a ") < 2 || strings.Contains(footer, text) == isWindow {
				t.Errorf("%s in %s: got %d links that open beside it, want %d: %s", path, language, beside, want, footer)
			}
		}
	}
}

// The server does not start with a document into which it cannot write the brand.
func TestDocumentWithoutPlacesForTheBrandIsRejected(t *testing.T) {
	for name, document := range map[string]string{
		"no root":   strings.Replace(builtDocument, `id="root"`, `id="other"`, 1),
		"no title":  strings.Replace(builtDocument, "title", "div", 2),
		"two icons": strings.Replace(builtDocument, "</head>", `<link rel="icon" href="x"></head>`, 1),
	} {
		if _, err := newSinglePage(fstest.MapFS{"index.html": {Data: []byte(document)}}, neutralLook(), locale.NewChoice("")); err == nil {
			t.Errorf("%s: the document is accepted", name)
		}
	}
}

func TestPicturesOfTheBrandAreServed(t *testing.T) {
	look := partnersLook(t, "ACME", "")

	p, err := newSinglePage(fstest.MapFS{}, look, locale.NewChoice(""))
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.GET("/assets/*", p.asset)

	seen := map[string]bool{}
	for _, each := range []picture{look.Logo, look.Dark, look.Icon} {
		got := visit(e, http.MethodGet, each.Source)
		if got.StatusCode != http.StatusOK || !strings.HasPrefix(got.body, svgHead) || seen[got.body] {
			t.Errorf("%s: got %d %q", each.Source, got.StatusCode, got.body)
		}
		seen[got.body] = true

		for name, want := range map[string]string{
			"Content-Type": "image/svg+xml", "Cache-Control": "public, max-age=31536000, immutable",
			"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
		} {
			if value := got.Header.Get(name); value != want {
				t.Errorf("%s: got %s %q, want %q", each.Source, name, value, want)
			}
		}

		again := visit(e, http.MethodGet, each.Source, "If-None-Match", got.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("%s: got %d for its tag, want 304", each.Source, again.StatusCode)
		}
	}

	if got := visit(e, http.MethodGet, "/assets/brand-0000000000000000.svg"); got.StatusCode != http.StatusNotFound {
		t.Errorf("another picture: got %d", got.StatusCode)
	}
}

// The policy allows exactly the style that the document has.
func TestPolicyAllowsTheStyleOfTheBrand(t *testing.T) {
	look := partnersLook(t, "ACME", "")

	content, err := look.into([]byte(builtDocument))
	if err != nil {
		t.Fatal(err)
	}
	style := regexp.MustCompile(`<style>(.*)</style>`).FindSubmatch(content)

	if style == nil || hashSource(string(style[1])) != hashSource(look.style) {
		t.Errorf("got the style %q, want %q", style, look.style)
	}

	if source := hashSource(neutralLook().style); source != "" {
		t.Errorf("without a style, the policy has %q", source)
	}
}
