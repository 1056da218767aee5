package egress

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// checkExceptions rejects entries of NO_PROXY that would silently match nothing: quotation marks, brackets without a
// port, and spaces instead of commas.
func checkExceptions(list string) error {
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimSpace(entry)

		bracketed := strings.HasPrefix(entry, "[") && strings.Contains(entry, "]:") // [IPv6]:port
		if strings.ContainsFunc(entry, func(r rune) bool {
			return r <= ' ' || !unicode.IsPrint(r) || strings.ContainsRune("\"'`;", r) ||
				(!bracketed && strings.ContainsRune("[]", r))
		}) {
			return fmt.Errorf("has an invalid entry: separate entries by commas, without quotation marks or spaces; "+
				"found %q", entry)
		}
	}

	return nil
}

func usable(port string) bool {
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && number > 0
}
