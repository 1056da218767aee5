package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// serviceLink is a variable that Kubernetes puts into every Pod beside a Service called bff.
var serviceLink = regexp.MustCompile(`^BFF_(SERVICE_(HOST|PORT)|PORT($|_))`)

// slips is how many letters may be wrong in a name for it to be taken as meant.
const slips = 3

// didYouMean names the known variable that is closest to a misspelt one: the one it begins, or that begins it, else the
// one that differs least.
func didYouMean(name string, known map[string]bool) string {
	if serviceLink.MatchString(name) {
		return "; Kubernetes sets it for a Service called bff, unless the Pod says enableServiceLinks: false"
	}

	best, least := "", slips+1
	for _, candidate := range slices.Sorted(maps.Keys(known)) {
		apart := slips
		if !strings.HasPrefix(candidate, name) && !strings.HasPrefix(name, candidate) {
			apart = distance(name, candidate)
		}

		if apart < least {
			best, least = candidate, apart
		}
	}

	if best == "" {
		return ""
	}

	return "; did you mean " + best + "?"
}

// distance counts the letters to be put in, taken out or changed to make one name the other (Levenshtein). It stops
// being exact beyond slips.
func distance(one, other string) int {
	if len(one)-len(other) > slips || len(other)-len(one) > slips {
		return slips + 1
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
