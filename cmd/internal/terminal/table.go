// Package terminal is how the commands write: tables for people, JSON for programs, and nothing that steers a terminal.
package terminal

import (
	"encoding/json"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
)

// WriteJSON writes one value as one line.
func WriteJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// Table writes rows with their columns under each other.
func Table(w io.Writer, rows [][]string) error {
	aligned := tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = Plain(cell)
		}

		if _, err := io.WriteString(aligned, strings.Join(cells, "\t")+"\n"); err != nil {
			return err
		}
	}

	return aligned.Flush()
}

// Plain keeps what others named from steering a terminal: a name may hold an escape sequence, a line end, or a
// character that turns the direction of what follows.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return '?'
		}

		return r
	}, text)
}

// UsageError is a command line that was not understood.
type UsageError struct{ error }

// NewUsageError makes one of an error.
func NewUsageError(err error) UsageError { return UsageError{err} }
