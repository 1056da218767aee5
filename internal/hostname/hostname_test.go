package hostname_test

import (
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/hostname"
)

func TestValid(t *testing.T) {
	for _, host := range []string{
		"localhost", "auth.example.com", "auth.example.com.", "127.0.0.1", "::1", "2001:db8::9", "xn--bcher-kva.example",
		"my_service", "A-b.example", "0x7f", strings.Repeat("a", 63) + ".example",
	} {
		if !hostname.Valid(host) {
			t.Errorf("%q is refused", host)
		}
	}

	for _, host := range []string{
		"", ".", "a..b", ".a", "a;b", "a;script-src *", `a"b`, "a b", "a\nb", "a\tb", "a,b", "a'b", "*.example.com", "-a", "a-",
		"bücher.example", "a\u202eb", "a\u00a0b", "[::1]", "fe80::1%eth0", "fe80::1%;", "a%20b", "a/b", `a\b`, "a{b}", "a(b)",
		strings.Repeat("a", 64), strings.Repeat("a.", 127) + "a",
	} {
		if hostname.Valid(host) {
			t.Errorf("%q is accepted", host)
		}
	}
}
