package egress

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// checkExceptions finds entries of NO_PROXY that would match nothing, in silence: quotation marks, brackets without a
// port, and spaces where commas are meant.
func checkExceptions(list string) error {
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimSpace(entry)

		bracketed := strings.HasPrefix(entry, "[") && strings.Contains(entry, "]:") // [IPv6]:port
		if strings.ContainsFunc(entry, func(r rune) bool {
			return r <= ' ' || !unicode.IsPrint(r) || strings.ContainsRune("\"'`;", r) ||
				(!bracketed && strings.ContainsRune("[]", r))
		}) {
			return fmt.Errorf("has an entry that matches nothing: entries have commas between them, and nothing around them; "+
				"found %q", entry)
		}
	}

	return nil
}

func usable(port string) bool {
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && number > 0
}
