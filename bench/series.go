package main

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/upstash-connect/bff/bench/goal"
	"github.com/upstash-connect/bff/bench/load"
)

// cell is one place of the tables: X is the number of connections, of databases or of stored accounts.
type cell struct {
	Scenario string
	Name     string
	X        int
}

// figures are the measurements of all rounds.
type figures map[cell][]load.Result

func cpu(r load.Result) float64        { return r.CPUMicros() }
func throughput(r load.Result) float64 { return r.PerSecond() }
func p50(r load.Result) float64        { return r.Millis(50) }
func p99(r load.Result) float64        { return r.Millis(99) }

// series is one figure of a cell, round by round.
func (f figures) series(c cell, of func(load.Result) float64) []float64 {
	var values []float64
	for _, result := range f[c] {
		values = append(values, of(result))
	}

	return values
}

func (f figures) median(c cell, of func(load.Result) float64) float64 {
	return goal.Median(f.series(c, of))
}

func (f figures) paired(c, against cell, of func(load.Result) float64) float64 {
	return goal.Paired(f.series(c, of), f.series(against, of))
}

// spread is half the distance between the lowest and the highest round, in percent of the median.
func (f figures) spread(c cell, of func(load.Result) float64) float64 {
	values := f.series(c, of)
	if len(values) == 0 {
		return math.NaN()
	}

	return 50 * (slices.Max(values) - slices.Min(values)) / goal.Median(values)
}

// xs are the places on the axis of a scenario, in order.
func (f figures) xs(scenario string) []int {
	seen := map[int]bool{}
	for c := range f {
		if c.Scenario == scenario {
			seen[c.X] = true
		}
	}

	return slices.Sorted(maps.Keys(seen))
}

// names are those of a scenario, in the order that the run had them.
func (f figures) names(scenario string, order []string) []string {
	var names []string
	for _, name := range order {
		for c := range f {
			if c.Scenario == scenario && c.Name == name {
				names = append(names, name)
				break
			}
		}
	}

	return names
}

// number formats a figure for a table: three significant digits.
func number(value float64) string {
	switch {
	case math.IsNaN(value) || math.IsInf(value, 0):
		return "-"
	case value >= 10_000:
		return thousands(int(value + 0.5))
	case value >= 100:
		return fmt.Sprintf("%.0f", value)
	case value >= 10:
		return fmt.Sprintf("%.1f", value)
	}

	return fmt.Sprintf("%.2f", value)
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}

	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
