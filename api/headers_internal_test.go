package api

import (
	"net/url"
	"testing"
)

func TestStrictTransportSecurityOnlyForPublicHostNames(t *testing.T) {
	const year = "max-age=31536000"

	rows := map[string]struct {
		public     string
		subdomains bool
		want       string
	}{
		"a name":                            {"https://connect.example.com", false, year},
		"a name and a port":                 {"https://connect.example.com:8443", false, year},
		"a name with subdomains":            {"https://connect.example.com", true, year + "; includeSubDomains"},
		"plain http":                        {"http://localhost:8080", true, ""},
		"localhost":                         {"https://localhost:8443", false, ""},
		"localhost with subdomains":         {"https://localhost", true, ""},
		"localhost with a dot":              {"https://localhost.", false, ""},
		"below localhost":                   {"https://connect.localhost:8443", true, ""},
		"below localhost, with a dot":       {"https://connect.localhost.", false, ""},
		"an address of loopback":            {"https://127.0.0.1:8443", false, ""},
		"another address of loopback":       {"https://127.8.0.1", false, ""},
		"the address of loopback in IPv6":   {"https://[::1]:8443", false, ""},
		"a name that ends like localhost":   {"https://notlocalhost", false, year},
		"a name that begins like localhost": {"https://localhost.example.com", false, year},
	}
	for name, row := range rows {
		public, err := url.Parse(row.public)
		if err != nil {
			t.Fatal(err)
		}
		s := &Server{
			options: Options{PublicURL: public, HSTSSubdomains: row.subdomains},
			cookie:  newCookie("session", public.Scheme == "https", ""),
			brand:   neutralLook(),
		}

		if got := s.newHeaders("https://issuer.example").always.Get("Strict-Transport-Security"); got != row.want {
			t.Errorf("%s: got %q, want %q", name, got, row.want)
		}
	}
}
