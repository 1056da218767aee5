package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/upstash-connect/bff/internal/suggestion"
)

// serviceLink matches variables that Kubernetes sets in every Pod if there is a Service called bff.
var serviceLink = regexp.MustCompile(`^BFF_(SERVICE_(HOST|PORT)|PORT($|_))`)

// didYouMean suggests the known variable that is closest to an unknown one: one is a prefix of the other, or else they
// have the smallest edit distance.
func didYouMean(name string, known map[string]bool) string {
	if serviceLink.MatchString(name) {
		return "; Kubernetes sets it for a Service called bff, unless the Pod has enableServiceLinks: false"
	}

	best, least := "", suggestion.MaxDistance+1
	for _, candidate := range slices.Sorted(maps.Keys(known)) {
		apart := suggestion.MaxDistance
		if !strings.HasPrefix(candidate, name) && !strings.HasPrefix(name, candidate) {
			apart = suggestion.Distance(name, candidate)
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
