package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
	"golang.org/x/text/width"
)

// Screen is a writer that knows its terminal.
type Screen struct {
	io.Writer
	Columns int  // 0: not a terminal, so lines are not wrapped
	Styled  bool // escape sequences are allowed
}

const (
	usualColumns = 80 // of a terminal that does not report its width
	leastColumns = 40 // output is laid out for this width on narrower terminals
)

// NewScreen returns the screen of a writer. The environment decides whether a terminal gets escape sequences.
func NewScreen(out io.Writer, environ []string) *Screen {
	if screen, ok := out.(*Screen); ok {
		return screen
	}
	screen := &Screen{Writer: out}

	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return screen
	}

	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil || columns == 0 {
		columns = usualColumns
	}
	screen.Columns, screen.Styled = max(columns, leastColumns), wantsStyle(environ)

	return screen
}

// columnsOf returns the width of a terminal; 0 for any other writer.
func columnsOf(out io.Writer) int {
	if screen, ok := out.(*Screen); ok {
		return screen.Columns
	}

	return 0
}

// Narrower reports whether a writer is a terminal that has fewer columns than needed.
func Narrower(out io.Writer, columns int) bool {
	wide := columnsOf(out)
	return wide > 0 && wide < columns
}

// IsTerminal reports whether a writer is a terminal.
func IsTerminal(out io.Writer) bool { return columnsOf(out) > 0 }

// Print writes a text of one or more lines, wrapped to the width of a terminal.
func Print(out io.Writer, text string) error {
	_, err := io.WriteString(out, Wrap(text, columnsOf(out))+"\n")
	return err
}

// Printf is Print with a format.
func Printf(out io.Writer, format string, values ...any) error {
	return Print(out, fmt.Sprintf(format, values...))
}

// Wrap breaks lines between words to fit the columns. Continuation lines have the indentation of the line they
// continue. Wrap never breaks a word, so that commands, keys and addresses can be copied. With 0 columns it returns the
// text unchanged.
func Wrap(text string, columns int) string {
	if columns <= 0 {
		return text
	}

	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = wrapLine(line, columns)
	}

	return strings.Join(lines, "\n")
}

func wrapLine(line string, columns int) string {
	if displayed(line) <= columns {
		return line
	}

	body := strings.TrimLeft(line, " ")
	indent := line[:len(line)-len(body)]

	var text strings.Builder

	at := len(indent)
	text.WriteString(indent)

	for n, word := range strings.Fields(body) {
		wide := displayed(word)

		switch {
		case n == 0:
		case at+1+wide > columns:
			text.WriteString("\n" + indent)
			at = len(indent)
		default:
			text.WriteByte(' ')
			at++
		}
		text.WriteString(word)
		at += wide
	}

	return text.String()
}

// displayed returns how many columns a text takes. Wide East Asian characters take two.
func displayed(text string) int {
	columns := 0
	for _, r := range text {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			columns += 2
		default:
			columns++
		}
	}

	return columns
}
