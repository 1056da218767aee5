package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/test/harness"
)

// on runs a command line in this home directory, on a terminal of 80 columns.
func (d *desk) on80(t *testing.T, arguments ...string) (code int, shown string) {
	t.Helper()

	var shownThere bytes.Buffer
	screen := &terminal.Screen{Writer: &shownThere, Columns: 80}
	code = run(t.Context(), slices.Clone(arguments), d.environ(), screen, screen)

	return code, shownThere.String()
}

// tooLong are the lines that a terminal of 80 columns would break, except for those that a single word makes so.
func tooLong(shown string) []string {
	var lines []string

	for line := range strings.Lines(shown) {
		line = strings.TrimSuffix(line, "\n")
		words := strings.Fields(line)
		name := len(words) == 2 && strings.HasPrefix(line, words[0]) // a name before it

		if utf8.RuneCountInString(line) > 80 && len(words) > 1 && !name && !strings.HasPrefix(line, "{") {
			lines = append(lines, line)
		}
	}

	return lines
}

func TestOutputFitsOnATerminal(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	d.succeeds(t, "databases", "create", "--name", "a-name-of-some-length", "--region", "eu-west-1", "--read-region", "us-east-1")

	own := []string{"--no-keyring"}
	sealed := "sqlite://" + d.state() + "/state.db"

	for name, test := range map[string]struct {
		arguments []string
		code      int
		want      string
	}{
		"list":          {append([]string{"databases", "list"}, own...), 0, "\n  region         eu-west-1\n"},
		"get":           {append([]string{"databases", "get", "a-name-of-some-length"}, own...), 0, "eu-west-1\n"},
		"credentials":   {append([]string{"databases", "credentials", "a-name-of-some-length"}, own...), 0, "rest_token"},
		"create":        {append([]string{"databases", "create", "--name", "other", "--region", "us-east-1"}, own...), 0, "Created other."},
		"a fault":       {append([]string{"databases", "create", "--name", "a b", "--region", "x"}, own...), 2, "--region"},
		"nobody's":      {append([]string{"databases", "get", "nosuch"}, own...), 1, "not found"},
		"whoami":        {append([]string{"whoami"}, own...), 0, "demo@example.com"},
		"config":        {[]string{"config"}, 2, "Settings\n"},
		"audit":         {[]string{"audit", "--database-url", sealed}, 0, "\n  action       "},
		"not a command": {[]string{"databases", "lists"}, 2, "Did you mean list?"},
		"disconnect":    {append([]string{"disconnect", "--json=false"}, own...), 0, "Disconnected"},
	} {
		if name == "disconnect" {
			defer func() { check80(t, d, name, test.arguments, test.code, test.want) }() // last
			continue
		}
		check80(t, d, name, test.arguments, test.code, test.want)
	}
}

func check80(t *testing.T, d *desk, name string, arguments []string, code int, want string) {
	t.Helper()

	got, shown := d.on80(t, arguments...)
	if got != code || !strings.Contains(shown, want) {
		t.Errorf("%s: exit code %d, want %d and %q in\n%s", name, got, code, want, shown)
	}

	for _, line := range tooLong(shown) {
		t.Errorf("%s: longer than 80 columns: %q", name, line)
	}
}

// What Upstash, or another user of the account, named may not steer the terminal of anyone who looks, in words and in
// JSON.
func TestForeignTextSteersNoTerminal(t *testing.T) {
	d := newDesk(t, "demo@example.com")
	d.succeeds(t, "databases", "create", "--name", "orders", "--region", "eu-west-1")

	var made struct{ Databases []map[string]any }
	if err := json.Unmarshal([]byte(d.bff(t, "databases", "list", "--json").Stdout), &made); err != nil {
		t.Fatal(err)
	}
	id := made.Databases[0]["id"].(string)
	hostile := "a\u009b31m\u202eb\u2066\x1b]0;owned\x07c\u2028d\U000e0041"

	answer := func(path, body string, status int) {
		t.Helper()
		d.NoFaults(t)
		d.Fault(t, map[string]any{
			"match": map[string]any{"target": "upstash", "path": path}, "count": -1,
			"do": map[string]any{"status": status, "body": body, "headers": map[string]string{"Content-Type": "application/json"}},
		})
	}

	databaseWith := func(secret string) string {
		database, err := json.Marshal(map[string]any{
			"database_id": id, "database_name": hostile, "state": hostile, "type": hostile, "primary_region": hostile,
			"read_regions": []string{hostile}, "endpoint": "a.upstash.io", "port": 6379, "password": secret, "rest_token": secret,
			"read_only_rest_token": secret, "customer_id": hostile, "plan": hostile, "platform": hostile,
		})
		if err != nil {
			t.Fatal(err)
		}

		return string(database)
	}

	said := func(arguments ...string) harness.Ran {
		t.Helper()

		got := d.bff(t, arguments...)
		for _, shown := range []string{got.Stdout, got.Stderr} {
			if strings.ContainsFunc(strings.ReplaceAll(shown, "\n", ""), func(r rune) bool {
				return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
			}) {
				t.Errorf("bff %v steers the terminal: %q", arguments, shown)
			}
		}

		return got
	}

	answer("/v2/redis/*", "["+databaseWith(hostile)+"]", 200)

	if got := said("databases", "list"); got.Code != 0 || !strings.Contains(got.Stdout, "a?31m?b?") {
		t.Errorf("the list: got %+v", got)
	}

	var listed struct{ Databases []struct{ Name string } }

	got := said("databases", "list", "--json")
	if err := json.Unmarshal([]byte(got.Stdout), &listed); err != nil || listed.Databases[0].Name != hostile {
		t.Errorf("the list in JSON: got %+v, %v", got, err)
	}

	answer("/v2/redis/*", databaseWith("usable"), 200)

	for _, arguments := range [][]string{{"get", id}, {"get", id, "--json"}, {"credentials", id}, {"credentials", id, "--json"}} {
		if got := said(append([]string{"databases"}, arguments...)...); got.Code != 0 {
			t.Errorf("bff databases %v: got %+v", arguments, got)
		}
	}
	answer("/v2/redis/*", databaseWith(hostile), 200)

	for _, format := range []string{"", "--json", "--env"} {
		got := said(strings.Fields("databases credentials " + id + " " + format)...)
		if got.Code == 0 || strings.Contains(got.Stdout, "REDIS") || strings.Contains(got.Stdout, "owned") {
			t.Errorf("%s: got what is hostile as a credential: %+v", format, got)
		}
	}

	quoted, _ := json.Marshal(hostile)
	answer("/v2/*", string(quoted), 400)
	said("databases", "create", "--name", "x", "--region", "eu-west-1")
	said("databases", "create", "--name", "x", "--region", "eu-west-1", "--json")
	said("databases", "list")
	said("databases", "list", "--json")
	said("databases", "get", hostile)
	said("databases", hostile)
	said("databases", "get", "--"+hostile)
}
