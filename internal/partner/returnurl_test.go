package partner_test

import (
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/partner"
)

// Row G12: a return URL is compared whole, and only what every browser reads in the same way can match.
//
// Threat model: G12.
func TestReturnURLsMatchExactly(t *testing.T) {
	t.Parallel()

	const registered = "https://app.example.com/upstash/return"

	tests := map[string]struct {
		registered, candidate string
		want                  bool
	}{
		"the same":                     {registered, registered, true},
		"scheme and host in capitals":  {registered, "HTTPS://App.Example.COM/upstash/return", true},
		"registered in capitals":       {"https://APP.example.com/Back", "https://app.example.com/Back", true},
		"at a port":                    {"https://app.example.com:8443/back", "https://app.example.com:8443/back", true},
		"in punycode":                  {"https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/", true},
		"encoded letters":              {"https://app.example.com/a%20b", "https://app.example.com/a%20b", true},
		"another host":                 {registered, "https://evil.example/upstash/return", false},
		"a host behind it":             {registered, "https://app.example.com.evil.example/upstash/return", false},
		"a host before it":             {registered, "https://evilapp.example.com/upstash/return", false},
		"another port":                 {registered, "https://app.example.com:8443/upstash/return", false},
		"the default port, written":    {registered, "https://app.example.com:443/upstash/return", false},
		"an empty port":                {registered, "https://app.example.com:/upstash/return", false},
		"http":                         {registered, "http://app.example.com/upstash/return", false},
		"another scheme":               {registered, "javascript://app.example.com/upstash/return", false},
		"no scheme":                    {registered, "//app.example.com/upstash/return", false},
		"a path alone":                 {registered, "/upstash/return", false},
		"another path":                 {registered, "https://app.example.com/upstash/other", false},
		"a path below":                 {registered, registered + "/x", false},
		"a slash at the end":           {registered, registered + "/", false},
		"a path in capitals":           {registered, "https://app.example.com/Upstash/return", false},
		"an encoded letter":            {registered, "https://app.example.com/upstash/%72eturn", false},
		"a double slash":               {registered, "https://app.example.com//upstash/return", false},
		"a dot segment":                {registered, "https://app.example.com/x/../upstash/return", false},
		"an encoded slash":             {registered, "https://app.example.com/upstash%2Freturn", false},
		"user info":                    {registered, "https://app.example.com@evil.example/upstash/return", false},
		"user info before it":          {registered, "https://me@app.example.com/upstash/return", false},
		"empty user info":              {registered, "https://@app.example.com/upstash/return", false},
		"a query":                      {registered, registered + "?next=https://evil.example", false},
		"an empty query":               {registered, registered + "?", false},
		"a fragment":                   {registered, registered + "#x", false},
		"an empty fragment":            {registered, registered + "#", false},
		"a backslash":                  {registered, "https://app.example.com\\@evil.example/upstash/return", false},
		"a backslash in the path":      {registered, "https://app.example.com/upstash\\return", false},
		"white space before":           {registered, " " + registered, false},
		"a line end":                   {registered, registered + "\n", false},
		"a tab in the scheme":          {registered, "ht\ttps://app.example.com/upstash/return", false},
		"a null byte":                  {registered, registered + "\x00", false},
		"a letter that looks like one": {registered, "https://\u0430pp.example.com/upstash/return", false},
		"a full-width host":            {registered, "https://ａpp.example.com/upstash/return", false},
		"an ideographic dot":           {registered, "https://app\u3002example.com/upstash/return", false},
		"a dot behind the host":        {registered, "https://app.example.com./upstash/return", false},
		"an endless one":               {registered, registered + strings.Repeat("x", 4096), false},
		"nothing":                      {registered, "", false},

		"loopback":                    {"http://127.0.0.1/cb", "http://127.0.0.1/cb", true},
		"loopback at a port":          {"http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", true},
		"loopback without its port":   {"http://127.0.0.1:3000/cb", "http://127.0.0.1/cb", true},
		"loopback by name":            {"http://localhost:3000/cb", "http://localhost:4000/cb", true},
		"loopback of IPv6":            {"http://[::1]/cb", "http://[::1]:3000/cb", true},
		"loopback over TLS":           {"https://localhost/cb", "https://localhost:8443/cb", true},
		"loopback, another path":      {"http://127.0.0.1/cb", "http://127.0.0.1:3000/other", false},
		"loopback, another scheme":    {"http://127.0.0.1/cb", "https://127.0.0.1/cb", false},
		"loopback, another spelling":  {"http://127.0.0.1/cb", "http://localhost/cb", false},
		"loopback, no such port":      {"http://127.0.0.1/cb", "http://127.0.0.1:0/cb", false},
		"loopback, a port too high":   {"http://127.0.0.1/cb", "http://127.0.0.1:65536/cb", false},
		"a name that begins as it":    {"http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb", false},
		"any port":                    {"http://localhost:*", "http://localhost:3000", true},
		"any path":                    {"http://localhost:*", "http://localhost:3000/deep/er", true},
		"any path, no port":           {"http://localhost:*", "http://localhost/x", true},
		"any path, another host":      {"http://localhost:*", "http://evil.example/x", false},
		"any path, another scheme":    {"http://localhost:*", "https://localhost/x", false},
		"any path, a host behind":     {"http://localhost:*", "http://localhost.evil.example/x", false},
		"any path, user info":         {"http://localhost:*", "http://localhost:3000@evil.example/x", false},
		"any path, a dot segment":     {"http://localhost:*", "http://localhost:3000/../x", false},
		"any path, encoded dots":      {"http://localhost:*", "http://localhost:3000/%2e%2e/x", false},
		"any path, a double slash":    {"http://localhost:*", "http://localhost:3000//evil.example", false},
		"any path, a double encoding": {"http://localhost:*", "http://localhost:3000/%252e%252e/x", false},
		"any path, a control":         {"http://localhost:*", "http://localhost:3000/%0d%0aSet-Cookie:x", false},
		"any path, a half escape":     {"http://localhost:*", "http://localhost:3000/%2", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			parsed, err := partner.ParseReturnURL(tc.registered)
			if err != nil {
				t.Fatal(err)
			}

			if got := parsed.Matches(tc.candidate); got != tc.want {
				t.Errorf("%s against %q: got %t, want %t", tc.registered, tc.candidate, got, tc.want)
			}
		})
	}
}

