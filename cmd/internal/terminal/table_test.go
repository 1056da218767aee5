package terminal_test

import (
	"bytes"
	"encoding/json"
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
		"end of a line":      "a\u2028b",
		"tag":                "a\U000e0041b",
		"deleted":            "a\x7fb",
	}
	for name, text := range hostile {
		var out bytes.Buffer
		if err := terminal.Table(&out, [][]string{{"NAME"}, {text}}); err != nil {
			t.Fatal(err)
		}
		checkJSON(t, name, text)

		shown := strings.TrimSuffix(strings.TrimPrefix(out.String(), "NAME\n"), "\n")
		if !strings.HasPrefix(shown, "a?") || !strings.HasSuffix(shown, "b") ||
			strings.ContainsAny(shown, "\x1b\n\r\t\b\u202e\u200b\u009b\x07") {
			t.Errorf("%s: shown as %q", name, shown)
		}
	}

	if got := terminal.Sanitize("Übung-1 データ"); got != "Übung-1 データ" {
		t.Errorf("an honest name is shown as %q", got)
	}
}

// checkJSON holds a line of JSON to be the same value to a program, and nothing to a terminal.
func checkJSON(t *testing.T, name, text string) {
	t.Helper()

	var line bytes.Buffer
	if err := terminal.WriteJSON(&line, map[string]string{"name": text, "<html>": "é&日本"}); err != nil {
		t.Fatal(err)
	}

	shown := strings.TrimSuffix(line.String(), "\n")
	if terminal.Sanitize(strings.ReplaceAll(shown, "\ufffd", "")) != strings.ReplaceAll(shown, "\ufffd", "") ||
		!strings.Contains(shown, `"<html>":"é&日本"`) {
		t.Errorf("%s: as JSON %q", name, shown)
	}

	var read map[string]string
	if err := json.Unmarshal(line.Bytes(), &read); err != nil || read["name"] != strings.ToValidUTF8(text, "\ufffd") {
		t.Errorf("%s: read again %q, %v", name, read["name"], err)
	}
}

// On a terminal no line is longer than it is wide, except for a word that must be copied.
func TestLinesFitOnATerminal(t *testing.T) {
	heading := []string{"NAME", "REGION", "ENDPOINT", "ID"}
	short := []string{"orders", "eu-west-1", "a.upstash.io:6379", "1"}
	long := []string{"データ-1", "eu-west-1", strings.Repeat("host-", 10) + ".upstash.io:6379", "96ad0856-03b1-4ee7-9666-e81abd0349e1"}

	table := func(columns int, rows ...[]string) string {
		var out bytes.Buffer
		if err := terminal.Table(&terminal.Screen{Writer: &out, Columns: columns}, append([][]string{heading}, rows...)); err != nil {
			t.Fatal(err)
		}

		return out.String()
	}

	for name, test := range map[string]struct{ got, want string }{
		"it fits": {table(80, short), "NAME     REGION      ENDPOINT            ID\norders   eu-west-1   a.upstash.io:6379   1\n"},
		"it does not": {table(80, short, long), "orders\n  region     eu-west-1\n  endpoint   a.upstash.io:6379\n  id         1\n" +
			"データ-1\n  region     eu-west-1\n  endpoint   " + long[2] + "\n  id         " + long[3] + "\n"},
		"it is no terminal": {table(0, long), "NAME       REGION      " + "ENDPOINT" + strings.Repeat(" ", len(long[2])-5) + "ID\n" +
			"データ-1   eu-west-1   " + long[2] + "   " + long[3] + "\n"},
		"prose":         {terminal.Wrap("  one two three\nfour", 9), "  one two\n  three\nfour"},
		"a long word":   {terminal.Wrap("a https://example.com/long b", 10), "a\nhttps://example.com/long\nb"},
		"wide letters":  {terminal.Wrap("日本 日本 日本", 9), "日本 日本\n日本"},
		"of no columns": {terminal.Wrap("one two three", 0), "one two three"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, test.got, test.want)
		}
	}
}
