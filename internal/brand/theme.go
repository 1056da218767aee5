package brand

import "fmt"

// theme has the colours of one theme: the backgrounds on which the accent appears as text, and the colour of text on
// the accent. The values are those of web/src/shared/styles/tokens.css; a test compares them.
type theme struct {
	surface, page, sunk string // backgrounds
	onAccent            string // text of a button in the accent's colour
	dark                bool   // the accent must be lighter than the backgrounds
}

var (
	lightTheme = theme{surface: "#ffffff", page: "#f6f7f6", sunk: "#eaedeb", onAccent: "#ffffff"}
	darkTheme  = theme{surface: "#131a18", page: "#0c1110", sunk: "#1d2623", onAccent: "#0c1110", dark: true}
)

// Shares of the accent in the colours that derive from it.
const (
	washShare = 0.07 // a tinted background
	lineShare = 0.35 // a border
	hoverStep = 0.08 // of the lightness of Oklab
)

// ParseColour reads #rrggbb. The colour must be legible as text and as a button on the light theme. Otherwise the error
// names the nearest colour of the same hue that is.
func ParseColour(text string) (Colour, error) {
	chosen, ok := hex(text)
	if !ok {
		return Colour{}, &Error{What: "must be a colour in the form #rrggbb, such as #047857", Found: text}
	}

	if worst := lightTheme.worst(chosen); worst < AA {
		return Colour{}, &Error{What: fmt.Sprintf(
			"is hard to read: its contrast on the light theme is %.2f:1, and level AA requires %.1f:1; "+
				"the nearest colour that passes is %s", worst, AA, lightTheme.nearest(chosen),
		)}
	}

	return chosen, nil
}

// worst returns the lowest contrast of an accent with everything it appears on or under.
func (t theme) worst(accent Colour) float64 {
	surface := constant(t.surface)
	least := contrast(accent, constant(t.onAccent))

	for _, background := range []Colour{
		surface, constant(t.page), constant(t.sunk), accent.mix(washShare, surface),
	} {
		least = min(least, contrast(accent, background))
	}

	return least
}

// nearest returns the colour of the same hue with the nearest lightness that passes.
func (t theme) nearest(accent Colour) Colour {
	if t.worst(accent) >= AA {
		return accent
	}
	lightness, _, _ := accent.oklab()

	const steps = 1000
	for step := range steps {
		moved := lightness - float64(step)/steps
		if t.dark {
			moved = lightness + float64(step)/steps
		}

		if found := accent.at(moved); t.worst(found) >= AA {
			return found
		}
	}

	return constant(t.onAccent) // unreachable: black passes on the light theme, and white on the dark one
}

// hover returns the accent while the pointer is on it: farther from the background, so that it stays legible.
func (t theme) hover(accent Colour) Colour {
	lightness, _, _ := accent.oklab()
	if t.dark {
		return accent.at(lightness + hoverStep)
	}

	return accent.at(lightness - hoverStep)
}

// style returns the custom properties of the theme for an accent, in the form of tokens.css.
func (t theme) style(accent Colour) string {
	surface := constant(t.surface)

	return fmt.Sprintf(
		"--accent:%[1]s;--accent-text:%[1]s;--accent-hover:%s;--accent-line:%s;--accent-wash:%s;--on-accent:%s",
		accent, t.hover(accent), accent.mix(lineShare, surface), accent.mix(washShare, surface), t.onAccent,
	)
}

// Style returns a style sheet that sets the accent in both themes; empty if no colour was chosen.
func (c Colour) Style() string {
	if c.IsZero() {
		return ""
	}

	return ":root{" + lightTheme.style(c) + "}@media (prefers-color-scheme:dark){:root{" +
		darkTheme.style(darkTheme.nearest(c)) + "}}"
}

// constant reads a colour of this package.
func constant(text string) Colour {
	c, _ := hex(text)
	return c
}
