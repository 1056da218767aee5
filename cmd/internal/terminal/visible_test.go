package terminal_test

import (
	"bytes"
	"testing"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
)

func TestVisibleProtectsTerminalsOnly(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		"a\tb\n":                "a\tb\n",
		"no end":                "no end\n",
		"\x1b]0;title\x07x\r\n": "?]0;title?x?\n",
		"ü€😀\u202e\u009b\xff":   "ü€😀???\n",
		"half \xe2\x82":         "half ??\n",
	} {
		for _, wide := range []int{0, 80} {
			var out bytes.Buffer
			visible := terminal.NewVisible(&terminal.Screen{Writer: &out, Columns: wide})

			for _, b := range []byte(text) {
				if n, err := visible.Write([]byte{b}); n != 1 || err != nil {
					t.Fatal(n, err)
				}
			}

			if err := visible.Close(); err != nil {
				t.Fatal(err)
			}

			if wide == 0 && out.String() != text || wide > 0 && out.String() != want {
				t.Errorf("%q on %d columns: got %q", text, wide, out.String())
			}
		}
	}
}
