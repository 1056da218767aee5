package brand

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

const (
	svgSpace   = "http://www.w3.org/2000/svg"
	xlinkSpace = "http://www.w3.org/1999/xlink"
	xmlSpace   = "http://www.w3.org/XML/1998/namespace" // of the prefix xml, which needs no declaration
	maxDepth   = 64
)

// svgElements are the elements that a picture may consist of: shapes, text, gradients, and what positions, clips and
// filters them. An element that runs script, embeds another document, loads a file or changes with time is not among
// them (https://www.w3.org/TR/SVG2/eltindex.html).
var svgElements = strings.Fields(`svg g defs symbol use title desc metadata style switch
	path rect circle ellipse line polyline polygon text tspan textPath
	linearGradient radialGradient stop pattern clipPath mask marker
	filter feBlend feColorMatrix feComponentTransfer feComposite feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR
	feGaussianBlur feMerge feMergeNode feMorphology feOffset feTile feTurbulence`)

// svgAttributes are their attributes: geometry, presentation, names (https://www.w3.org/TR/SVG2/attindex.html).
var svgAttributes = strings.Fields(`id class style lang role tabindex focusable version baseProfile
	viewBox preserveAspectRatio width height x y x1 y1 x2 y2 cx cy r rx ry fx fy fr dx dy d points pathLength
	transform transform-origin gradientTransform gradientUnits patternTransform patternUnits patternContentUnits
	spreadMethod offset stop-color stop-opacity clipPathUnits maskUnits maskContentUnits mask-type
	markerWidth markerHeight markerUnits refX refY orient marker-start marker-mid marker-end
	fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-miterlimit
	stroke-dasharray stroke-dashoffset vector-effect paint-order opacity color color-interpolation
	color-interpolation-filters color-rendering shape-rendering text-rendering image-rendering
	clip-path clip-rule clip mask filter display visibility overflow enable-background isolation mix-blend-mode
	font-family font-size font-style font-variant font-weight font-stretch letter-spacing word-spacing text-anchor
	text-decoration dominant-baseline alignment-baseline baseline-shift writing-mode direction unicode-bidi
	textLength lengthAdjust startOffset method spacing rotate
	filterUnits primitiveUnits in in2 result mode type values tableValues slope intercept amplitude exponent operator
	k1 k2 k3 k4 stdDeviation edgeMode flood-color flood-opacity radius baseFrequency numOctaves seed stitchTiles`)

// plainAttributes are the attributes whose text is a name, never a style.
var plainAttributes = strings.Fields("id class lang role")

// checkSVG reports the first construct of an SVG document that is not on the lists, and returns the ratio of the
// picture's sides. It reads the document as a browser does, as XML: a comment or an encoding cannot hide a construct.
// A browser accepts no document that breaks a rule of XML, so it also enforces the rules that encoding/xml does not.
func checkSVG(content []byte) (ratio float64, err error) {
	content = bytes.TrimPrefix(content, []byte("\ufeff")) // a byte order mark
	decoder := xml.NewDecoder(bytes.NewReader(content))
	check := svgCheck{}

	for {
		from := decoder.InputOffset()

		// RawToken would accept end tags without a start, and mismatched ones.
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}

		if err != nil {
			return 0, &Error{What: "names a file that is neither a PNG picture nor a well-formed SVG picture in UTF-8"}
		}

		if err := check.place(token, from, content[from:decoder.InputOffset()]); err != nil {
			return 0, err
		}

		if err := check.token(token); err != nil {
			return 0, err
		}
	}

	if check.ratio <= 0 {
		return 0, &Error{What: "names an SVG file without a size; add a viewBox to its svg element, such as \"0 0 32 32\""}
	}

	return check.ratio, nil
}

// svgCheck is the state of a check: the open elements, the text of the open style sheet, and the ratio once the root
// was read.
type svgCheck struct {
	open    []string
	style   strings.Builder
	hasRoot bool
	ratio   float64
}

// place checks what may be where (https://www.w3.org/TR/xml/#sec-well-formed): one root, with only white space and
// comments around it, and the XML declaration only at the beginning. written is the token in the file, in which a CDATA
// section or a reference is not white space.
func (s *svgCheck) place(token xml.Token, from int64, written []byte) error {
	const space = " \t\r\n"

	switch token.(type) {
	case xml.StartElement:
		if len(s.open) == 0 && s.hasRoot {
			return refused("a second root element")
		}
	case xml.CharData:
		if len(s.open) == 0 && len(bytes.Trim(written, space)) > 0 {
			return refused("text outside of its svg element")
		}
	case xml.ProcInst:
		if from > 0 {
			return refused("a processing instruction")
		}
	}

	return nil
}

