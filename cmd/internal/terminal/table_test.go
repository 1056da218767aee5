package terminal_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
)

// What others named may not steer the terminal it is shown on.
func TestNamesCannotSteerATerminal(t *testing.T) {
	hostile := map[string]string{
		"colour":             "a\x1b[31mb",
		"8-bit escape":       "a\u009b31mb",
		"title":              "a\x1b]0;owned\x07b",
		"line end":           "a\nb",
		"carriage return":    "a\rb",
		"turned direction":   "a\u202eb",
		"invisible":          "a\u200bb",
		"not a character":    "a\xffb",
		"backspace":          "a\bb",
		"tab, of the tables": "a\tb",
	}
	for name, text := range hostile {
		var out bytes.Buffer
		if err := terminal.Table(&out, [][]string{{"NAME"}, {text}}); err != nil {
			t.Fatal(err)
		}

		shown := strings.TrimSuffix(strings.TrimPrefix(out.String(), "NAME\n"), "\n")
		if !strings.HasPrefix(shown, "a?") || !strings.HasSuffix(shown, "b") ||
			strings.ContainsAny(shown, "\x1b\n\r\t\b\u202e\u200b\u009b\x07") {
			t.Errorf("%s: shown as %q", name, shown)
		}
	}

	if got := terminal.Plain("Übung-1 データ"); got != "Übung-1 データ" {
		t.Errorf("an honest name is shown as %q", got)
	}
}
