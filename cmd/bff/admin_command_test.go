package main

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// A port in use is reported with the setting's name, and the server does not start.
func TestAdminListenerThatCannotBeHad(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	var stdout, stderr bytes.Buffer

	given := environ(t, map[string]any{"BFF_ADMIN_LISTEN": taken.Addr().String()})
	if code := run(
		t.Context(), []string{"serve"}, given, &stdout, &stderr,
	); code != 1 ||
		!strings.Contains(stderr.String(), "BFF_ADMIN_LISTEN") {
		t.Errorf("got exit code %d and %q, want 1 and the setting's name", code, stderr.String())
	}
}

// The sandbox is for this machine alone, its admin listener included.
func TestSandboxAdminListenerStaysOnLoopback(t *testing.T) {
	t.Parallel()

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // should it run all the same
	defer cancel()
	var stdout, stderr bytes.Buffer

	code := run(ctx, []string{
		"sandbox",
		"--data-dir",
		t.TempDir(),
		"--listen",
		"127.0.0.1:0",
		"--issuer-listen",
		"127.0.0.1:0",
		"--upstash-listen",
		"127.0.0.1:0",
		"--control-listen",
		"127.0.0.1:0",
		"--redis-listen",
		"127.0.0.1:0",
		"--admin-listen",
		"0.0.0.0:0",
	}, nil, &stdout, &stderr)
	if code != 2 || !strings.Contains(stderr.String(), "--admin-listen") || stdout.Len() > 0 {
		t.Errorf("got exit code %d, %q and %q, want 2 and the flag's name", code, stdout.String(), stderr.String())
	}
}
