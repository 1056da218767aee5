package terminal

import (
	"io"
	"runtime"
	"strings"
)

// Escape sequences of ECMA-48 section 8.3.117 (SGR).
const (
	bold  = "\x1b[1m"
	faint = "\x1b[2m"
	reset = "\x1b[0m"
)

// style adds emphasis to text. The zero value adds none.
type style struct{ enabled bool }

func (s style) heading(text string) string { return s.apply(bold, text) }
func (s style) name(text string) string    { return s.apply(bold, text) }
func (s style) note(text string) string    { return s.apply(faint, text) }

func (s style) apply(sequence, text string) string {
	if !s.enabled || text == "" {
		return text
	}

	return sequence + text + reset
}

// styleOf returns the style for a writer.
func styleOf(out io.Writer) style {
	screen, ok := out.(*Screen)
	return style{ok && screen.Styled}
}

// wantsStyle reports whether the environment allows escape sequences: NO_COLOR (https://no-color.org) is unset or
// empty, and TERM names a terminal that supports them. The console of Windows sets no TERM; Windows Terminal sets
// WT_SESSION.
func wantsStyle(environ []string) bool {
	set := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		set[name] = value
	}

	if set["NO_COLOR"] != "" || set["TERM"] == "dumb" {
		return false
	}

	return set["TERM"] != "" || runtime.GOOS == "windows" && set["WT_SESSION"] != ""
}
