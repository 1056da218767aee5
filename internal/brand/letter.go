package brand

import (
	"html"
	"unicode"
)

// neutral is the accent of tokens.css, with which the page looks neutral.
const neutral = "#047857"

// Letter returns a picture with the first letter of the name, for a brand without a logo.
func Letter(name string, colour Colour) *Picture {
	if colour.IsZero() {
		colour = constant(neutral)
	}

	letter := "•"

	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			letter = string(unicode.ToUpper(r))
			break
		}
	}

	return &Picture{Type: SVG, ratio: 1, Content: []byte(
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="` +
			colour.String() + `"/><text x="16" y="22.5" text-anchor="middle" font-family="system-ui, sans-serif" ` +
			`font-size="19" font-weight="700" fill="#fff">` + html.EscapeString(letter) + `</text></svg>`,
	)}
}
