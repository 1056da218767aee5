package dataplane_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/upstash-connect/bff/internal/dataplane"
	"github.com/upstash-connect/bff/internal/egress"
)

// hostile are endpoints that a hostile or broken Developer API may report.
var hostile = []string{
	"", "127.0.0.1", "localhost", "::1", "[::1]", "0.0.0.0", "169.254.169.254", "2130706433", "0x7f.1", "evil.example",
	"upstash.io", ".upstash.io", "upstash.io.evil.com", "evilupstash.io", "x.upstash.io.", "x.upstash.io:6379",
	"x.upstash.io:6379@evil", "x.upstash.io@127.0.0.1", "evil.example/x.upstash.io", "evil.example#.upstash.io",
	"evil.example?.upstash.io", "evil.example\\.upstash.io", "x..upstash.io", "-x.upstash.io", "x .upstash.io",
	"x\r\n.upstash.io", "x%2f.upstash.io", "eager-owl-1.upstash.io/..", "eager-owl-1.upstash.io\x00", "ä.upstash.io",
	"https://eager-owl-1.upstash.io", "{endpoint}.upstash.io", strings.Repeat("x", 64) + ".upstash.io",
	strings.Repeat("x.", 150) + "upstash.io",
}

// Threat model: D01.
func TestOnlyHostsOfUpstashArePinged(t *testing.T) {
	t.Parallel()

	var reached atomic.Int64

	port, roots := database(t, certificate(t, host, year()), http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			reached.Add(1)
			pong(w, r)
		}))

	// Every name resolves to the server, so that only the check of the name prevents the call.
	names := map[string]string{host: "127.0.0.1"}
	for _, name := range hostile {
		names[strings.TrimSuffix(name, ".")] = "127.0.0.1"
	}

	client := newClient(t, port, roots, func(options *dataplane.Options) { options.Resolver = nameServer(t, names) })
	for _, endpoint := range hostile {
		if _, reason := ping(t, client, endpoint); reason != dataplane.AddressNotAllowed {
			t.Errorf("%q: got %q", endpoint, reason)
		}
	}

	if reached.Load() != 0 {
		t.Errorf("%d requests arrived", reached.Load())
	}

	for _, endpoint := range []string{host, strings.ToUpper(host)} {
		if _, reason := ping(t, client, endpoint); reason == dataplane.AddressNotAllowed {
			t.Errorf("%q is not allowed", endpoint)
		}
	}
}

// Threat model: D01.
func TestUpstashNamesAtPrivateAddressesAreNotPinged(t *testing.T) {
	t.Parallel()

	var reached atomic.Int64

	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	port, roots := database(t, certificate(t, host, year()), handler)

	for _, address := range []string{
		"127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
	} {
		client := newClient(t, port, roots, func(options *dataplane.Options) {
			options.Guard = egress.Guard{}
			options.Resolver = nameServer(t, map[string]string{host: address})
		})

		if _, reason := ping(t, client, host); reason != dataplane.AddressNotAllowed {
			t.Errorf("%s: got %q", address, reason)
		}
	}

	if reached.Load() != 0 {
		t.Errorf("%d requests arrived", reached.Load())
	}

	if _, reason := ping(t, newClient(t, port, roots, nil), host); reason == dataplane.AddressNotAllowed {
		t.Error("no address is allowed: this test would show nothing")
	}
}
