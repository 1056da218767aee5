package api

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestClientAddressComesFromTrustedProxies(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}

	rows := map[string]struct {
		peer  string
		lines []string
		want  string
	}{
		"no proxy":                          {"192.0.2.1:1", []string{"203.0.113.9"}, "192.0.2.1"},
		"no header":                         {"10.0.0.1:1", nil, "10.0.0.1"},
		"an address":                        {"10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		"an address and a port":             {"10.0.0.1:1", []string{"203.0.113.9:51234"}, "203.0.113.9"},
		"an address and port 0":             {"10.0.0.1:1", []string{"203.0.113.9:0"}, "203.0.113.9"},
		"IPv6":                              {"10.0.0.1:1", []string{"2001:db8::9"}, "2001:db8::9"},
		"IPv6 in brackets":                  {"10.0.0.1:1", []string{"[2001:db8::9]"}, "2001:db8::9"},
		"IPv6 and a port":                   {"10.0.0.1:1", []string{"[2001:db8::9]:443"}, "2001:db8::9"},
		"IPv6 and a zone":                   {"10.0.0.1:1", []string{"fe80::9%eth0"}, "fe80::9"},
		"in quotes":                         {"10.0.0.1:1", []string{`"203.0.113.9:51234"`}, "203.0.113.9"},
		"IPv6 in quotes":                    {"10.0.0.1:1", []string{`"[2001:db8::9]:443"`}, "2001:db8::9"},
		"IPv4 in IPv6":                      {"10.0.0.1:1", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		"IPv4 in IPv6, and a port":          {"10.0.0.1:1", []string{"[::ffff:203.0.113.9]:80"}, "203.0.113.9"},
		"a proxy known as IPv4 in IPv6":     {"[::ffff:10.0.0.1]:1", []string{"203.0.113.9"}, "203.0.113.9"},
		"a proxy of IPv6":                   {"[fd00::1]:1", []string{"203.0.113.9"}, "203.0.113.9"},
		"white space":                       {"10.0.0.1:1", []string{" 198.51.100.1 ,\t203.0.113.9:8 "}, "203.0.113.9"},
		"two proxies with ports":            {"10.0.0.1:1", []string{"203.0.113.9:5, 10.0.0.2:7"}, "203.0.113.9"},
		"two proxies on two lines":          {"10.0.0.1:1", []string{"203.0.113.9:5", "10.0.0.2"}, "203.0.113.9"},
		"a claim before a client":           {"10.0.0.1:1", []string{"1.2.3.4", "203.0.113.9, 10.0.0.2:7"}, "203.0.113.9"},
		"proxies alone":                     {"10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2:7"}, "10.0.0.3"},
		"unknown":                           {"10.0.0.1:1", []string{"unknown"}, "10.0.0.1"},
		"unknown to the second proxy":       {"10.0.0.1:1", []string{"203.0.113.9, unknown, 10.0.0.2"}, "10.0.0.2"},
		"a name":                            {"10.0.0.1:1", []string{"client.example"}, "10.0.0.1"},
		"a hidden one":                      {"10.0.0.1:1", []string{"_hidden"}, "10.0.0.1"},
		"the form of Forwarded":             {"10.0.0.1:1", []string{"for=203.0.113.9"}, "10.0.0.1"},
		"an invalid port":                   {"10.0.0.1:1", []string{"203.0.113.9:http"}, "10.0.0.1"},
		"a port out of range":               {"10.0.0.1:1", []string{"203.0.113.9:70000"}, "10.0.0.1"},
		"a port without an address":         {"10.0.0.1:1", []string{":443"}, "10.0.0.1"},
		"an empty line":                     {"10.0.0.1:1", []string{""}, "10.0.0.1"},
		"an empty element":                  {"10.0.0.1:1", []string{"203.0.113.9,"}, "10.0.0.1"},
		"an address with leading zeros":     {"10.0.0.1:1", []string{"203.0.113.009"}, "10.0.0.1"},
		"a number":                          {"10.0.0.1:1", []string{"3405803785"}, "10.0.0.1"},
		"a bracket that does not end":       {"10.0.0.1:1", []string{"[2001:db8::9"}, "2001:db8::9"},
		"no address of a peer, as of pipes": {"@", []string{"203.0.113.9"}, ""},
	}
	for name, row := range rows {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = row.peer
		r.Header["X-Forwarded-For"] = row.lines
		r.Header.Set("X-Real-Ip", "198.51.100.77")
		r.Header.Set("Forwarded", "for=198.51.100.77")

		if got := clientAddress(trusted)(r); got != row.want {
			t.Errorf("%s: got %q, want %q", name, got, row.want)
		}
	}
}
