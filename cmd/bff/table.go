package main

import (
	"encoding/json"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
)

// writeJSON writes one value as one line.
func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// table writes rows with their columns under each other.
func table(w io.Writer, rows [][]string) error {
	aligned := tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = plain(cell)
		}

		if _, err := io.WriteString(aligned, strings.Join(cells, "\t")+"\n"); err != nil {
			return err
		}
	}

	return aligned.Flush()
}

// plain keeps what others named from steering a terminal: a name may hold an escape sequence, a line end, or a
// character that turns the direction of what follows.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return '?'
		}

		return r
	}, text)
}
