package config

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// proxyLine begins with a variable that names proxies.
var proxyLine = regexp.MustCompile(`(?i)^  (https|http|all|no)_proxy `)

// FuzzConfig: whatever the environment and the command line hold, reading and printing end, one setting stays one line,
// and neither the keyset nor the password of any URL is shown.
func FuzzConfig(f *testing.F) {
	f.Add("PUBLIC_URL", "https://connect.example.com", "--listen=:8080", "example.com/")
	f.Add("AUTH_CLIENT_IDS", "client,,*", "--public-url=https://me@example.com", "a@b@c")
	f.Add("TRUSTED_PROXIES", "10.0.0.0/8, ::1,,", "--limit-mints=9999999999999999999999/h",
		"[::1%25eth0]:443?password=x#y")
	f.Add("NONSENSE\x1b[2J", "\x00\n", "--session-max=-1ns", "%zz")
	f.Add("KEYSET_FILE", "", "--keyset=word", "{endpoint}")
	f.Add("LIST_CACHE", "1e9h", "--database-url=sqlite://", "")
	f.Fuzz(func(t *testing.T, name, value, argument, host string) {
		const canary = "CANARY-4711"
		if strings.Contains(name+value+argument+host, canary[:6]) || strings.HasSuffix(name, "_FILE") && value != "" {
			t.Skip() // files of this machine are no input of this test
		}
		flags := pflag.NewFlagSet("bff", pflag.ContinueOnError)
		AddFlags(flags)

		if strings.Contains(argument, "-file") || flags.Parse([]string{argument}) != nil {
			flags = nil // the command line already rejects it
		}
		user := "me:" + canary + "@" + host
		environ := []string{
			"BFF_KEYSET=" + canary,
			"BFF_DATABASE_URL=postgres://" + user,
			"BFF_PUBLIC_URL=https://" + user,
			"BFF_AUTH_ISSUER=https://" + user,
			"BFF_UPSTASH_API_URL=http://" + user,
			"BFF_REST_URL=https://" + user,
			"BFF_CONSOLE_URL=https://" + user,
			"HTTPS_PROXY=" + user,
			"ALL_PROXY=socks5://" + user,
			"NO_PROXY=" + value,
			prefix + name + "=" + value,
		}

		var printed bytes.Buffer

		if err := Print(&printed, flags, environ); err != nil {
			t.Fatal(err)
		}

		for line := range strings.Lines(printed.String()) { // a value that broke its line would start a new one
			if line == "Proxies\n" || proxyLine.MatchString(line) {
				continue
			}

			if !strings.HasPrefix(line, "  BFF_") && !strings.HasPrefix(line, "  not set: BFF_") && line != "\n" &&
				line != "Settings\n" && !strings.HasPrefix(line, "Defaults: ") {
				t.Errorf("%q is in no form that is printed:\n%s", line, printed.String())
			}
		}
		_, err := Load(flags, environ)

		var invalid *InvalidError
		if !errors.As(err, &invalid) { // a URL with a user is invalid here
			t.Fatalf("got %v, want an InvalidError", err)
		}
		printed.WriteString(err.Error())

		if strings.Contains(printed.String(), canary) {
			t.Errorf("a secret is shown:\n%s", printed.String())
		}
	})
}
