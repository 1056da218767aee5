package egress_test

import (
	"errors"
	"net"
	"testing"

	"github.com/upstash-connect/bff/internal/egress"
)

// A host with IPv6 alone reaches IPv4 through its network's translator, and so what the translator reaches.
func TestTranslatedAddressesAreAsTheIPv4AddressesWithin(t *testing.T) {
	t.Parallel()

	for address, public := range map[string]bool{
		"64:ff9b::808:808":     true,  // 8.8.8.8
		"64:ff9b::7f00:1":      false, // 127.0.0.1
		"64:ff9b::a00:1":       false, // 10.0.0.1
		"64:ff9b::a9fe:a9fe":   false, // 169.254.169.254
		"64:ff9b:1::808:808":   false, // of the local network
		"2001:4860:4860::8888": true,
	} {
		err := egress.Guard{}.Control(t.Context(), "tcp6", net.JoinHostPort(address, "443"), nil)
		if _, refused := errors.AsType[*egress.AddressError](err); refused == public {
			t.Errorf("%s: got %v, want it public: %t", address, err, public)
		}
	}
}
