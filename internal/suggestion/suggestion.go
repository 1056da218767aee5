// Package suggestion finds the known name closest to a misspelled one.
package suggestion

import "slices"

// MaxDistance is the largest edit distance at which a name counts as a misspelling of another.
const MaxDistance = 3

// Closest returns the known name with the smallest distance to name, up to MaxDistance, or "". Of several, it returns
// the first in alphabetical order.
func Closest(name string, known []string) string {
	best, least := "", MaxDistance+1

	for _, candidate := range slices.Sorted(slices.Values(known)) {
		if apart := Distance(name, candidate); apart < least {
			best, least = candidate, apart
		}
	}

	return best
}

// Distance returns the Levenshtein distance of two names: the number of letters to insert, delete or replace. It may be
// inexact above MaxDistance.
func Distance(one, other string) int {
	if len(one)-len(other) > MaxDistance || len(other)-len(one) > MaxDistance {
		return MaxDistance + 1
	}

	row := make([]int, len(other)+1)
	for n := range row {
		row[n] = n
	}

	for n := range len(one) {
		diagonal := row[0]

		row[0] = n + 1
		for m := range len(other) {
			changed := diagonal
			if one[n] != other[m] {
				changed++
			}
			diagonal = row[m+1]
			row[m+1] = min(changed, row[m]+1, row[m+1]+1)
		}
	}

	return row[len(other)]
}
