//go:build unix

package main

import (
	"errors"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Promise R7, as a load balancer sees it: after SIGTERM the server first says that it is not ready, and still serves; then
// it takes no new connection; and what was under way, a mint and a create, is finished, answered and recorded.
func TestR7SIGTERMDrains(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.lag = "1s"
	server := f.serve(t)
	m := f.joined(t, "creating@example.com")
	const minting, name = "minting@example.com", "drained"
	token := f.tokenOf(t, minting)
	f.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "method": "POST", "path": upstreamCreate}, "do": map[string]any{"delay_ms": 6000}})
	f.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "path": "/apikey"}, "do": map[string]any{"delay_ms": 6000}})
	answers := make(chan answer, 2)
	send := func(try func() (answer, error)) {
		got, err := try()
		if err != nil {
			t.Errorf("a request under way was not answered: %v", err)
		}
		answers <- got
	}
	go send(func() (answer, error) {
		return f.try(t.Context(), "PUT", "/api/v1/connection", bearer(token), "")
	})
	go send(func() (answer, error) {
		return m.try(t.Context(), "POST", databasesPath, m.keyed(name), createBody(name))
	})
	f.waitInFlight(t)
	f.waitForCreate(t)

	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	unready, served := false, false
	for limit := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		connection, err := net.Dial("tcp", strings.TrimPrefix(server.url, "http://"))
		if errors.Is(err, syscall.ECONNREFUSED) {
			break
		}
		if err != nil || time.Now().After(limit) {
			t.Fatalf("the listener is open still (%v)\n%s", err, tail(server.log))
		}
		_ = connection.Close()
		got, err := f.try(t.Context(), "GET", "/readyz", nil, "")
		if err == nil && got.status == 503 && strings.Contains(got.body, `"accepting":"unavailable"`) {
			unready = true
			got, err = f.try(t.Context(), "GET", "/api/v1/config", nil, "")
			served = served || (err == nil && got.status == 200)
		}
	}
	if !unready || !served {
		t.Errorf("before the listener closed: not ready: %t, and serving: %t; want both", unready, served)
	}
	for range 2 {
		(<-answers).is(t, 201)
	}
	select {
	case err := <-server.ended:
		if err != nil {
			t.Errorf("the server ended with %v, want exit code 0\n%s", err, tail(server.log))
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the server did not end")
	}

	f.noFaults(t)
	f.lag = ""
	f.serve(t)
	f.oneLiveKey(t, minting, 1)
	if again := m.create(t, name, createBody(name)).is(t, 201); again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("the create was not recorded: %v", again.header)
	}
	if got := f.calls(t, "POST", upstreamCreate); got != 1 {
		t.Errorf("%d creates reached upstream, want 1", got)
	}
}

// A second signal does not wait for anything.
func TestSecondSignalEndsTheServer(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.lag = "1m"
	server := f.serve(t)
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(30 * time.Second); f.do(t, "GET", "/readyz", nil, "").status != 503; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("the server is ready still")
		}
	}
	for {
		_ = server.Process.Signal(syscall.SIGTERM) // the first may still be on its way through the runtime
		select {
		case err := <-server.ended:
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
				t.Errorf("got %v, want an end by SIGTERM", err)
			}
			return
		case <-time.After(20 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("the server did not end")
		}
	}
}
