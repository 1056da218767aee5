package brand

import (
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The ratios are those of https://webaim.org/resources/contrastchecker/, which rounds down to two digits.
func TestContrast(t *testing.T) {
	for _, c := range []struct {
		one, other string
		want       float64
	}{
		{"#ffffff", "#000000", 21},
		{"#000000", "#ffffff", 21},
		{"#777777", "#ffffff", 4.48},
		{"#767676", "#ffffff", 4.54},
		{"#ff0000", "#ffffff", 4.00},
		{"#0000ff", "#ffffff", 8.59},
		{"#047857", "#ffffff", 5.48},
		{"#123456", "#123456", 1},
	} {
		got := contrast(constant(c.one), constant(c.other))
		if math.Abs(got-c.want) > 0.01 {
			t.Errorf("%s on %s: got %.3f, want %.2f", c.one, c.other, got, c.want)
		}
	}
}

func TestColours(t *testing.T) {
	for _, c := range []struct{ given, nearest string }{
		{"#047857", ""},
		{"#000000", ""},
		{"#6D28D9", ""},
		{"#b42318", ""},
		{"#1d4ed8", ""},
		{"#767676", "grey"},
		{"#ff0000", "red"},
		{"#ffd400", "yellow"},
		{"#00e9a3", "green"},
		{"#ffffff", "grey"},
	} {
		got, err := ParseColour(c.given)
		if c.nearest == "" {
			if err != nil || got.String() != strings.ToLower(c.given) {
				t.Errorf("%s: got %v, %v", c.given, got, err)
			}

			continue
		}

		var fault *Error
		if !errors.As(err, &fault) {
			t.Errorf("%s: got %v, want an Error", c.given, err)
			continue
		}

		// The proposed colour passes, and a lighter one of this hue does not.
		proposal := regexp.MustCompile(`passes is (#[0-9a-f]{6})$`).FindStringSubmatch(fault.What)
		if proposal == nil {
			t.Errorf("%s: got %q, want a proposal", c.given, fault.What)
			continue
		}

		if _, err := ParseColour(proposal[1]); err != nil {
			t.Errorf("%s: the proposal %s is refused: %v", c.given, proposal[1], err)
		}

		lightness, _, _ := constant(proposal[1]).oklab()
		if lighter := constant(c.given).at(lightness + 0.01); lightTheme.worst(lighter) >= AA {
			t.Errorf("%s: the proposal is %s, but the nearer %s passes too", c.given, proposal[1], lighter)
		}

		difference := math.Abs(hueOf(constant(c.given)) - hueOf(constant(proposal[1])))
		if c.nearest != "grey" && difference > 0.1 {
			t.Errorf("%s: the proposal %s has another hue, by %.2f", c.given, proposal[1], difference)
		}
	}

	for _, text := range []string{"", "red", "#fff", "047857", "#04785", "#0478577", "#04785g", "#+47857", "rgb(0,0,0)"} {
		if _, err := ParseColour(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func hueOf(c Colour) float64 {
	_, a, b := c.oklab()
	return math.Atan2(b, a)
}

// Every accepted colour gives a style sheet whose texts pass in both themes, for colours all over the cube.
func TestStylesPassInBothThemes(t *testing.T) {
	accepted := 0

	for red := 0; red < 256; red += 15 {
		for green := 0; green < 256; green += 15 {
			for blue := 0; blue < 256; blue += 15 {
				chosen, err := ParseColour(fmt.Sprintf("#%02x%02x%02x", red, green, blue))
				if err != nil {
					continue
				}
				accepted++

				light, dark, found := strings.Cut(chosen.Style(), "@media")
				if !found {
					t.Fatalf("got %s", chosen.Style())
				}
				expectLegible(t, lightTheme, light)
				expectLegible(t, darkTheme, dark)
			}
		}
	}

	if accepted < 500 {
		t.Errorf("only %d colours were accepted", accepted)
	}
}

func expectLegible(t *testing.T, theme theme, style string) {
	t.Helper()
	values := map[string]Colour{}

	for _, found := range regexp.MustCompile(`--([a-z-]+):(#[0-9a-f]{6})`).FindAllStringSubmatch(style, -1) {
		values[found[1]] = constant(found[2])
	}

	for text, backgrounds := range map[string][]Colour{
		"accent-text": {constant(theme.surface), constant(theme.page), constant(theme.sunk), values["accent-wash"]},
		"on-accent":   {values["accent"], values["accent-hover"]},
	} {
		for _, background := range backgrounds {
			if got := contrast(values[text], background); got < AA || values[text].IsZero() || background.IsZero() {
				t.Errorf("%s on %s has a contrast of %.2f in %s", text, background, got, style)
			}
		}
	}
}

func TestThemesAreThoseOfThePage(t *testing.T) {
	tokens, err := os.ReadFile("../../web/src/shared/styles/tokens.css")
	if err != nil {
		t.Fatal(err)
	}

	light, dark, found := strings.Cut(string(tokens), "prefers-color-scheme: dark")
	if !found {
		t.Fatal("the page has no dark theme")
	}

	for name, c := range map[string]struct {
		theme theme
		style string
	}{"light": {lightTheme, light}, "dark": {darkTheme, dark}} {
		for property, value := range map[string]string{
			"surface": c.theme.surface, "page": c.theme.page, "surface-sunk": c.theme.sunk,
		} {
			if !strings.Contains(c.style, "--"+property+": "+value+";") {
				t.Errorf("%s: --%s is not %s in tokens.css", name, property, value)
			}
		}
	}

	if !strings.Contains(light, "--accent: "+neutral+";") {
		t.Errorf("the page's accent is not %s", neutral)
	}
}
