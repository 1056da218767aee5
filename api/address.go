package api

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// clientAddress believes X-Forwarded-For from the named proxies alone: from anyone else it is anyone's claim. It is the
// only header that is read. A proxy that sets this one may pass on another as its client sent it.
func clientAddress(trusted []netip.Prefix) echo.IPExtractor {
	return func(r *http.Request) string {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			return host
		}

		return farthest(plainAddress(peer.Addr()), r.Header[echo.HeaderXForwardedFor], trusted).String()
	}
}

// farthest is the address farthest from us that somebody says whom we believe: each proxy adds, behind the others, whom
// it was called by. What is no address ("unknown", a name) ends the search, for whoever stands before it is nobody that
// a proxy of ours has seen.
func farthest(peer netip.Addr, lines []string, trusted []netip.Prefix) netip.Addr {
	believed := func(address netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(address) })
	}

	for n := len(lines) - 1; n >= 0; n-- {
		for rest, more := lines[n], true; more; {
			if !believed(peer) {
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

// forwardedAddress reads an address as proxies write it: bare, in brackets, with a port behind it, or in quotes. The
// port is of the connection and not of the client.
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

// plainAddress has one spelling for an address: no IPv4 in IPv6, and no zone, which means something on one machine.
func plainAddress(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }
