package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/test/harness"
)

// Every command of docs/integrate/webhooks.md works as it is written, next to a running server.
func TestCommandsOfTheWebhookGuide(t *testing.T) {
	t.Parallel()

	guide, err := os.ReadFile("../docs/integrate/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	f, h := harness.NewFleet(t), newHooks(t)
	s, environ := f.Service(t)
	f.Serve(t, environ...)
	f.Succeeds(t, "service", "add", "other", "--name", "Other", "--return-url", "https://other.example/back")

	directory := t.TempDir()
	token := filepath.Join(directory, "service-token")

	if err := os.WriteFile(token, []byte(s.Token), 0o600); err != nil {
		t.Fatal(err)
	}

	program, err := harness.Binary()
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllSubmatch(guide, -1)
	listened := false

	for _, block := range blocks {
		commands := string(block[1])
		if strings.HasPrefix(commands, "bff listen") {
			arguments := strings.Fields(strings.NewReplacer(
				".sandbox/service-token", token, "http://localhost:3000/upstash/webhooks", h.URL,
			).Replace(strings.TrimPrefix(commands, "bff ")))
			f.Begin(t, nil, append(arguments, "--server", f.URL)...).WaitForOutput(t, "Forwarding to "+h.URL)

			listened = true

			continue
		}

		prepared := f.Prepare(t, nil, "version") // for its environment
		command := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c",
			`bff() { "$GUIDE_PROGRAM" "$@"; }`+"\n"+commands)
		command.Dir, command.Env = directory, append(prepared.Env, "GUIDE_PROGRAM="+program)

		if output, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s\n%v\n%s", commands, err, output)
		}
	}

	if !listened || len(blocks) != 5 {
		t.Errorf("the guide has %d blocks of commands, listen among them: %t", len(blocks), listened)
	}

	for _, name := range []string{"webhook-secret", "shop-webhook-secret", "other-webhook-secret"} {
		content, err := os.ReadFile(filepath.Join(directory, name))
		if err != nil || !strings.HasPrefix(string(content), "whsec_") || strings.Count(string(content), "\n") != 1 {
			t.Errorf("%s: %q, %v", name, content, err)
		}
		f.NoteSecret(strings.TrimSpace(string(content)), "webhook secret")
	}
}
