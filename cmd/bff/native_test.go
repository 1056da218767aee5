package main

import (
	"bytes"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/internal/problem"
)

func TestStateIsStoredInTheSystemsStateDirectory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("these are the places of Linux")
	}

	here, err := filepath.Abs("x")
	if err != nil {
		t.Fatal(err)
	}

	for name, test := range map[string]struct {
		environ []string
		flags   nativeFlags
		want    string // empty: rejected
	}{
		"XDG_STATE_HOME":    {[]string{"XDG_STATE_HOME=/state", "HOME=/home/u"}, nativeFlags{}, "/state/upstash-connect"},
		"a relative one":    {[]string{"XDG_STATE_HOME=state", "HOME=/home/u"}, nativeFlags{}, "/home/u/.local/state/upstash-connect"},
		"an empty one":      {[]string{"XDG_STATE_HOME=", "HOME=/home/u"}, nativeFlags{}, "/home/u/.local/state/upstash-connect"},
		"none":              {[]string{"HOME=/home/u"}, nativeFlags{}, "/home/u/.local/state/upstash-connect"},
		"the sandbox's":     {[]string{"HOME=/home/u"}, nativeFlags{sandbox: true}, "/home/u/.local/state/upstash-connect/sandbox"},
		"named":             {[]string{"HOME=/home/u"}, nativeFlags{stateDir: "/elsewhere"}, "/elsewhere"},
		"named, relative":   {nil, nativeFlags{stateDir: "x"}, here},
		"no home directory": {nil, nativeFlags{}, ""},
		"a relative home":   {[]string{"HOME=home/u"}, nativeFlags{}, ""},
	} {
		got, err := program{environ: test.environ}.desktop(test.flags).StateDirectory()
		if got != test.want || (err != nil) != (test.want == "") {
			t.Errorf("%s: got %q and %v, want %q", name, got, err, test.want)
		}
	}
}

// Services and containers often run without a home directory: that is reported, with what to do, before the login
// starts.
func TestNoHomeIsAFaultOfTheConfiguration(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there the place is not below HOME")
	}

	for _, home := range []string{"", "HOME=", "HOME=home/u"} {
		for _, line := range []string{
			"connect", "whoami", "disconnect", "databases list", "api /teams", "databases create --name a --region eu-west-1",
			"databases credentials id", "connect --upstash-cli --state-dir " + t.TempDir(),
		} {
			var stdout, stderr bytes.Buffer

			given := []string{"BFF_NATIVE_CLIENT_ID=client", home}

			code := run(t.Context(), strings.Fields(line), given, &stdout, &stderr)
			if code != problem.ExitUsage || !strings.Contains(stderr.String(), "HOME ") ||
				strings.Contains(stderr.String(), "Internal") {
				t.Errorf("%s, bff %s: got exit code %d and %q", home, line, code, stderr.String())
			}
		}
	}
}

func TestTheFlagForASandbox(t *testing.T) {
	for name, test := range map[string]struct {
		arguments []string
		sandbox   bool
		at        string
		command   string // empty: rejected
	}{
		"none":      {nil, false, "", "bff whoami"},
		"alone":     {[]string{"--sandbox", "left"}, true, "", "bff whoami --sandbox"},
		"address":   {[]string{"--sandbox=http://localhost:9000"}, true, "http://localhost:9000", "bff whoami --sandbox=http://localhost:9000"},
		"directory": {[]string{"--sandbox=a b"}, true, "a b", "bff whoami --sandbox='a b'"},
		"taken back": {
			[]string{"--sandbox=9000", "--sandbox=false"}, false, "", "bff whoami",
		},
		"empty": {[]string{"--sandbox="}, false, "", ""},
	} {
		var flags nativeFlags
		command := &cobra.Command{}
		flags.add(command)

		err := command.ParseFlags(test.arguments)
		if (err != nil) != (test.command == "") {
			t.Errorf("%s: got %v", name, err)
		}

		if err == nil && (flags.sandbox != test.sandbox || flags.sandboxAt != test.at ||
			flags.command("whoami") != test.command) {
			t.Errorf("%s: got %+v and %s", name, flags, flags.command("whoami"))
		}
	}
}