// Threat model: G12.
func TestUnsafeReturnURLsAreRejected(t *testing.T) {
	t.Parallel()

	for _, registered := range []string{
		"", "app.example.com", "/back", "//app.example.com/back", "https://", "https:///back", "https:app.example.com/x",
		"http://app.example.com/back", "http://10.0.0.7/back", "http://localhost.example.com/", "ftp://app.example.com/",
		"https://me@app.example.com/", "https://me:secret@app.example.com/", "https://app.example.com/?x=1",
		"https://app.example.com/?", "https://app.example.com/#x", "https://app.example.com/#",
		"https://*.example.com/", "https://app.example.com:*", "https://app.example.com/*", "http://localhost:*/back",
		"http://localhost:3000:*", "http://*:*", "*", "https://bücher.example/", "https://app.example.com./",
		"https://app..example.com/", "https://-app.example.com/", "https://app_1.example.com/",
		"https://app.example.com:0/", "https://app.example.com:70000/", "https://app.example.com:08/",
		"https://app.example.com:/", "https://app.example.com//x", "https://app.example.com/./x",
		"https://app.example.com/x/..", "https://app.example.com/x%2fy", "https://app.example.com/x%5cy",
		"https://app.example.com/%2e%2e/y", "https://app.example.com/%00", "https://app.example.com/%zz",
		"https://app.example.com/x y", "https://app.example.com\\x", "https://[::1%25lo]/", "https://[app.example.com]/",
		"https://app.example.com/" + strings.Repeat("x", 2048), "https://%61pp.example.com/",
	} {
		if _, err := partner.ParseReturnURL(registered); err == nil {
			t.Errorf("%q is registered", registered)
		}
	}

	if (partner.ReturnURL{}).Matches("") || (partner.ReturnURL{}).AllowsOrigin("") {
		t.Error("a return URL that was never parsed matches something")
	}
}

func TestReturnURLAllowsOrigin(t *testing.T) {
	t.Parallel()

	for _, tc := range []struct {
		registered, origin string
		want               bool
	}{
		{"https://app.example.com/back", "https://app.example.com", true},
		{"https://app.example.com:443/back", "https://app.example.com", true},
		{"https://app.example.com:8443/back", "https://app.example.com:8443", true},
		{"https://app.example.com:8443/back", "https://app.example.com", false},
		{"https://app.example.com/back", "https://app.example.com:8443", false},
		{"https://app.example.com/back", "http://app.example.com", false},
		{"https://app.example.com/back", "https://app.example.com/", false},
		{"https://app.example.com/back", "https://app.example.com/back", false},
		{"https://app.example.com/back", "https://evil.example", false},
		{"https://app.example.com/back", "https://app.example.com.evil.example", false},
		{"https://app.example.com/back", "null", false},
		{"https://app.example.com/back", "*", false},
		{"https://app.example.com/back", "", false},
		{"http://localhost:3000/back", "http://localhost:4000", true},
		{"http://localhost:*", "http://localhost:4000", true},
		{"http://localhost:*", "http://localhost", true},
		{"http://localhost:*", "https://localhost", false},
		{"http://localhost:*", "http://127.0.0.1:4000", false},
	} {
		parsed, err := partner.ParseReturnURL(tc.registered)
		if err != nil {
			t.Fatal(err)
		}

		if got := parsed.AllowsOrigin(tc.origin); got != tc.want {
			t.Errorf("%s and the origin %q: got %t, want %t", tc.registered, tc.origin, got, tc.want)
		}
	}
}

func TestReturnURLHost(t *testing.T) {
	t.Parallel()

	for registered, want := range map[string]string{
		"https://App.example.com/back":      "app.example.com",
		"https://app.example.com:8443/back": "app.example.com:8443",
		"http://[::1]:3000/back":            "[::1]:3000",
		"http://localhost:*":                "localhost",
	} {
		parsed, err := partner.ParseReturnURL(registered)
		if err != nil {
			t.Fatal(err)
		}

		if got := parsed.Host(); got != want {
			t.Errorf("%s: got the host %q, want %q", registered, got, want)
		}
	}
}