func (s *svgCheck) token(token xml.Token) error {
	switch token := token.(type) {
	case xml.StartElement:
		return s.start(token)
	case xml.EndElement:
		s.open = s.open[:len(s.open)-1]

		if token.Name.Local == "style" { // complete only here: a comment inside it would split a word
			defer s.style.Reset()
			return checkCSS(s.style.String(), "its style sheet")
		}
	case xml.CharData:
		if s.inStyle() {
			s.style.Write(token)
		}
	case xml.Directive: // a DOCTYPE can define entities
		return refused("a DOCTYPE")
	case xml.ProcInst:
		if token.Target != "xml" {
			return refused("a processing instruction")
		}
	}

	return nil
}

// inStyle reports whether the innermost open element is a style sheet.
func (s *svgCheck) inStyle() bool { return len(s.open) > 0 && s.open[len(s.open)-1] == "style" }

func (s *svgCheck) start(element xml.StartElement) error {
	name := element.Name.Local

	// A browser reads only the text directly inside a style sheet, so an element there would separate here what the
	// browser joins (https://dom.spec.whatwg.org/#concept-child-text-content).
	if s.inStyle() {
		return refused("an element in its style sheet")
	}

	if len(s.open) == 0 {
		if element.Name.Space != svgSpace || name != "svg" {
			return &Error{What: "names a file that is neither a PNG nor an SVG picture: an SVG begins with <svg xmlns=\"" +
				svgSpace + "\">"}
		}
		s.ratio, s.hasRoot = ratioOf(element), true
	}

	s.open = append(s.open, name)
	if len(s.open) > maxDepth {
		return refused(fmt.Sprintf("more than %d nested elements", maxDepth))
	}

	if element.Name.Space != svgSpace || !slices.Contains(svgElements, name) {
		return refused("the element " + name)
	}

	for n, attribute := range element.Attr {
		isSame := func(other xml.Attr) bool { return other.Name == attribute.Name }
		if slices.ContainsFunc(element.Attr[:n], isSame) {
			return refused("the attribute " + attribute.Name.Local + " twice in one element")
		}

		if err := checkAttribute(attribute); err != nil {
			return err
		}
	}

	return nil
}

func checkAttribute(attribute xml.Attr) error {
	name := attribute.Name.Local

	switch {
	case attribute.Name.Space == "xmlns", attribute.Name.Space == "" && name == "xmlns",
		strings.HasPrefix(name, "aria-"), strings.HasPrefix(name, "data-"):
		return nil
	case attribute.Name.Space == xmlSpace && (name == "space" || name == "lang"): // xml:base redirects references
		return nil
	case name == "href" && (attribute.Name.Space == "" || attribute.Name.Space == xlinkSpace):
		if !strings.HasPrefix(attribute.Value, "#") {
			return refused("a reference to another file")
		}

		return nil
	case attribute.Name.Space != "" || !slices.Contains(svgAttributes, name):
		return refused("the attribute " + name)
	case slices.Contains(plainAttributes, name):
		return nil
	}

	return checkCSS(attribute.Value, "the attribute "+name)
}

func refused(what string) error {
	return &Error{What: "names an SVG file with " + what + "; pictures may have only shapes, text and gradients, " +
		"so export it as a plain SVG or a PNG"}
}

// ratioOf returns width : height of the root element, or 0.
func ratioOf(root xml.StartElement) float64 {
	values := map[string]string{}

	for _, attribute := range root.Attr {
		if attribute.Name.Space == "" {
			values[attribute.Name.Local] = attribute.Value
		}
	}

	box := strings.Fields(strings.ReplaceAll(values["viewBox"], ",", " "))
	if len(box) == 4 { // min-x, min-y, width, height
		return division(box[2], box[3])
	}

	return division(strings.TrimSuffix(values["width"], "px"), strings.TrimSuffix(values["height"], "px"))
}

func division(width, height string) float64 {
	w, errW := strconv.ParseFloat(width, 64)

	h, errH := strconv.ParseFloat(height, 64)
	if errW != nil || errH != nil || !(w > 0 && h > 0 && w/h < 100 && h/w < 100) {
		return 0
	}

	return w / h
}
