package dataplane

import (
	"net/netip"
	"strings"

	"github.com/upstash-connect/bff/internal/hostname"
)

const (
	placeholder = "{endpoint}"
	zone        = ".upstash.io" // of every database's host
)

// address returns the REST URL of a database, without a slash at its end. It allows no host that the Developer API
// reports, except those below upstash.io. A template without the placeholder contains the host.
func (c *Client) address(endpoint string) (address string, allowed bool) {
	template := strings.TrimSuffix(c.template, "/")
	if !strings.Contains(template, placeholder) {
		return template, true
	}

	if !ofUpstash(endpoint) {
		return "", false
	}

	return strings.ReplaceAll(template, placeholder, endpoint), true
}

// ofUpstash reports whether a text is the name of a host below upstash.io, and nothing more: no port, user, path or
// dot at its end.
func ofUpstash(endpoint string) bool {
	if _, err := netip.ParseAddr(endpoint); err == nil {
		return false
	}
	lower := strings.ToLower(endpoint)

	return hostname.Valid(lower) && strings.HasSuffix(lower, zone)
}
