package config_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/internal/config"
)

// A port that a platform assigns is used unless the operator sets another, and `bff config` shows its source.
func TestListenAddressOfAPlatform(t *testing.T) {
	for name, tc := range map[string]struct {
		flag    string
		environ []string
		want    string
		origin  string
	}{
		"neither":        {"", nil, ":8080", "default"},
		"the platform's": {"", []string{"PORT=5000"}, ":5000", "PORT"},
		"its own":        {"", []string{"PORT=5000", "BFF_LISTEN=127.0.0.1:80"}, "127.0.0.1:80", "BFF_LISTEN"},
		"a flag":         {":81", []string{"PORT=5000", "BFF_LISTEN=127.0.0.1:80"}, ":81", "--listen"},
		"empty":          {"", []string{"PORT="}, ":8080", "default"},
	} {
		flags := pflag.NewFlagSet("bff", pflag.ContinueOnError)
		config.AddFlags(flags)

		if tc.flag != "" {
			if err := flags.Parse([]string{"--listen", tc.flag}); err != nil {
				t.Fatal(err)
			}
		}

		c, err := config.LoadOnly(flags, tc.environ, "LISTEN")
		if err != nil || c.Listen != tc.want {
			t.Errorf("%s: got %q, %v, want %q", name, c.Listen, err, tc.want)
		}

		if got := config.ListenAddress(tc.environ); tc.flag == "" && got != tc.want {
			t.Errorf("%s: a health check asks at %q, want %q", name, got, tc.want)
		}

		var out bytes.Buffer
		if err := config.Print(&out, flags, tc.environ); err != nil {
			t.Fatal(err)
		}

		from := "" // its own variable, or the default of its group
		if tc.origin != "BFF_LISTEN" && tc.origin != "default" {
			from = ` +\(` + tc.origin + `\)`
		}

		shown := regexp.MustCompile(`BFF_LISTEN +` + regexp.QuoteMeta(tc.want) + from + `\n`)
		if !shown.MatchString(out.String()) {
			t.Errorf("%s: got %s, want %s from %s", name, out.String(), tc.want, tc.origin)
		}
	}
}

// An invalid port is reported with its variable, not with a setting that nobody set.
func TestInvalidPlatformPortIsRejected(t *testing.T) {
	for _, port := range []string{"http", "0", "-1", "65536", ":8080", "tcp://10.0.0.1:80", `"5000"`, "50 00", "+80"} {
		_, err := config.LoadOnly(nil, []string{"PORT=" + port}, "LISTEN")
		if err == nil || !strings.Contains(err.Error(), "- PORT must be a port from 1 to 65535; found ") {
			t.Errorf("%q: got %v, want a fault of PORT", port, err)
		}

		if _, err := config.LoadOnly(nil, []string{"PORT=" + port}, "LOG_LEVEL"); err != nil {
			t.Errorf("%q: got %v where nothing listens", port, err)
		}
	}
}
