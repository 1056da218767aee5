// Package loopback recognizes loopback hosts.
package loopback

import "net"

// Host reports whether a host, as url.URL.Hostname and net.SplitHostPort return it, is loopback for every client:
// exactly localhost, or an address in 127.0.0.0/8 or ::1, without brackets, port or zone. It accepts no other name,
// whatever it resolves to, and no other spelling of localhost, because callers compare hosts exactly. It rejects "".
func Host(host string) bool {
	ip := net.ParseIP(host)

	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
