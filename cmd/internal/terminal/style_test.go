package terminal

import "testing"

func TestEnvironmentDecidesStyle(t *testing.T) {
	for name, test := range map[string]struct {
		environ []string
		want    bool
	}{
		"a terminal":       {[]string{"TERM=xterm-256color"}, true},
		"NO_COLOR":         {[]string{"TERM=xterm-256color", "NO_COLOR=1"}, false},
		"NO_COLOR=0":       {[]string{"TERM=xterm-256color", "NO_COLOR=0"}, false}, // any value that is not empty
		"NO_COLOR, empty":  {[]string{"TERM=xterm-256color", "NO_COLOR="}, true},
		"a dumb terminal":  {[]string{"TERM=dumb"}, false},
		"an unknown one":   {nil, false},
		"the last one set": {[]string{"NO_COLOR=", "NO_COLOR=1", "TERM=xterm"}, false},
	} {
		if got := wantsStyle(test.environ); got != test.want {
			t.Errorf("%s: got %t, want %t", name, got, test.want)
		}
	}
}
