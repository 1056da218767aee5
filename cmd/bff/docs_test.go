package main

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/internal/peertest"
)

// block is a shell block of a page.
type block struct{ page, text string }

var shellBlock = regexp.MustCompile("(?s)\n```sh\n(.*?)\n```")

// shellBlocks returns the shell blocks of a page, in order.
func shellBlocks(t *testing.T, page string) []block {
	t.Helper()

	text, err := os.ReadFile(filepath.Join("..", "..", page))
	if err != nil {
		t.Fatal(err)
	}

	var blocks []block
	for _, match := range shellBlock.FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, block{page, match[1]})
	}

	return blocks
}

// pages returns the paths of all pages except decisions, because nobody pastes their commands.
func pages(t *testing.T) []string {
	t.Helper()
	found := []string{"README.md"}

	err := filepath.WalkDir(filepath.Join("..", "..", "docs"), func(path string, _ fs.DirEntry, err error) error {
		page := strings.TrimPrefix(filepath.ToSlash(path), "../../")
		if filepath.Ext(page) == ".md" && !strings.HasPrefix(page, "docs/decisions/") {
			found = append(found, page)
		}

		return err
	})
	if err != nil || len(found) < 8 {
		t.Fatalf("found the pages %v, %v", found, err)
	}

	return found
}

var (
	variableUsed = regexp.MustCompile(`\$\{?([A-Za-z_][A-Za-z0-9_]*)`)
	variableSet  = regexp.MustCompile(`(?:^|[\s;(])(?:export )?([A-Za-z_][A-Za-z0-9_]*)=|for ([a-z]+) in `)
	singleQuoted = regexp.MustCompile(`'[^']*'`)
	meteredCurl  = regexp.MustCompile(`(?:^|[(|;] ?)curl (?:-s|--silent)?`)
)

// readersOwn are variables that readers set themselves, as the page explains.
var readersOwn = map[string]bool{
	"HOME": true, "PATH": true, "DATABASE": true,
	"UPSTASH_REDIS_REST_URL": true, "UPSTASH_REDIS_REST_TOKEN": true, // of the file that the reader downloads
}

// Readers paste the blocks of a page in order. Each variable must be set before its use, and curl must be silent.
func TestDocumentsSetWhatTheyUse(t *testing.T) {
	for _, page := range pages(t) {
		set := map[string]bool{}

		for _, block := range shellBlocks(t, page) {
			for line := range strings.Lines(block.text) {
				for _, match := range variableUsed.FindAllStringSubmatch(singleQuoted.ReplaceAllString(line, ""), -1) {
					if !set[match[1]] && !readersOwn[match[1]] && !strings.Contains(line, match[1]+"=") {
						t.Errorf("%s: $%s is used before it is set: %s", page, match[1], line)
					}
				}

				for _, match := range variableSet.FindAllStringSubmatch(line, -1) {
					set[match[1]+match[2]] = true
				}

				for _, call := range meteredCurl.FindAllString(line, -1) {
					if strings.HasSuffix(call, "curl ") {
						t.Errorf("%s: curl prints a progress meter: %s", page, line)
					}
				}
			}
		}
	}
}

var (
	bffCommand = regexp.MustCompile(`(?:^|&& |\|\| |; |\(|   )(?:\.\./\.\./)?(?:bin/)?bff ((?:[^#|&;<>()"']|"[^"]*"|'[^']*')+)`)
	word       = regexp.MustCompile(`(?:[^\s"']|"[^"]*"|'[^']*')+`)
)

// bff accepts every command line of bff in a page and in an example of the help.
func TestDocumentsUseCommandsThatExist(t *testing.T) {
	var lines []block
	for _, page := range pages(t) {
		lines = append(lines, shellBlocks(t, page)...)
	}

	everyCommand(newRoot(program{stdout: io.Discard, stderr: io.Discard}), func(command *cobra.Command) {
		lines = append(lines, block{"bff help " + command.Name(), command.Example})
	})

	seen := 0

	for _, block := range lines {
		joined := strings.ReplaceAll(block.text, "\\\n", " ")
		for line := range strings.Lines(joined) {
			for _, match := range bffCommand.FindAllStringSubmatch(strings.TrimSpace(line), -1) {
				seen++

				if err := checkCommandLine(word.FindAllString(match[1], -1)); err != nil {
					t.Errorf("%s: %q: %v", block.page, line, err)
				}
			}
		}
	}

	if seen < 40 {
		t.Errorf("found only %d command lines", seen)
	}
}

// checkCommandLine parses a command line without running it.
func checkCommandLine(words []string) error {
	command, rest, err := newRoot(program{stdout: io.Discard, stderr: io.Discard}).Find(words)
	if err != nil {
		return err
	}

	if err := command.ParseFlags(slices.DeleteFunc(rest, func(word string) bool { return word == "…" })); err != nil {
		return err
	}

	return command.ValidateArgs(command.Flags().Args())
}

// TestTheSandboxPageIsPasted runs the blocks of the README and of docs/integrate/sandbox.md that call a sandbox, in
// order, as a reader would. Each line must succeed.
func TestTheSandboxPageIsPasted(t *testing.T) {
	for program, from := range map[string]string{"bash": "bash", "curl": "curl", "jq": "jq"} {
		peertest.Program(t, program, from)
	}
	line := sandboxOfPorts(t)
	usual := strings.NewReplacer(
		"http://localhost:8080", line.App, "http://127.0.0.1:8082", line.Upstash, "http://127.0.0.1:8083", line.Control,
		"http://127.0.0.1:8085", "http://"+strings.TrimPrefix(line.Redis, "redis://"),
	)

	for page, least := range map[string]int{"README.md": 1, "docs/integrate/sandbox.md": 6} {
		script, ran := "set -euo pipefail\ncurl() { command curl --fail-with-body \"$@\"; }\n", 0

		for _, block := range shellBlocks(t, page) {
			if !strings.Contains(block.text, "curl ") || strings.Contains(block.text, "bff sandbox") {
				continue
			}

			for part := range strings.Lines(block.text + "\n") {
				// The stream has no end. The consent to delete does not exist, because nobody has given it.
				if !strings.Contains(part, "/journal/stream") && !strings.Contains(part, "/consents/") {
					script += part
				}
			}
			ran++
		}

		shell := exec.CommandContext(t.Context(), "bash", "-c", usual.Replace(script))
		shell.Dir = t.TempDir()

		if output, err := shell.CombinedOutput(); err != nil || ran < least || strings.Contains(string(output), "% Total") {
			t.Errorf("%s: %v after %d blocks:\n%s", page, err, ran, output)
		}
	}
}

// sandboxOfPorts starts a sandbox on free ports.
func sandboxOfPorts(t *testing.T) readyLine {
	t.Helper()

	ready, lines := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)

	go func() {
		code := run(ctx, []string{
			"sandbox", "--data-dir", t.TempDir(), "--listen", "127.0.0.1:0", "--issuer-listen", "127.0.0.1:0",
			"--upstash-listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0", "--redis-listen", "127.0.0.1:0",
		}, []string{"XDG_RUNTIME_DIR=" + filepath.Join(os.TempDir(), "none")}, lines, io.Discard)
		_ = lines.Close()
		ended <- code
	}()
	t.Cleanup(func() { stop(); <-ended })

	var line readyLine

	if err := json.NewDecoder(ready).Decode(&line); err != nil {
		t.Fatalf("the sandbox did not start: %v", err)
	}
	go func() { _, _ = io.Copy(io.Discard, ready) }()

	return line
}
