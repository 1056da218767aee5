package brand_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/brand"
)

const head = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 32 32">`

func TestHostileSVGIsRejected(t *testing.T) {
	bomb := `<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>` + head + `<text>&b;</text></svg>`

	for name, content := range map[string]string{
		"script":                    head + `<script>alert(1)</script></svg>`,
		"script of another space":   head + `<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script></svg>`,
		"script, prefixed":          `<s:svg xmlns:s="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><s:script/></s:svg>`,
		"script in upper case":      head + `<SCRIPT>alert(1)</SCRIPT></svg>`,
		"event of the root":         strings.Replace(head, "<svg ", `<svg onload="alert(1)" `, 1) + `</svg>`,
		"event of a shape":          head + `<rect onclick="alert(1)"/></svg>`,
		"event in upper case":       head + `<rect ONCLICK="alert(1)"/></svg>`,
		"HTML inside":               head + `<foreignObject><p/></foreignObject></svg>`,
		"HTML element":              head + `<p xmlns="http://www.w3.org/1999/xhtml">x</p></svg>`,
		"frame":                     head + `<iframe src="https://evil.example"/></svg>`,
		"link":                      head + `<a href="https://evil.example"><rect/></a></svg>`,
		"picture of another site":   head + `<image href="https://evil.example/x.png"/></svg>`,
		"use of another site":       head + `<use href="https://evil.example/x.svg#a"/></svg>`,
		"use with data":             head + `<use href="data:image/svg+xml;base64,AAAA#x"/></svg>`,
		"use with the old href":     head + `<use xlink:href="https://evil.example/x.svg#a"/></svg>`,
		"href with script":          head + `<use href="javascript:alert(1)"/></svg>`,
		"another base":              head + `<g xml:base="https://evil.example/"><use href="#a"/></g></svg>`,
		"animation of a reference":  head + `<use href="#a"><set attributeName="href" to="javascript:alert(1)"/></use></svg>`,
		"animation":                 head + `<animate attributeName="x" to="1"/></svg>`,
		"event handler element":     head + `<handler xmlns="http://www.w3.org/2001/xml-events"/></svg>`,
		"style that imports":        head + `<style>@import "https://evil.example/x.css";</style></svg>`,
		"style split by a comment":  head + `<style>@im<!-- -->port "https://evil.example/x.css";</style></svg>`,
		"style split by an element": head + `<style>@im<g/>port "https://evil.example/x.css";</style></svg>`,
		"style in CDATA":            head + `<style><![CDATA[rect{fill:url(https://evil.example/x)}]]></style></svg>`,
		"style with escapes":        head + `<style>rect{fill:u\72l(https://evil.example/x)}</style></svg>`,
		"style with a comment":      head + `<style>rect{fill:url(/**/"https://evil.example/x")}</style></svg>`,
		"style with a font":         head + `<style>@font-face{src:url(#x)}</style></svg>`,
		"style joined around one":   head + `<style>rect{mask-image:u<style/>rl(http://127.0.0.1:9999/leak)}</style></svg>`,
		"element in a style":        head + `<style><title>x</title></style></svg>`,
		"cross-fade in a style":     head + `<style>rect{mask-image:cross-fade('http://evil.example/x')}</style></svg>`,
		"filter in a style":         head + `<style>rect{mask-image:filter('http://evil.example/x')}</style></svg>`,
		"filter in an attribute":    head + `<rect mask="filter('http://evil.example/x')"/></svg>`,
		"function in another case":  head + `<style>rect{mask-image:Image-Set('http://evil.example/x')}</style></svg>`,
		"function nobody knows":     head + `<rect fill="tomorrow('http://evil.example/x')"/></svg>`,
		"url after a backtick":      head + "<rect fill=\"url(`#x)\"/></svg>",
		"url that does not end":     head + `<rect fill="url(#x"/></svg>`,
		"url after a longer name":   head + `<style>rect{fill:éurl(#x)}</style></svg>`,
		"url in a style attribute":  head + `<rect style="fill: URL( 'https://evil.example/x' )"/></svg>`,
		"url in a fill":             head + `<rect fill="url(//evil.example/x#a)"/></svg>`,
		"second url in a fill":      head + `<rect fill="url(#a) url(https://evil.example)"/></svg>`,
		"references encoded":        head + `<rect fill="&#117;rl(https://evil.example)"/></svg>`,
		"filter with a picture":     head + `<filter><feImage href="https://evil.example"/></filter></svg>`,
		"entities":                  bomb,
		"external DOCTYPE":          `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://evil.example/x.dtd">` + head + `</svg>`,
		"undefined entity":          head + `<text>&xxe;</text></svg>`,
		"style sheet instruction":   `<?xml-stylesheet href="https://evil.example/x.css"?>` + head + `</svg>`,
		"another encoding":          `<?xml version="1.0" encoding="UTF-7"?>` + head + `</svg>`,
		"HTML":                      `<!doctype html><script>alert(1)</script>`,
		"HTML with an SVG":          `<html xmlns="http://www.w3.org/1999/xhtml">` + head + `</svg></html>`,
		"not closed":                head + `<g>`,
		"something after it":        head + `</svg><script xmlns="http://www.w3.org/2000/svg"/>`,
		"a second root":             head + `</svg>` + head + `</svg>`,
		"text before it":            `x` + head + `</svg>`,
		"text after it":             head + `</svg>x`,
		"CDATA after it":            head + `</svg><![CDATA[ ]]>`,
		"a reference after it":      head + `</svg>&#32;`,
		"declaration after a space": ` <?xml version="1.0"?>` + head + `</svg>`,
		"declaration inside":        head + `<?xml version="1.0"?></svg>`,
		"two byte order marks":      "\ufeff\ufeff" + head + `</svg>`,
		"an attribute twice":        head + `<rect fill="red" fill="url(#a)"/></svg>`,
		"a name twice":              strings.Replace(head, "<svg ", `<svg xmlns:q="http://www.w3.org/1999/xlink" `, 1) + `<use xlink:href="#a" q:href="#b"/></svg>`,
		"without its namespace":     `<svg viewBox="0 0 1 1"/>`,
		"without a size":            `<svg xmlns="http://www.w3.org/2000/svg"/>`,
		"no height":                 `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 0"/>`,
		"too deep":                  head + strings.Repeat("<g>", 70) + strings.Repeat("</g>", 70) + `</svg>`,
		"too large":                 head + strings.Repeat(" ", brand.MaxBytes) + `</svg>`,
		"empty":                     "",
		"text":                      "logo",
	} {
		got, err := brand.ParsePicture([]byte(content))

		var fault *brand.Error
		if !errors.As(err, &fault) || got != nil {
			t.Errorf("%s: got %v, %v; want an Error", name, got, err)
		}
	}
}

