package brand

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// cssFunctions are the functions that a picture's styles may call: colours, transforms, filters, basic shapes,
// arithmetic, and selectors. None of them loads a file. A string is an address only to functions that are not here,
// such as image-set(), cross-fade() and src() (https://www.w3.org/TR/css-images-4/#image-values).
var cssFunctions = strings.Fields(`rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix light-dark
	matrix matrix3d translate translatex translatey translate3d scale scalex scaley scale3d
	rotate rotatex rotatey rotatez rotate3d skew skewx skewy perspective
	blur brightness contrast drop-shadow grayscale hue-rotate invert opacity saturate sepia
	circle ellipse inset polygon path rect xywh calc min max clamp var
	not is where has nth-child nth-of-type nth-last-child nth-last-of-type lang`)

var (
	// functionName is the name of a CSS function, up to its parenthesis. A name may have other characters than ASCII,
	// and must be next to the parenthesis (https://www.w3.org/TR/css-syntax-3/#consume-ident-like-token).
	functionName = regexp.MustCompile(`[-_a-z0-9\x{80}-\x{10ffff}]+\(`)
	// ownReference is a url() that names an element of the same document.
	ownReference = regexp.MustCompile(`^url\([ \t\r\n]*(#[^"'()\s]*|"#[^"\r\n]*"|'#[^'\r\n]*')[ \t\r\n]*\)`)
)

// checkCSS rejects styles that load a file. A presentation attribute can contain url() too. Backslashes could spell
// a function with escapes, and comments could split it. Of the rules that begin with @, pictures need only @media,
// for dark themes; @import and @font-face load files. It does not skip strings: what it finds in them is rejected too.
func checkCSS(text, where string) error {
	lower := strings.ReplaceAll(strings.ToLower(text), "@media", "")

	for _, construct := range []string{`\`, "@", "/*", "javascript:"} {
		if strings.Contains(lower, construct) {
			return refused(strconv.Quote(construct) + " in " + where)
		}
	}

	for _, at := range functionName.FindAllStringIndex(lower, -1) {
		name := lower[at[0] : at[1]-1]

		switch {
		case name == "url" && !ownReference.MatchString(lower[at[0]:]):
			return refused("a url() to another file in " + where)
		case name != "url" && !slices.Contains(cssFunctions, name):
			return refused("the function " + name + "() in " + where)
		}
	}

	return nil
}
