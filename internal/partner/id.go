package partner

import "strings"

// isID reports whether a text has the form of an id that this package makes: a prefix and 26 characters of base32.
// Anything else is as if absent, and no store is asked for it: a database may not even take it as text.
func isID(prefix, text string) bool {
	random, ok := strings.CutPrefix(text, prefix)

	return ok && len(random) == 26 && !strings.ContainsFunc(random, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < '2' || r > '7')
	})
}
