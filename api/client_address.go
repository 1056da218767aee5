package api

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// clientAddress returns the client's IP address for the log and the audit. It reads X-Forwarded-For only from trusted
// proxies, because anyone else can forge it. It reads no other header, because a proxy that sets this header may pass
// on others as its client sent them.
func clientAddress(trusted []netip.Prefix) echo.IPExtractor {
	return func(r *http.Request) string {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			return host
		}

		return farthestTrusted(plainAddress(peer.Addr()), r.Header[echo.HeaderXForwardedFor], trusted).String()
	}
}

// farthestTrusted returns the most distant address that a trusted proxy reported. Each proxy appends the address of
// its caller, so the search runs from the end. It stops at an entry that is not an address ("unknown", a name),
// because no trusted proxy reported the entries before it.
func farthestTrusted(peer netip.Addr, lines []string, trusted []netip.Prefix) netip.Addr {
	trusts := func(address netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(address) })
	}

	for n := len(lines) - 1; n >= 0; n-- {
		for rest, more := lines[n], true; more; {
			if !trusts(peer) {
				return peer
			}
			from := strings.LastIndexByte(rest, ',')

			next, ok := forwardedAddress(rest[from+1:])
			if !ok {
				return peer
			}
			peer, more = next, from >= 0
			rest = rest[:max(from, 0)]
		}
	}

	return peer
}

// forwardedAddress parses an address as proxies write it: bare, in brackets, followed by a port, or in quotes. It
// drops the port, which belongs to one connection and does not identify the client.
func forwardedAddress(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if inner, quoted := strings.CutPrefix(text, `"`); quoted {
		text = strings.TrimSuffix(inner, `"`)
	}

	if with, err := netip.ParseAddrPort(text); err == nil {
		return plainAddress(with.Addr()), true
	}

	if inner, bracketed := strings.CutPrefix(text, "["); bracketed {
		text = strings.TrimSuffix(inner, "]")
	}
	address, err := netip.ParseAddr(text)

	return plainAddress(address), err == nil
}

// plainAddress normalizes an address: it unwraps IPv4 in IPv6 and drops the zone, which has a meaning on one machine
// only.
func plainAddress(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }
