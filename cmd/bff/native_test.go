package main

import (
	"path/filepath"
	"runtime"
	"testing"
)

func TestStateIsKeptWhereTheSystemKeepsState(t *testing.T) {
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
		want    string // empty: refused
	}{
		"XDG_STATE_HOME":    {[]string{"XDG_STATE_HOME=/state", "HOME=/home/u"}, nativeFlags{}, "/state/upstash-connect"},
		"a relative one":    {[]string{"XDG_STATE_HOME=state", "HOME=/home/u"}, nativeFlags{}, "/home/u/.local/state/upstash-connect"},
		"an empty one":      {[]string{"XDG_STATE_HOME=", "HOME=/home/u"}, nativeFlags{}, "/home/u/.local/state/upstash-connect"},
		"none":              {[]string{"HOME=/home/u"}, nativeFlags{}, "/home/u/.local/state/upstash-connect"},
		"the sandbox's":     {[]string{"HOME=/home/u"}, nativeFlags{sandbox: true}, "/home/u/.local/state/upstash-connect/sandbox"},
		"named":             {[]string{"HOME=/home/u"}, nativeFlags{stateDir: "/elsewhere"}, "/elsewhere"},
		"named, relative":   {nil, nativeFlags{stateDir: "x"}, here},
		"no home directory": {nil, nativeFlags{}, ""},
	} {
		got, err := program{environ: test.environ}.desktop(test.flags).StateDirectory()
		if got != test.want || (err != nil) != (test.want == "") {
			t.Errorf("%s: got %q and %v, want %q", name, got, err, test.want)
		}
	}
}
