// Package terminal writes the output of commands: tables and help for people, JSON for programs. Text from elsewhere
// cannot control the terminal.
package terminal

import (
	"io"
	"strings"
)

const gap = "   " // between columns

// Table writes rows with aligned columns; the first row is the heading. If the rows are wider than the terminal, it
// writes each row as a Record.
func Table(out io.Writer, rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	rows = sanitizeRows(rows)
	widths := widthsOf(rows)

	total := len(gap) * (len(widths) - 1)
	for _, column := range widths {
		total += column
	}

	if columns := columnsOf(out); columns == 0 || total <= columns {
		return writeAligned(out, rows, widths)
	}

	for _, row := range rows[1:] {
		if err := Record(out, rows[0], row); err != nil {
			return err
		}
	}

	return nil
}

// Record writes one row of a table that is too wide: its first cell, then one line for each other cell with its
// heading.
func Record(out io.Writer, heading, row []string) error {
	if len(row) == 0 {
		return nil
	}

	if err := Print(out, Sanitize(row[0])); err != nil {
		return err
	}

	var fields [][]string
	for i, cell := range row[1:] {
		fields = append(fields, []string{"  " + strings.ToLower(heading[i+1]), cell})
	}

	return Fields(out, fields)
}

// Fields writes names and values in two columns. It wraps a value that is too long for the terminal, but never breaks a
// word, so that it can be copied.
func Fields(out io.Writer, fields [][]string) error {
	fields = sanitizeRows(fields)

	columns := columnsOf(out)
	if columns == 0 {
		return writeAligned(out, fields, widthsOf(fields))
	}

	left := widthsOf(fields)[0] + len(gap)
	for _, field := range fields {
		value := Wrap(field[1], columns-left)
		value = strings.ReplaceAll(value, "\n", "\n"+strings.Repeat(" ", left))

		if _, err := io.WriteString(out, pad(field[0], left)+value+"\n"); err != nil {
			return err
		}
	}

	return nil
}

func sanitizeRows(rows [][]string) [][]string {
	clean := make([][]string, len(rows))
	for i, row := range rows {
		for _, cell := range row {
			clean[i] = append(clean[i], Sanitize(cell))
		}
	}

	return clean
}

// widthsOf returns the width of each column.
func widthsOf(rows [][]string) []int {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], displayed(cell))
		}
	}

	return widths
}

func writeAligned(out io.Writer, rows [][]string, widths []int) error {
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			if i < len(row)-1 {
				cell = pad(cell, widths[i]+len(gap))
			}
			line.WriteString(cell)
		}

		if _, err := io.WriteString(out, line.String()+"\n"); err != nil {
			return err
		}
	}

	return nil
}

func pad(text string, columns int) string {
	return text + strings.Repeat(" ", max(0, columns-displayed(text)))
}
