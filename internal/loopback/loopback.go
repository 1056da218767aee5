// Package loopback tells this machine's own addresses from others.
package loopback

import "net"

// Host reports whether a host, as a URL's Hostname is or net.SplitHostPort returns it, is this machine for every
// client: localhost, or an address of 127.0.0.0/8 or ::1, without brackets, a port or a zone. No other name is taken,
// however it resolves today, nor another spelling of localhost: what depends on this is compared letter by letter
// elsewhere. "" is no host.
func Host(host string) bool {
	ip := net.ParseIP(host)

	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
