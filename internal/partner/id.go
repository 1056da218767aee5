package partner

import "strings"

// isID reports whether a text has the form of our ids: a prefix and 26 characters of base32. Any other text counts as
// unknown without a query, because a database may not even accept it as text.
func isID(prefix, text string) bool {
	random, ok := strings.CutPrefix(text, prefix)

	return ok && len(random) == 26 && !strings.ContainsFunc(random, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < '2' || r > '7')
	})
}