func TestPlainSVGIsAccepted(t *testing.T) {
	for name, c := range map[string]struct {
		content      string
		square, wide bool
	}{
		"shapes": {head + `<title>ACME</title><path d="M0 0h32v32z" fill="#123"/></svg>`, true, false},
		"gradient": {`<?xml version="1.0" encoding="UTF-8"?><!-- made by hand -->` + head +
			`<defs><linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient></defs>` +
			`<rect width="32" height="32" style="fill:url(#a)"/><use xlink:href="#b"/></svg>`, true, false},
		"dark theme": {head + `<style>path{fill:#000}@media (prefers-color-scheme: dark){path{fill:#fff}}</style>` +
			`<path class="a" d="M0 0"/></svg>`, true, false},
		"Illustrator's": {
			"\ufeff" + `<?xml version="1.0" encoding="utf-8"?>` + "\n" + `<!-- Generator: Adobe Illustrator 29.0.0 -->` + "\n" +
				`<svg version="1.1" id="Layer_1" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
				`x="0px" y="0px" viewBox="0 0 32 32" style="enable-background:new 0 0 32 32;" xml:space="preserve" xml:lang="de">` +
				`<style type="text/css">` + "\n\t" + `.st0{fill:url(#SVGID_1_);}` + "\n" + `</style><path class="st0" d="M0,0h32v32H0z"/></svg>` + "\n",
			true, false,
		},
		"functions": {
			head + `<style>g:not(.a):nth-child(2n){fill:RGB(0 0 0 / 50%);filter:drop-shadow(0 1px 2px hsl(0 0% 0%))}` +
				`@media (prefers-color-scheme:dark) and (min-width:1px){g{fill:color-mix(in srgb,red,blue)}}</style>` +
				`<g id="logo@2x(1)" transform="matrix(1 0 0 1 2 3) rotate(45) translateX(1) scale (2)" ` +
				`style="clip-path:url( '#a' );mask:url(&quot;#b&quot;)"/></svg>`,
			true, false,
		},
		"wordmark": {`<svg xmlns="http://www.w3.org/2000/svg" width="120px" height="24px"><text x="1">ACME</text></svg>`, false, true},
		"editor's": {head + `<g id="g" data-name="Layer 1" aria-hidden="true" transform="scale(2)"/></svg>`, true, false},
	} {
		got, err := brand.ParsePicture([]byte(c.content))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}

		if got.Type != brand.SVG || string(got.Content) != c.content ||
			got.Square() != c.square || got.Wide() != c.wide {
			t.Errorf("%s: got %s, square %t, wide %t", name, got.Type, got.Square(), got.Wide())
		}
	}
}

func pngOf(t *testing.T, width, height int) []byte {
	t.Helper()

	var out bytes.Buffer

	picture := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.Black})
	if err := png.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}

	return out.Bytes()
}

func TestPNGIsDecoded(t *testing.T) {
	good := pngOf(t, 96, 24)

	got, err := brand.ParsePicture(good)
	if err != nil || got.Type != brand.PNG || !got.Wide() || got.Width(28) != 112 {
		t.Errorf("got %v, %v", got, err)
	}

	// 1 by 1 pixel.
	gif, err := base64.StdEncoding.DecodeString("R0lGODlhAQABAAAAACwAAAAAAQABAAA=")
	if err != nil {
		t.Fatal(err)
	}

	for name, content := range map[string][]byte{
		"cut":        good[:len(good)-20],
		"more after": append(bytes.Clone(good), "<script>alert(1)</script>"...),
		"one after":  append(bytes.Clone(good), 0),
		"two":        append(bytes.Clone(good), good...),
		"head alone": good[:33],
		"damaged":    bytes.Replace(good, []byte("IDAT"), []byte("IDAX"), 1),
		"too wide":   pngOf(t, 4000, 1),
		"too high":   pngOf(t, 1, 4000),
		"GIF":        gif,
		"JPEG":       []byte("\xff\xd8\xff\xe0\x00\x10JFIF"),
	} {
		if got, err := brand.ParsePicture(content); err == nil {
			t.Errorf("%s is accepted: %v", name, got)
		}
	}
}

func TestLetterIsAPictureThatIsAccepted(t *testing.T) {
	for name, want := range map[string]string{
		"acme": ">A<", "  École": ">É<", "株式会社": ">株<", "(7x)": ">7<", "&<": ">•<", "ßeta": ">ß<",
	} {
		picture := brand.Letter(name, brand.Colour{})
		if !strings.Contains(string(picture.Content), want) {
			t.Errorf("%q: got %s, want %s in it", name, picture.Content, want)
		}

		if _, err := brand.ParsePicture(picture.Content); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}
