package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/problem"
)

// A setting that is wrong is exit code 2 of every command that reads it: a restart does not help.
func TestABadSettingHasOneExitCode(t *testing.T) {
	for command, variable := range map[string]string{
		"serve": "BFF_LISTEN", "serve --check": "BFF_LISTEN", "config": "BFF_LISTEN", "sandbox": "BFF_SESSION_IDLE",
		"connect": "BFF_APP_NAEM", "whoami": "BFF_APP_NAEM", "databases list": "BFF_APP_NAEM", "disconnect": "BFF_APP_NAEM",
		"vector list": "BFF_APP_NAEM", "databases rename a --name b": "BFF_APP_NAEM",
		"api GET /teams": "BFF_APP_NAEM",
		"audit":          "BFF_DATABASE_URL", "backup file": "BFF_DATABASE_URL", "finish-restore": "BFF_DATABASE_URL",
		"service list": "BFF_DATABASE_URL", "token list": "BFF_DATABASE_URL", "grant list": "BFF_DATABASE_URL",
		"user erase a@example.com --yes": "BFF_DATABASE_URL", "keyset verify": "BFF_DATABASE_URL",
		"keyset rotate": "BFF_DATABASE_URL", "keyset create keyset.json": "BFF_KEYSET_KEK",
	} {
		t.Run(command, func(t *testing.T) {
			t.Chdir(t.TempDir())

			given := environ(t, map[string]any{variable: "no such thing"})
			arguments := strings.Fields(command)

			if arguments[0] == "sandbox" {
				given = []string{variable + "=no such thing", "XDG_RUNTIME_DIR=" + t.TempDir()}
				arguments = append(arguments, "--listen", "127.0.0.1:0", "--issuer-listen", "127.0.0.1:0",
					"--upstash-listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0", "--redis-listen", "127.0.0.1:0")
			}

			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), arguments, given, &stdout, &stderr); code != problem.ExitUsage ||
				!strings.Contains(stderr.String(), "the configuration has errors:\n  - "+variable) {
				t.Errorf("exit code %d, want %d and the variable: %s", code, problem.ExitUsage, stderr.String())
			}
		})
	}
}

// Settings that differ from the defaults come first, each once. Settings without a value are listed separately.
func TestConfigPrintsChangedSettingsFirst(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"config", "--log-level", "warn"}, environ(t, nil), &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}

	set, defaults, found := strings.Cut(stdout.String(), "\nDefaults: ")
	if !found || !strings.HasPrefix(set, "Settings\n  BFF_") {
		t.Fatalf("got %s", stdout.String())
	}

	for _, want := range []string{"BFF_PUBLIC_URL ", "BFF_AUTH_CLIENT_IDS ", "BFF_KEYSET ", "warn (--log-level)"} {
		if strings.Count(set, want) != 1 || strings.Contains(defaults, want) {
			t.Errorf("%q is not only among the changed settings:\n%s", want, stdout.String())
		}
	}

	for _, want := range []string{"BFF_AUTH_ISSUER ", "Upstash\n", "not set: BFF_"} {
		if strings.Contains(set, want) || !strings.Contains(defaults, want) {
			t.Errorf("%q is not among the defaults:\n%s", want, stdout.String())
		}
	}

	if strings.Contains(stdout.String(), "(default)") || strings.Contains(stdout.String(), "(not set)") ||
		strings.Contains(stdout.String(), "Others") {
		t.Errorf("got %s", stdout.String())
	}
}
