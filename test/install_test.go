//go:build unix

package test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// script runs one of scripts/ from another directory than its own, as anybody may.
func script(t *testing.T, name string, environ ...string) string {
	t.Helper()

	path, err := filepath.Abs(filepath.Join("..", "scripts", name))
	if err != nil {
		t.Fatal(err)
	}

	var output bytes.Buffer

	command := exec.CommandContext(t.Context(), path)
	command.Dir, command.Stdout, command.Stderr = t.TempDir(), &output, &output
	command.Env = append(os.Environ(), environ...)

	if err := command.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, output.String())
	}

	return output.String()
}

func TestInstallChecksTheShellPath(t *testing.T) {
	built := filepath.Join(t.TempDir(), "bff")
	if err := os.WriteFile(built, []byte("#!/bin/sh\necho installed\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	prefix, staged := filepath.Join(t.TempDir(), "a b"), t.TempDir()
	usual := os.Getenv("PATH")

	standard := "/usr/local"
	if os.Getuid() != 0 {
		standard = filepath.Join(prefix, ".local")
	}

	for _, test := range []struct {
		name           string
		environ        []string
		target         string
		wanted, absent string
	}{
		{"not on the path", []string{"PREFIX=" + prefix}, prefix + "/bin/bff", `export PATH="` + prefix + `/bin:$PATH"`, "comes first"},
		{
			"on the path, over an earlier one",
			[]string{"PREFIX=" + prefix, "PATH=" + prefix + "/bin:" + usual},
			prefix + "/bin/bff", "installed " + prefix + "/bin/bff\n", "PATH",
		},
		{
			"behind another",
			[]string{"PREFIX=" + prefix, "PATH=" + filepath.Dir(built) + ":" + usual + ":" + prefix + "/bin"},
			prefix + "/bin/bff", "Another bff comes first on your PATH: " + built, "export",
		},
		{
			"for a package",
			[]string{"DESTDIR=" + staged, "PREFIX=", "HOME=" + prefix},
			staged + standard + "/bin/bff",
			"installed " + staged, "PATH",
		},
	} {
		said := script(t, "install.sh", append([]string{"BFF_BINARY=" + built, "DESTDIR="}, test.environ...)...)
		if !strings.Contains(said, test.wanted) || strings.Contains(said, test.absent) {
			t.Errorf("%s: it wrote %q, want %q in it and not %q", test.name, said, test.wanted, test.absent)
		}

		if info, err := os.Stat(test.target); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%s: %v, %v: want %s, mode 0755", test.name, info, err, test.target)
		}

		if beside, err := os.ReadDir(filepath.Dir(test.target)); err != nil || len(beside) != 1 {
			t.Errorf("%s: next to it is %v, %v", test.name, beside, err)
		}
	}
}

// TestReleaseArchives builds what `make release` builds, for two platforms: the first with SQLite in C, the other
// without. It takes minutes.
func TestReleaseArchives(t *testing.T) {
	if os.Getenv("SOAK") != "1" {
		t.Skip("the long form, with SOAK=1, cross-builds")
	}
	out := t.TempDir()
	said := script(t, "release.sh", "OUT="+out, "PLATFORMS=linux/amd64 windows/amd64")

	check := exec.CommandContext(t.Context(), "sha256sum", "--check", "--strict", "SHA256SUMS")
	check.Dir = out

	if output, err := check.CombinedOutput(); err != nil || bytes.Count(output, []byte(": OK")) != 2 {
		t.Fatalf("checksums: %v\n%s\n%s", err, output, said)
	}

	archives, _ := filepath.Glob(filepath.Join(out, "*_linux_amd64.tar.gz"))
	if len(archives) != 1 {
		t.Fatalf("no archive for Linux: %s", said)
	}

	if output, err := exec.CommandContext(t.Context(), "tar", "-C", out, "--strip-components=1", "-xzf", archives[0]).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}

	output, err := exec.CommandContext(t.Context(), filepath.Join(out, "bff"), "version").CombinedOutput()
	if err != nil || !strings.Contains(string(output), "linux/amd64") {
		t.Errorf("the binary in it: %v: %s", err, output)
	}
}
