// Package hostname says what can be a host in a URL, a header or an address to listen on.
package hostname

import (
	"net/netip"
	"regexp"
	"strings"
)

// label allows the underscore: it is in no host name of the Internet (RFC 1123 section 2.1), and in those of Compose.
var label = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$`)

const longest = 253 // RFC 1035 section 2.3.4, as text

// Valid reports whether the host, without brackets and port, is an address or a name of letters, digits, hyphens and
// dots. One dot may stand at its end. Parsers of URLs take more: a semicolon, a quotation mark, and, percent-encoded, a
// space or a line break. In a header such as Content-Security-Policy those begin something else.
func Valid(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		// A zone may be anything, and names an interface of one machine.
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
