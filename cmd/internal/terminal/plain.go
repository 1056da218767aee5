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

// Plain keeps what others named from steering a terminal: a name may hold an escape sequence, a line end, or a
// character that turns the direction of what follows.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		if steers(r) || r == unicode.ReplacementChar {
			return '?'
		}

		return r
	}, text)
}

// PlainLines is Plain for a text of ours that has several lines.
func PlainLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Plain(line)
	}

	return strings.Join(lines, "\n")
}

// steers reports whether a terminal obeys a character, or shows nothing for it: controls, those of 8 bits among them,
// marks of direction, what joins and separates, tags, and the separators of lines and paragraphs.
func steers(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// WriteJSON writes one value as one line. It is the same value to a program as any other JSON of it, and a terminal that
// shows it obeys nothing in it: what steers is written as \uXXXX (RFC 8259 section 7).
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

// escaped writes out what steers a terminal. In a line of JSON that stands in strings alone.
func escaped(line string) string {
	if !strings.ContainsFunc(line, steers) {
		return line
	}

	var text strings.Builder
	for _, r := range line {
		switch high, low := utf16.EncodeRune(r); {
		case !steers(r):
			text.WriteRune(r)
		case high == unicode.ReplacementChar:
			_, _ = fmt.Fprintf(&text, `\u%04x`, r)
		default:
			_, _ = fmt.Fprintf(&text, `\u%04x\u%04x`, high, low)
		}
	}

	return text.String()
}
