package loopback_test

import (
	"testing"

	"github.com/upstash-connect/bff/internal/loopback"
)

func TestHost(t *testing.T) {
	tests := map[string]struct {
		host string
		want bool
	}{
		"the name":                   {"localhost", true},
		"in capitals":                {"LOCALHOST", false},
		"with a dot behind it":       {"localhost.", false},
		"with a port":                {"localhost:80", false},
		"below it":                   {"app.localhost", false},
		"the usual address":          {"127.0.0.1", true},
		"another of the network":     {"127.0.0.2", true},
		"the last of the network":    {"127.255.255.255", true},
		"beyond the network":         {"128.0.0.1", false},
		"a short form":               {"127.1", false},
		"a number":                   {"2130706433", false},
		"with a leading zero":        {"127.0.0.01", false},
		"of IPv6":                    {"::1", true},
		"of IPv6, in full":           {"0:0:0:0:0:0:0:1", true},
		"of IPv6, in brackets":       {"[::1]", false},
		"of IPv6, with a zone":       {"::1%lo", false},
		"of IPv4, in IPv6":           {"::ffff:127.0.0.1", true},
		"every address":              {"0.0.0.0", false},
		"every address of IPv6":      {"::", false},
		"a private address":          {"192.168.0.1", false},
		"a name that looks like it":  {"127.0.0.1.evil.example", false},
		"a name that begins with it": {"localhost.evil.example", false},
		"a name that resolves to it": {"localtest.me", false},
		"a socket":                   {"/var/run/postgresql", false},
		"nothing":                    {"", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := loopback.Host(tc.host); got != tc.want {
				t.Errorf("Host(%q): got %t, want %t", tc.host, got, tc.want)
			}
		})
	}
}
