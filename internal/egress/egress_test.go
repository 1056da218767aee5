package egress_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/egress"
)

func TestProxiesOfAnEnvironment(t *testing.T) {
	const api = "https://api.upstash.com"

	for name, tc := range map[string]struct {
		environ   []string
		target    string
		proxy, by string
	}{
		"none":                    {nil, api, "", ""},
		"of https":                {[]string{"HTTPS_PROXY=http://me:secret@proxy:3128"}, api, "http://proxy:3128", "HTTPS_PROXY"},
		"in small letters":        {[]string{"HTTPS_PROXY=http://a:1", "https_proxy=http://b:2"}, api, "http://b:2", "https_proxy"},
		"without a scheme":        {[]string{"HTTPS_PROXY=proxy.example:3128"}, api, "http://proxy.example:3128", "HTTPS_PROXY"},
		"a user and no scheme":    {[]string{"HTTPS_PROXY=me:secret@proxy:3128"}, api, "http://proxy:3128", "HTTPS_PROXY"},
		"of everything":           {[]string{"ALL_PROXY=socks5h://proxy:1080"}, api, "socks5h://proxy:1080", "ALL_PROXY"},
		"of everything but https": {[]string{"ALL_PROXY=socks5://a:1", "HTTPS_PROXY=http://b:2/"}, api, "http://b:2", "HTTPS_PROXY"},
		"of http alone":           {[]string{"HTTP_PROXY=http://proxy:3128"}, api, "", ""},
		"empty":                   {[]string{"HTTPS_PROXY=", "NO_PROXY=x"}, api, "", ""},
		"excepted":                {[]string{"HTTPS_PROXY=http://proxy:1", "no_proxy=.example, upstash.com"}, api, "", "no_proxy"},
		"excepts another":         {[]string{"HTTPS_PROXY=http://proxy:1", "NO_PROXY=[::1]:80,10.0.0.0/8,*.example"}, api, "http://proxy:1", "HTTPS_PROXY"},
		"excepts all":             {[]string{"ALL_PROXY=http://proxy:1", "NO_PROXY=*"}, api, "", "NO_PROXY"},
		"this machine":            {[]string{"ALL_PROXY=http://proxy:1"}, "http://127.0.0.1:8082", "", ""},
	} {
		proxies, invalid := egress.Parse(tc.environ)
		if len(invalid) != 0 {
			t.Errorf("%s: %q", name, invalid)
			continue
		}

		if proxy, by := proxies.Of(tc.target); proxy != tc.proxy || by != tc.by {
			t.Errorf("%s: got %q by %q, want %q by %q", name, proxy, by, tc.proxy, tc.by)
		}
	}
}

// For values that net/http would misread or ignore, Parse returns an error that names the variable but no password.
func TestMalformedProxiesAreErrors(t *testing.T) {
	for _, value := range []string{
		"http://[::1", "http://me:hunter2@", "http://me:hun/ter2@proxy:3128", "http://me:hunter2#@proxy:3128", "http://proxy:port",
		"http://proxy:0", "http://proxy:99999", "http://proxy:", "ftp://me:hunter2@proxy", "socks4://proxy", "file:///etc/proxy.pac",
		"http://proxy/proxy.pac", `"http://me:hunter2@proxy:3128"`, "'http://proxy'", "http://pro xy:3128", "http://me:hunter2@pro;xy",
		"http://proxy:3128?x=hunter2", " http://proxy", "http://%zz", "://", "DIRECT;PROXY proxy:3128",
	} {
		for _, variable := range []string{"HTTPS_PROXY", "http_proxy", "ALL_PROXY"} {
			proxies, invalid := egress.Parse([]string{variable + "=" + value})
			if len(invalid) != 1 || !strings.HasPrefix(invalid[0], variable+" ") || strings.Contains(invalid[0], "ter2") || proxies.Any() {
				t.Errorf("%s=%s: got %q, want one error", variable, value, invalid)
			}
		}
	}

	for _, value := range []string{`"localhost,.internal"`, "a.example b.example", "a;b", "[.internal]", "'a'"} {
		if _, invalid := egress.Parse([]string{"HTTPS_PROXY=http://proxy:1", "NO_PROXY=" + value}); len(invalid) != 1 ||
			!strings.HasPrefix(invalid[0], "NO_PROXY ") {
			t.Errorf("NO_PROXY=%s: got %q, want one error", value, invalid)
		}

		if _, invalid := egress.Parse([]string{"NO_PROXY=" + value}); len(invalid) != 0 {
			t.Errorf("NO_PROXY=%s: got %q where there is no proxy", value, invalid)
		}
	}
}

func TestNamedProxiesShowNoPassword(t *testing.T) {
	proxies, _ := egress.Parse([]string{
		"https_proxy=https://me:hunter2@proxy:3128", "ALL_PROXY=hunter2@other:1080", "NO_PROXY=.internal",
	})

	want := [][2]string{
		{"https_proxy", "https://xxxxx@proxy:3128"}, {"ALL_PROXY", "http://xxxxx@other:1080"}, {"NO_PROXY", ".internal"},
	}
	if got := proxies.Named(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
