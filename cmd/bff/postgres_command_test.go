package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/pgtest"
	"github.com/upstash-connect/bff/test/harness"
)

// The commands work with Postgres as with a file: serve creates the schema, audit reads while it runs, config hides
// the password.
func TestCommandsTakePostgres(t *testing.T) {
	given := environ(t, map[string]any{"BFF_DATABASE_URL": pgtest.URL(t)})

	var stdout, stderr bytes.Buffer
	if code := run(
		t.Context(), []string{"audit"}, given, &stdout, &stderr,
	); code != 1 ||
		!strings.Contains(stderr.String(), "bff serve") {
		t.Errorf("audit before the first serve: got %d, %s; want what makes the tables", code, stderr.String())
	}

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, log := &harness.LogBuffer{}, &harness.LogBuffer{}

	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve"}, given, out, log) }()

	for limit := time.Now().Add(60 * time.Second); !strings.Contains(log.String(), "serving"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("it does not serve: %s", log.String())
		}
	}

	for _, command := range [][]string{{"audit"}, {"audit", "--json"}, {"config"}} {
		stdout.Reset()
		stderr.Reset()

		if code := run(t.Context(), command, given, &stdout, &stderr); code != 0 {
			t.Errorf("%v: got exit code %d: %s", command, code, stderr.String())
		}
	}

	if !strings.Contains(stdout.String(), "//xxxxx@") {
		t.Errorf("got %s, want the password hidden", stdout.String())
	}
	stop()

	if code := <-ended; code != 0 {
		t.Errorf("serve: got exit code %d: %s", code, log.String())
	}
}
