package main

import (
	"strconv"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/operation"
)

// hasSeries reports whether an object is usage: numbers and time series.
func hasSeries(object *operation.Object) bool {
	for n := range object.Fields {
		if isSeries(&object.Fields[n]) {
			return true
		}
	}

	return false
}

func isSeries(field *operation.Out) bool {
	return field.Type == operation.OutPoints || field.Type == operation.OutSeries
}

// printUsage prints a table of the numbers, and one of the last value of each time series.
func (o *operationRun) printUsage(usage decodedObject) error {
	numbers := [][]string{{"NAME", "VALUE", "MEANING"}}
	last := [][]string{{"SERIES", "LAST", "AT", "POINTS", "MEANING"}}

	for n := range usage.object.Fields {
		field := &usage.object.Fields[n]
		cell, name := usage.cell(field), field.Key()

		switch {
		case cell == "":
		case field.Type == operation.OutPoints:
			last = append(last, seriesRow(name, decodedAs[[]operation.Point](usage.fields[name]), field.Help))
		case field.Type == operation.OutSeries:
			for _, series := range decodedAs[[]operation.Series](usage.fields[name]) {
				last = append(last, seriesRow(name+" "+series.ID, series.DataPoints, field.Help))
			}
		default:
			numbers = append(numbers, []string{name, cell, field.Help})
		}
	}

	if err := terminal.Table(o.stdout, numbers); err != nil || len(last) == 1 {
		return err
	}

	if err := terminal.Print(o.stdout, ""); err != nil {
		return err
	}

	return terminal.Table(o.stdout, last)
}

func seriesRow(name string, points []operation.Point, meaning string) []string {
	row := []string{name, "-", "-", strconv.Itoa(len(points)), meaning}
	if len(points) > 0 {
		last := points[len(points)-1]
		row[1], row[2] = strconv.FormatFloat(last.Y, 'f', -1, 64), orDash(last.X)
	}

	return row
}
