package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/upstash-connect/bff/internal/suggestion"
)

// serviceLink is a variable that Kubernetes puts into every Pod beside a Service called bff.
var serviceLink = regexp.MustCompile(`^BFF_(SERVICE_(HOST|PORT)|PORT($|_))`)

// didYouMean names the known variable that is closest to a misspelt one: the one it begins, or that begins it, else the
// one that differs least.
func didYouMean(name string, known map[string]bool) string {
	if serviceLink.MatchString(name) {
		return "; Kubernetes sets it for a Service called bff, unless the Pod says enableServiceLinks: false"
	}

	best, least := "", suggestion.Slips+1
	for _, candidate := range slices.Sorted(maps.Keys(known)) {
		apart := suggestion.Slips
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
