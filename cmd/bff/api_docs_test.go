package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/peertest"
	"github.com/upstash-connect/bff/test/harness"
)

// TestTheSectionOnTheAPIIsPasted runs the shell blocks of "Call anything" in docs/integrate/native.md in order, as a
// reader would, and compares the error on the page with the real one.
func TestTheSectionOnTheAPIIsPasted(t *testing.T) {
	peertest.Program(t, "bash", "bash")
	harness.BinaryUsed.Store(true)

	path, err := harness.Binary()
	if err != nil {
		t.Fatal(err)
	}

	page, err := os.ReadFile(repository("docs/integrate/native.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Call anything: `bff api`\n")
	section, _, _ = strings.Cut(section, "\n## ")

	// The account here is that of the settings, in a file.
	here := strings.NewReplacer(" --sandbox", " --no-keyring", ".local/state/upstash-connect/sandbox", "state/upstash-connect")
	script := "set -euo pipefail\nbff() { '" + path + "' \"$@\"; }\n"
	blocks := shellBlock.FindAllStringSubmatch(section, -1)

	for _, block := range blocks {
		script += here.Replace(block[1]) + "\n"
	}

	d := newDesk(t, "demo@example.com")
	shell := exec.CommandContext(t.Context(), "bash", "-c", script)
	shell.Dir, shell.Env = t.TempDir(), append(d.environ(), "PATH="+os.Getenv("PATH"))
	printed, err := shell.CombinedOutput()

	shown := regexp.MustCompile("(?s)```text\n(.*?)```").FindStringSubmatch(section)
	if err != nil || len(blocks) != 4 || shown == nil {
		t.Fatalf("%v after %d blocks:\n%s", err, len(blocks), printed)
	}

	want := append(strings.Split(shown[1], "\n"), " GET /v2/redis/databases (3 times, ", " DELETE /v2/redis/database/")
	for _, line := range want {
		if !strings.Contains(string(printed), line) {
			t.Errorf("want %q in:\n%s", line, printed)
		}
	}

	if left := d.Account(t, d.email).Databases; len(left) != 0 {
		t.Errorf("left %v", left)
	}
}
