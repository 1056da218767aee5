// Package hostname validates hosts in URLs, headers and listen addresses.
package hostname

import (
	"net/netip"
	"regexp"
	"strings"
)

// label allows the underscore, which Internet host names never have (RFC 1123 section 2.1), but Compose's do.
var label = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$`)

const longest = 253 // RFC 1035 section 2.3.4, as text

// Valid reports whether a host, without brackets and port, is an address or a name of letters, digits, hyphens,
// underscores and dots. It may end with a dot. URL parsers accept more: semicolons, quotation marks, and
// percent-encoded spaces or line breaks. Those have a meaning in headers such as Content-Security-Policy.
func Valid(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		// A zone can contain anything, and is only valid on one machine.
		return address.Zone() == ""
	}

	if len(host) > longest {
		return false
	}

	for part := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if !label.MatchString(part) {
			return false
		}
	}

	return true
}
