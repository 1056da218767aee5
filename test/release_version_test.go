//go:build unix

package test

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// semantic is the expression of https://semver.org, without build metadata.
var semantic = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)` +
	`(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?$`)

// TestReleaseVersion checks that each commit has a semantic version, which npm requires, with and without tags.
func TestReleaseVersion(t *testing.T) {
	for _, test := range []struct {
		name string
		tags []string
		want string
	}{
		{"no tag", nil, "0.0.0-gCOMMIT"},
		{"a tag", []string{"v1.2.3"}, "1.2.3"},
		{"a pre-release", []string{"v1.2.3-rc.1"}, "1.2.3-rc.1"},
		{"a pre-release that became the release", []string{"v1.2.3-rc.1", "v1.2.3"}, "1.2.3"},
		{"tags that are no semantic version", []string{"nightly", "v1.2", "v1.2.03", "v1.2.3-01"}, "0.0.0-gCOMMIT"},
	} {
		t.Run(test.name, func(t *testing.T) {
			directory, commit := decimalCommit(t)
			for _, tag := range test.tags {
				git(t, directory, "", "tag", tag)
			}

			got := strings.TrimSpace(script(t, "version.sh", "REPOSITORY="+directory))
			if want := strings.Replace(test.want, "COMMIT", commit[:12], 1); got != want || !semantic.MatchString(got) {
				t.Errorf("the version is %q, want the semantic version %q", got, want)
			}

			if err := os.WriteFile(directory+"/changed", nil, 0o600); err != nil {
				t.Fatal(err)
			}

			if changed := strings.TrimSpace(script(t, "version.sh", "REPOSITORY="+directory)); changed != got+"-dirty" {
				t.Errorf("with a changed file the version is %q, want %s-dirty", changed, got)
			}
		})
	}
}

// decimalCommit returns a repository whose commit begins with a 0 and eleven more decimal digits. One commit in 3,000
// does, so it tries messages until it finds one.
func decimalCommit(t *testing.T) (directory, commit string) {
	t.Helper()

	directory = t.TempDir()
	git(t, directory, "", "init", "--quiet", "--object-format=sha1")
	tree := git(t, directory, "", "hash-object", "-t", "tree", "-w", "/dev/null")

	for number := 0; ; number++ {
		who := "A <a@example.com> 1767225600 +0000"
		body := fmt.Sprintf("tree %s\nauthor %s\ncommitter %s\n\nfeat: attempt %d\n", tree, who, who, number)
		sum := sha1.Sum(fmt.Appendf(nil, "commit %d\x00%s", len(body), body))
		commit = hex.EncodeToString(sum[:])

		if commit[0] == '0' && strings.Trim(commit[:12], "0123456789") == "" {
			git(t, directory, body, "hash-object", "-t", "commit", "-w", "--stdin")
			git(t, directory, "", "reset", "--hard", "--quiet", commit)

			return directory, commit
		}
	}
}

// git runs git in a directory, without the user's configuration.
func git(t *testing.T, directory, input string, arguments ...string) string {
	t.Helper()

	command := exec.CommandContext(t.Context(), "git", append([]string{"-C", directory}, arguments...)...)
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	command.Stdin = strings.NewReader(input)

	var stderr bytes.Buffer

	command.Stderr = &stderr

	output, err := command.Output()
	if err != nil {
		t.Fatalf("git %v: %v: %s", arguments, err, stderr.String())
	}

	return strings.TrimSpace(string(output))
}
