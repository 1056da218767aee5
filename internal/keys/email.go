package keys

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxEmailBytes is the maximum length of a mail address (RFC 5321 section 4.5.3.1.3, less the brackets).
const maxEmailBytes = 254

// usableEmail reports whether an address can be the user of HTTP Basic authentication (RFC 7617 section 2: no colon,
// no control characters) and names one account unambiguously (one @, no white space, no invisible characters).
func usableEmail(address string) bool {
	if address == "" || len(address) > maxEmailBytes || !utf8.ValidString(address) || strings.Count(address, "@") != 1 {
		return false
	}

	local, domain, _ := strings.Cut(address, "@")
	if local == "" || domain == "" {
		return false
	}

	return !strings.ContainsFunc(address, func(r rune) bool {
		return r == ':' || r == '<' || r == '>' || r == '"' || r == '\\' || unicode.IsSpace(r) || !unicode.IsPrint(r) ||
			unicode.Is(unicode.Cf, r)
	})
}
