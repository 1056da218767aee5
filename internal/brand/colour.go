package brand

import (
	"fmt"
	"math"
	"strconv"
)

// Colour is a colour of the sRGB space, with components from 0 to 1. The zero value means that none was chosen.
type Colour struct {
	red, green, blue float64
	chosen           bool
}

// AA is the contrast ratio of text that WCAG 2.2 requires at level AA (success criterion 1.4.3).
const AA = 4.5

// hex reads #rrggbb. It is for constants and checked text.
func hex(text string) (Colour, bool) {
	if len(text) != 7 || text[0] != '#' {
		return Colour{}, false
	}

	value, err := strconv.ParseUint(text[1:], 16, 32)
	if err != nil {
		return Colour{}, false
	}
	component := func(shift uint) float64 { return float64(value>>shift&0xff) / 0xff }

	return Colour{component(16), component(8), component(0), true}, true
}

// IsZero reports whether no colour was chosen.
func (c Colour) IsZero() bool { return !c.chosen }

// String returns #rrggbb.
func (c Colour) String() string {
	component := func(value float64) int { return int(math.Round(value * 0xff)) }
	return fmt.Sprintf("#%02x%02x%02x", component(c.red), component(c.green), component(c.blue))
}

// rounded is the colour as String writes it, and as a browser therefore shows it.
func (c Colour) rounded() Colour {
	rounded, _ := hex(c.String())
	return rounded
}

// linear returns the light intensity of a component (WCAG 2.2, definition of relative luminance).
func linear(component float64) float64 {
	if component <= 0.04045 {
		return component / 12.92
	}

	return math.Pow((component+0.055)/1.055, 2.4)
}

// gamma is the inverse of linear.
func gamma(intensity float64) float64 {
	if intensity <= 0.0031308 {
		return intensity * 12.92
	}

	return 1.055*math.Pow(intensity, 1/2.4) - 0.055
}

func (c Colour) luminance() float64 {
	return 0.2126*linear(c.red) + 0.7152*linear(c.green) + 0.0722*linear(c.blue)
}

// contrast returns the contrast ratio of two colours, from 1 to 21.
func contrast(one, other Colour) float64 {
	light, dark := one.luminance(), other.luminance()
	if light < dark {
		light, dark = dark, light
	}

	return (light + 0.05) / (dark + 0.05)
}

// mix returns a part of the colour on a background.
func (c Colour) mix(part float64, background Colour) Colour {
	blend := func(one, other float64) float64 { return part*one + (1-part)*other }

	return Colour{
		blend(c.red, background.red), blend(c.green, background.green), blend(c.blue, background.blue), true,
	}.rounded()
}

// oklab returns the colour in the perceptual space Oklab: lightness, and two axes of hue and chroma
// (https://bottosson.github.io/posts/oklab/).
func (c Colour) oklab() (lightness, a, b float64) {
	red, green, blue := linear(c.red), linear(c.green), linear(c.blue)

	long := math.Cbrt(0.4122214708*red + 0.5363325363*green + 0.0514459929*blue)
	medium := math.Cbrt(0.2119034982*red + 0.6806995451*green + 0.1073969566*blue)
	short := math.Cbrt(0.0883024619*red + 0.2817188376*green + 0.6299787005*blue)

	return 0.2104542553*long + 0.7936177850*medium - 0.0040720468*short,
		1.9779984951*long - 2.4285922050*medium + 0.4505937099*short,
		0.0259040371*long + 0.7827717662*medium - 0.8086757660*short
}

func fromOklab(lightness, a, b float64) (_ Colour, inGamut bool) {
	cube := func(value float64) float64 { return value * value * value }
	long := cube(lightness + 0.3963377774*a + 0.2158037573*b)
	medium := cube(lightness - 0.1055613458*a - 0.0638541728*b)
	short := cube(lightness - 0.0894841775*a - 1.2914855480*b)

	c := Colour{
		gamma(4.0767416621*long - 3.3077115913*medium + 0.2309699292*short),
		gamma(-1.2684380046*long + 2.6097574011*medium - 0.3413193965*short),
		gamma(-0.0041960863*long - 0.7034186147*medium + 1.7076147010*short),
		true,
	}

	for _, component := range []*float64{&c.red, &c.green, &c.blue} {
		const tolerance = 1e-3
		if math.IsNaN(*component) || *component < -tolerance || *component > 1+tolerance {
			return Colour{}, false
		}
		*component = min(max(*component, 0), 1)
	}

	return c, true
}

// at returns the colour with another lightness and the same hue, with as much of its chroma as sRGB has there.
func (c Colour) at(lightness float64) Colour {
	lightness = min(max(lightness, 0), 1)
	_, a, b := c.oklab()

	for part := 1.0; part > 0; part -= 0.02 {
		if found, inGamut := fromOklab(lightness, a*part, b*part); inGamut {
			return found.rounded()
		}
	}

	grey, _ := fromOklab(lightness, 0, 0)

	return grey.rounded()
}
