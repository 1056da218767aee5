package native_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/desktop/native"
	"github.com/upstash-connect/bff/internal/secret"
)

func TestUpstashCLIFileIsWhereTheCLIReadsIt(t *testing.T) {
	for name, test := range map[string]struct{ config, home, want string }{
		"XDG_CONFIG_HOME": {"/xdg", "/home/u", "/xdg/upstash/config.json"},
		"otherwise":       {"", "/home/u", "/home/u/.config/upstash/config.json"},
	} {
		if got := native.UpstashCLIFile(test.config, test.home).Path; got != filepath.FromSlash(test.want) {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

func cliFile(t *testing.T, content string) native.UpstashCLI {
	t.Helper()

	cli := native.UpstashCLIFile(t.TempDir(), "")
	if content != "" {
		if err := os.MkdirAll(filepath.Dir(cli.Path), 0o700); err != nil {
			t.Fatal(err)
		}

		if err := os.WriteFile(cli.Path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	return cli
}

func content(t *testing.T, cli native.UpstashCLI) map[string]any {
	t.Helper()

	text, err := os.ReadFile(cli.Path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}

	if err != nil {
		t.Fatal(err)
	}

	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatalf("%v: %s", err, text)
	}

	return fields
}

func TestUpstashCLIIsLoggedIn(t *testing.T) {
	for name, before := range map[string]string{
		"no file":          "",
		"logged out":       `{"theme":"dark"}`,
		"the same account": `{"email":"a@example.com","api_key":"old","theme":"dark"}`,
	} {
		t.Run(name, func(t *testing.T) {
			cli := cliFile(t, before)
			if err := cli.Check("a@example.com"); err != nil {
				t.Fatal(err)
			}

			if err := cli.Write("a@example.com", secret.New("new")); err != nil {
				t.Fatal(err)
			}

			want := map[string]any{"email": "a@example.com", "api_key": "new"}
			if before != "" {
				want["theme"] = "dark"
			}

			if diff := cmp.Diff(want, content(t, cli)); diff != "" {
				t.Error(diff)
			}

			if info, err := os.Stat(cli.Path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("got mode %v, %v", info.Mode(), err)
			}
		})
	}
}

func TestUpstashCLIOfAnotherAccountNeedsConfirmation(t *testing.T) {
	cli := cliFile(t, `{"email":"b@example.com","api_key":"theirs"}`)

	var other *native.AnotherAccountError
	if err := cli.Check("a@example.com"); !errors.As(err, &other) || other.Email != "b@example.com" {
		t.Errorf("got %v, want b@example.com named", err)
	}

	if err := cliFile(t, `not JSON`).Check("a@example.com"); err == nil {
		t.Error("a file that is not the CLI's would be overwritten")
	}
}

// A key that is not ours stays: somebody else has written it since.
func TestUpstashCLIForgetsOurKeyAlone(t *testing.T) {
	for name, test := range map[string]struct {
		before string
		want   map[string]any
	}{
		"ours alone":        {`{"email":"a@example.com","api_key":"ours"}`, nil},
		"ours beside other": {`{"email":"a@example.com","api_key":"ours","theme":"dark"}`, map[string]any{"theme": "dark"}},
		"another key":       {`{"email":"a@example.com","api_key":"theirs"}`, map[string]any{"email": "a@example.com", "api_key": "theirs"}},
		"another account":   {`{"email":"b@example.com","api_key":"ours"}`, map[string]any{"email": "b@example.com", "api_key": "ours"}},
		"no file":           {``, nil},
	} {
		cli := cliFile(t, test.before)
		if err := cli.Forget("a@example.com", secret.New("ours")); err != nil {
			t.Errorf("%s: %v", name, err)
		}

		if diff := cmp.Diff(test.want, content(t, cli)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
