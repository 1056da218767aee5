package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const databasePassword = "canary-hunter2"

// A database URL may contain a password: it comes from its variable or from a file, and is never printed.
func TestDatabasePasswordIsNotPrinted(t *testing.T) {
	address := "postgres://bff:" + databasePassword + "@127.0.0.1:1/connect"

	path := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(path, []byte(address+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	byParameter := "postgres://bff@127.0.0.1:1/connect?password=" + databasePassword

	tests := map[string]struct {
		args   []string
		change map[string]any
		code   int
		want   string
	}{
		"printed": {
			[]string{"config"},
			map[string]any{"BFF_DATABASE_URL": address},
			0,
			"postgres://xxxxx@127.0.0.1:1/connect",
		},
		"printed, from a file": {
			[]string{"config"},
			map[string]any{"BFF_DATABASE_URL": nil, "BFF_DATABASE_URL_FILE": path},
			0,
			"postgres://xxxxx@127.0.0.1:1/connect",
		},
		"printed, as a parameter": {
			[]string{"config"},
			map[string]any{"BFF_DATABASE_URL": byParameter},
			0,
			"password=xxxxx",
		},
		"printed, and faulty": {
			[]string{"config"},
			map[string]any{"BFF_DATABASE_URL": address + "?sslmode=bogus"},
			2,
			"BFF_DATABASE_URL",
		},
		"not a URL": {
			[]string{"config"},
			map[string]any{"BFF_DATABASE_URL": "postgres://bff:" + databasePassword + "%zz@localhost/x"},
			2,
			"percent-encoded",
		},
		"printed, though not encoded": {
			[]string{"config"},
			map[string]any{"BFF_DATABASE_URL": "postgres://bff:x@" + databasePassword + "/x@127.0.0.1:1/connect"},
			2,

			"(invalid)",
		},
		"a parameter of another client": {
			[]string{"config"},
			map[string]any{"BFF_DATABASE_URL": address + "?pgbouncer=true&schema=public"},
			2,

			"has an unknown parameter pgbouncer",
		},
		"a parameter of SQLite's": {
			[]string{"audit"},
			map[string]any{"BFF_DATABASE_URL": "sqlite://bff.db?_busy_timeout=5000"},
			2,

			"did you mean sqlite://bff.db?",
		},
		"both given": {
			[]string{"serve"},
			map[string]any{"BFF_DATABASE_URL": address, "BFF_DATABASE_URL_FILE": path},
			2,
			"are both set",
		},
		"nobody answers": {[]string{"serve"}, map[string]any{"BFF_DATABASE_URL": address}, 1, "127.0.0.1:1"},
		"nobody answers, by a file": {
			[]string{"serve", "--database-url-file", path},
			map[string]any{"BFF_DATABASE_URL": nil},
			1,
			"127.0.0.1:1",
		},
		"on the command line":   {[]string{"serve", "--database-url", address}, nil, 2, "contains a password"},
		"for one command alone": {[]string{"audit", "--database-url", address}, nil, 2, "contains a password"},
		"for one command, a file": {
			[]string{"audit"},
			map[string]any{"BFF_DATABASE_URL": nil, "BFF_DATABASE_URL_FILE": path},
			1,
			"127.0.0.1:1",
		},
		"in a command's help": {
			[]string{"audit", "--help"},
			map[string]any{"BFF_DATABASE_URL": address},
			0,
			"--database-url-file",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), tc.args, environ(t, tc.change), &stdout, &stderr); code != tc.code {
				t.Errorf("got exit code %d, want %d", code, tc.code)
			}

			output := stdout.String() + stderr.String()
			if !strings.Contains(output, tc.want) {
				t.Errorf("got %s, want %q in it", output, tc.want)
			}

			if strings.Contains(output, databasePassword) {
				t.Errorf("the password is shown: %s", output)
			}
		})
	}
}
