package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
	"golang.org/x/text/width"
)

// Screen is where a command writes, and how wide that is.
type Screen struct {
	io.Writer
	Columns int // 0: it is no terminal, and a line may be as long as it likes
}

const (
	usualColumns = 80 // of a terminal that does not say
	leastColumns = 40 // narrower, and nothing is laid out for it
)

// NewScreen finds out what a command writes to.
func NewScreen(out io.Writer) *Screen {
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
	screen.Columns = max(columns, leastColumns)

	return screen
}

// columnsOf is how wide a writer is; 0 where lines have no end.
func columnsOf(out io.Writer) int {
	if screen, ok := out.(*Screen); ok {
		return screen.Columns
	}

	return 0
}

// Narrower reports whether a writer is a terminal with fewer columns.
func Narrower(out io.Writer, columns int) bool {
	wide := columnsOf(out)
	return wide > 0 && wide < columns
}

// IsTerminal reports whether people read what is written there.
func IsTerminal(out io.Writer) bool { return columnsOf(out) > 0 }

// Say writes a text of one or more lines, wrapped where it is a terminal that reads it.
func Say(out io.Writer, text string) error {
	_, err := io.WriteString(out, Wrap(text, columnsOf(out))+"\n")
	return err
}

// Sayf is Say for a format.
func Sayf(out io.Writer, format string, values ...any) error {
	return Say(out, fmt.Sprintf(format, values...))
}

// Wrap breaks the lines of a text between words, so that none has more columns. What a line continues with is indented
// as far as the line is. Words are never broken: a command, a key or an address is to be copied as it is. With 0 columns
// nothing is done.
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

// displayed is how many columns a text takes: characters of East Asia take two.
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
