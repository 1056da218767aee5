// Package goal holds the goals for the product's speed, and compares a run's figures with them.
package goal

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Goal is one figure that must be reached. Ratios have no unit.
type Goal struct {
	Key     string // names it in the file of reasons
	What    string
	Unit    string
	Bound   float64 // at most, or at least
	Stretch float64 // 0: none
	AtLeast bool
}

// Verdict is what became of a goal.
type Verdict string

// The verdicts.
const (
	Stretch     Verdict = "stretch met"
	Met         Verdict = "met"
	NotMet      Verdict = "NOT MET"
	NotMeasured Verdict = "not measured"
)

// Judge compares a measured value with the goal. What could not be measured is NaN.
func (g Goal) Judge(value float64) Verdict {
	within := func(bound float64) bool {
		if g.AtLeast {
			return value >= bound
		}

		return value <= bound
	}

	switch {
	case math.IsNaN(value) || math.IsInf(value, 0):
		return NotMeasured
	case g.Stretch != 0 && within(g.Stretch):
		return Stretch
	case within(g.Bound):
		return Met
	}

	return NotMet
}

// Text is a value with the goal's unit.
func (g Goal) Text(value float64) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return "-"
	}

	digits := 2
	if g.Unit != "" {
		digits = 1
	}

	if value >= 100 {
		digits = 0
	}

	return strings.TrimSpace(fmt.Sprintf("%.*f %s", digits, value, g.Unit))
}

// BoundText is one of its bounds, without insignificant digits.
func (g Goal) BoundText(bound float64) string {
	if bound == 0 {
		return ""
	}

	return strings.TrimSpace(fmt.Sprintf("%g %s", bound, g.Unit))
}

// All are the goals, in the order in which they are reported.
func All() []Goal {
	goals := []Goal{
		{Key: "cpu-token", What: "CPU of a list by token, cache off, against HAProxy + JWT", Bound: 1.5, Stretch: 1},
		{Key: "cpu-cookie", What: "CPU of a list by cookie session, cache off, against HAProxy + JWT", Bound: 1.5, Stretch: 1},
		{Key: "cpu-cached", What: "CPU of a list from the default cache, against HAProxy + JWT", Bound: 0.8, Stretch: 0.5},
		{Key: "cpu-cold", What: "CPU of a list, cold caches, against HAProxy + JWT", Bound: 3.5, Stretch: 2.5},
		{Key: "cpu-express", What: "CPU of a list by token, cache off, against Express", Bound: 0.15, Stretch: 0.1},
		{Key: "cpu-1000", What: "CPU of a 1,000-database list, against HAProxy + JWT", Bound: 3, Stretch: 2},
	}
	for _, cache := range []string{"off", "default"} {
		for _, connections := range []int{32, 256} {
			goals = append(goals, Goal{
				Key:     fmt.Sprintf("p99-%s-%d", cache, connections),
				What:    fmt.Sprintf("p99 at %d connections, cache %s, against HAProxy + JWT", connections, cache),
				Bound:   1.5,
				Stretch: 1.2,
			})
		}
	}

	goals = append(
		goals,
		Goal{Key: "cpu-create", What: "CPU of a create with Idempotency-Key, against Express without one", Bound: 1.5, Stretch: 1},
		Goal{
			Key: "creates", What: "creates with 32 callers, SQLite", Unit: "/s", Bound: 1500, Stretch: 3000, AtLeast: true,
		},
		Goal{Key: "memory-idle", What: "memory, idle", Unit: "MB", Bound: 40, Stretch: 30},
		Goal{Key: "memory-256", What: "memory after 256 connections", Unit: "MB", Bound: 80, Stretch: 64},
	)
	for _, store := range []string{"SQLite", "Postgres"} {
		key := strings.ToLower(store)
		goals = append(
			goals,
			Goal{Key: "stored-cpu-" + key, What: "CPU of a list with 1,000,000 accounts stored, against 1,000: " + store, Bound: 1.1, Stretch: 1.05},
			Goal{Key: "stored-p50-" + key, What: "p50 of a list with 1,000,000 accounts stored, against 1,000: " + store, Bound: 1.1, Stretch: 1.05},
			Goal{Key: "count-" + key, What: "the count of connections for metrics, with the same stores: " + store, Bound: 2, Stretch: 1.1},
		)
	}

	return append(
		goals,
		Goal{Key: "ready", What: "exec to ready", Unit: "ms", Bound: 25},
		Goal{Key: "first-list", What: "exec to the first list", Unit: "ms", Bound: 40},
	)
}

// Median is the middle value, of an even number the mean of the two middle ones; NaN of none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2

	if len(sorted)%2 == 1 {
		return sorted[middle]
	}

	return (sorted[middle-1] + sorted[middle]) / 2
}

// Paired is the median of the ratios of two series that were measured in turn: each value is compared with the one
// that met the same noise. Values without a partner do not count.
func Paired(of, against []float64) float64 {
	var ratios []float64
	for n := range min(len(of), len(against)) {
		if against[n] > 0 {
			ratios = append(ratios, of[n]/against[n])
		}
	}

	return Median(ratios)
}

// Reasons reads why goals are not met: Markdown in which each section is headed by a goal's key.
func Reasons(r io.Reader) (map[string]string, error) {
	reasons, key := map[string]string{}, ""

	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		line := scanner.Text()
		if name, found := strings.CutPrefix(line, "## "); found {
			key = strings.TrimSpace(name)
			if !slices.ContainsFunc(All(), func(g Goal) bool { return g.Key == key }) {
				return nil, fmt.Errorf("%q is no goal's key", key)
			}
			continue
		}

		if key != "" {
			reasons[key] = strings.TrimSpace(reasons[key] + " " + strings.TrimSpace(line))
		}
	}

	return reasons, scanner.Err()
}
