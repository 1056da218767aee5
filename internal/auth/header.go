package auth

import (
	"slices"
	"strings"
	"unicode"
)

const maxKidBytes = 256

// checkHeader validates a JOSE header and returns its key ID.
func checkHeader(header map[string]any) (string, error) {
	for _, name := range []string{"jku", "x5u", "jwk", "x5c", "crit", "b64", "zip", "enc"} {
		// A token must not choose its own key (RFC 8725 section 3.10) or require an extension (RFC 7515 section
		// 4.1.11).
		if _, present := header[name]; present {
			return "", invalid("header parameter %s is not allowed", name)
		}
	}

	if typ, present := header["typ"]; present {
		name, ok := typ.(string)
		if !ok || !slices.Contains([]string{"jwt", "at+jwt", "application/at+jwt"}, strings.ToLower(name)) {
			return "", invalid("typ is not the type of an access token") // RFC 8725 section 3.11
		}
	}

	kid, ok := header["kid"].(string)
	if !ok || kid == "" || len(kid) > maxKidBytes || strings.ContainsFunc(kid, unicode.IsControl) {
		return "", invalid("kid is missing or not a short string") // without kid, every key would be tried
	}

	return kid, nil
}
