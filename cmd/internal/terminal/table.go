// Package terminal is how the commands write: tables for people, JSON for programs, and nothing that steers a terminal.
package terminal

import (
	"io"
	"strings"
)

const gap = "   " // between columns

// Table writes rows with their columns under each other; the first row is the heading. Where they do not fit on the
// terminal, each row is written as Record does.
func Table(out io.Writer, rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	rows = plainRows(rows)
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

// Record writes one row of a table that is too wide: its first cell, and under it each of the others behind its heading.
func Record(out io.Writer, heading, row []string) error {
	if len(row) == 0 {
		return nil
	}

	if err := Say(out, Plain(row[0])); err != nil {
		return err
	}

	var fields [][]string
	for i, cell := range row[1:] {
		fields = append(fields, []string{"  " + strings.ToLower(heading[i+1]), cell})
	}

	return Fields(out, fields)
}

// Fields writes names and values, the values under each other. One that is too long for the terminal goes on below
// itself if it has words; a single one is never broken, for it is to be copied.
func Fields(out io.Writer, fields [][]string) error {
	fields = plainRows(fields)

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

func plainRows(rows [][]string) [][]string {
	plain := make([][]string, len(rows))
	for i, row := range rows {
		for _, cell := range row {
			plain[i] = append(plain[i], Plain(cell))
		}
	}

	return plain
}

// widthsOf are how wide the columns of rows are.
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
