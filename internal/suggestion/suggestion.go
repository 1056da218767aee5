// Package suggestion finds the known name closest to a misspelled one.
package suggestion

import "slices"

// Slips is how many letters may be wrong in a name for it to be taken as meant.
const Slips = 3

// Closest is the known name that differs least from a misspelt one, by Slips letters at most; of those that differ
// alike, the first in alphabetical order. It is empty when there is none.
func Closest(name string, known []string) string {
	best, least := "", Slips+1

	for _, candidate := range slices.Sorted(slices.Values(known)) {
		if apart := Distance(name, candidate); apart < least {
			best, least = candidate, apart
		}
	}

	return best
}

// Distance counts the letters to be put in, taken out or changed to make one name the other (Levenshtein). It stops
// being exact beyond Slips.
func Distance(one, other string) int {
	if len(one)-len(other) > Slips || len(other)-len(one) > Slips {
		return Slips + 1
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
