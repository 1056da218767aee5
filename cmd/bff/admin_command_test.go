package main

import (
	"bytes"
	"net"
	"strings"
	"testing"
)

// A port that is taken is said by the setting's name, and nothing is served.
func TestAdminListenerThatCannotBeHad(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	var stdout, stderr bytes.Buffer
	given := environ(t, map[string]any{"BFF_ADMIN_LISTEN": taken.Addr().String()})
	if code := run(t.Context(), []string{"serve"}, given, &stdout, &stderr); code != 1 || !strings.Contains(stderr.String(), "BFF_ADMIN_LISTEN") {
		t.Errorf("got exit code %d and %q, want 1 and the setting's name", code, stderr.String())
	}
}
