package egress

import (
	"context"
	"fmt"
	"net/netip"
	"syscall"
)

// AddressError means that a host resolves to an address to which the server must not connect.
type AddressError struct{ Address netip.Addr }

func (e *AddressError) Error() string { return fmt.Sprintf("the address %s is not public", e.Address) }

// Guard allows connections to public addresses only. It protects calls to hosts that another party names.
type Guard struct{ Allowed []netip.Prefix } // networks that are allowed too

// Control rejects a connection after the host is resolved and before it is opened, so that a name cannot resolve to a
// public address for a check and to another for the connection (DNS rebinding). It implements
// net.Dialer.ControlContext. A forward proxy resolves the host itself, so Guard is only for direct connections.
func (g Guard) Control(_ context.Context, _, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("unexpected address %q", address)
	}

	return g.check(target.Addr())
}

// check returns *AddressError for an address that is neither public nor in an allowed network.
func (g Guard) check(address netip.Addr) error {
	address = address.Unmap().WithZone("")

	for _, network := range g.Allowed {
		if network.Contains(address) {
			return nil
		}
	}

	// The network's translator connects to the IPv4 address within (RFC 6052 section 2.2), so that one is checked.
	if nat64.Contains(address) {
		within := address.As16()
		return g.check(netip.AddrFrom4([4]byte(within[12:])))
	}

	if !address.IsGlobalUnicast() || address.IsPrivate() {
		return &AddressError{Address: address}
	}

	for _, network := range specialNetworks {
		if network.Contains(address) {
			return &AddressError{Address: address}
		}
	}

	return nil
}

// nat64 has the addresses by which a host with IPv6 alone reaches IPv4 (RFC 6052 section 2.1). DNS64 (RFC 6147) makes
// them.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// specialNetworks are global unicast addresses that do not lead to the public Internet, or that contain an IPv4 address
// which may not. The source is IANA's special-purpose registries (RFC 6890):
// https://www.iana.org/assignments/iana-ipv4-special-registry and
// https://www.iana.org/assignments/iana-ipv6-special-registry.
var specialNetworks = prefixes(
	"0.0.0.0/8",       // this network
	"100.64.0.0/10",   // shared by carriers (RFC 6598)
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"240.0.0.0/4",     // reserved, and the limited broadcast
	"::/96",           // IPv4-compatible (RFC 4291, deprecated)
	"::ffff:0:0:0/96", // IPv4-translated (RFC 2765, obsolete)
	"64:ff9b:1::/48",  // NAT64 for local use (RFC 8215)
	"100::/64",        // discard
	"2001::/23",       // protocol assignments; Teredo is part of it
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4
	"3fff::/20",       // documentation
	"5f00::/16",       // segment routing
	"fec0::/10",       // site-local (deprecated)
)

func prefixes(texts ...string) []netip.Prefix {
	var networks []netip.Prefix
	for _, text := range texts {
		networks = append(networks, netip.MustParsePrefix(text))
	}

	return networks
}
