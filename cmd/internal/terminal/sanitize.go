package terminal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Sanitize replaces characters that control a terminal with question marks. A name from elsewhere may contain an escape
// sequence, a line end, or a character that reverses the direction of text.
func Sanitize(text string) string {
	return strings.Map(func(r rune) rune {
		if controlsTerminal(r) || r == unicode.ReplacementChar {
			return '?'
		}

		return r
	}, text)
}

// SanitizeLines is Sanitize for our own texts of several lines. It keeps line ends.
func SanitizeLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Sanitize(line)
	}

	return strings.Join(lines, "\n")
}

// controlsTerminal reports whether a character controls a terminal or is invisible: control characters (including 8-bit
// ones), direction marks, joiners, tags, and separators of lines and paragraphs.
func controlsTerminal(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// WriteJSON writes one value as one line of JSON. It escapes characters that control a terminal as \uXXXX (RFC 8259
// section 7), so programs read the same value.
func WriteJSON(w io.Writer, value any) error {
	var text bytes.Buffer

	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)

	if err := encoder.Encode(value); err != nil {
		return err
	}
	line := bytes.TrimSuffix(text.Bytes(), []byte("\n"))

	_, err := io.WriteString(w, escaped(string(line))+"\n")

	return err
}

// escaped escapes characters that control a terminal. In a line of JSON they occur only inside strings.
func escaped(line string) string {
	if !strings.ContainsFunc(line, controlsTerminal) {
		return line
	}

	var text strings.Builder
	for _, r := range line {
		switch high, low := utf16.EncodeRune(r); {
		case !controlsTerminal(r):
			text.WriteRune(r)
		case high == unicode.ReplacementChar:
			_, _ = fmt.Fprintf(&text, `\u%04x`, r)
		default:
			_, _ = fmt.Fprintf(&text, `\u%04x\u%04x`, high, low)
		}
	}

	return text.String()
}
