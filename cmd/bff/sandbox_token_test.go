package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/partner"
)

// A backend on this machine finds its token in the ready line, and the token survives a restart. The environment's
// token of a real service is not read.
func TestSandboxKeepsItsServiceToken(t *testing.T) {
	directory := t.TempDir()
	first := tokenOfSandbox(t, directory)

	if _, err := partner.ParseToken(first, partner.Test); err != nil {
		t.Errorf("got the token %q: %v", first, err)
	}

	path := filepath.Join(directory, "service-token")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want the mode 0600", info, err)
	}

	if again := tokenOfSandbox(t, directory); again != first {
		t.Errorf("after a restart: got %q, want %q", again, first)
	}
}

// tokenOfSandbox starts a sandbox on a directory and stops it. It returns the token that its ready line names.
func tokenOfSandbox(t *testing.T, directory string) string {
	t.Helper()

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	reader, writer := io.Pipe()

	var banner strings.Builder

	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{
			"sandbox", "--data-dir", directory, "--listen", "127.0.0.1:0", "--issuer-listen", "127.0.0.1:0",
			"--upstash-listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0", "--redis-listen", "127.0.0.1:0",
		}, []string{
			"XDG_RUNTIME_DIR=" + t.TempDir(), "BFF_SERVICE_TOKEN=upc_live_x", "BFF_RETURN_URLS=https://app.example.com/",
		}, writer, &banner)
		_ = writer.Close()
	}()

	text, err := bufio.NewReader(reader).ReadBytes('\n')
	if err != nil {
		t.Fatalf("the sandbox did not get ready: %v\n%s", err, banner.String())
	}

	stop()

	if code := <-ended; code != 0 {
		t.Fatalf("the sandbox ended with %d: %s", code, banner.String())
	}

	var line struct {
		ServiceTokenFile string `json:"service_token_file"`
	}
	if err := json.Unmarshal(text, &line); err != nil || !filepath.IsAbs(line.ServiceTokenFile) ||
		!strings.Contains(banner.String(), line.ServiceTokenFile) {
		t.Fatalf("got %s (%v) and the banner %s, want both to name the token's file", text, err, banner.String())
	}

	token, err := os.ReadFile(line.ServiceTokenFile)
	if err != nil {
		t.Fatal(err)
	}

	return strings.TrimSpace(string(token))
}
