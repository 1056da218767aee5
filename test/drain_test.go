//go:build unix

package test

import (
	"errors"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/upstash-connect/bff/test/harness"
)

// Promise R7, as a load balancer sees it: after SIGTERM the server first reports that it is not ready, but still
// serves. Then it accepts no new connection. A mint and a create in progress finish, respond and are recorded.
//
// Threat model: R7.
func TestSIGTERMDrainsRequests(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	f.Lag = "1s"
	server := f.Serve(t)
	m := f.AddMember(t, "creating@example.com")
	const minting, name = "minting@example.com", "drained"
	token := f.TokenOf(t, minting)
	f.Fault(
		t,
		map[string]any{
			"match": map[string]any{"target": "upstash", "method": "POST", "path": harness.UpstreamCreate},
			"do":    map[string]any{"delay_ms": 6000},
		},
	)
	f.Fault(
		t,
		map[string]any{
			"match": map[string]any{"target": "upstash", "path": "/apikey"},
			"do":    map[string]any{"delay_ms": 6000},
		},
	)
	answers := make(chan harness.Response, 2)

	send := func(try func() (harness.Response, error)) {
		got, err := try()
		if err != nil {
			t.Errorf("a request in progress got no response: %v", err)
		}
		answers <- got
	}
	go send(func() (harness.Response, error) {
		return f.Try(t.Context(), "PUT", "/api/v1/connection", harness.Bearer(token), "")
	})
	go send(func() (harness.Response, error) {
		return m.Try(t.Context(), "POST", harness.DatabasesPath, m.Keyed(name), harness.CreateBody(name))
	})
	f.WaitInFlight(t)
	f.WaitForCreate(t)

	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}

	unready, served := false, false
	for limit := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		connection, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
		if errors.Is(err, syscall.ECONNREFUSED) {
			break
		}

		if err != nil || time.Now().After(limit) {
			t.Fatalf("the listener is open still (%v)\n%s", err, harness.Tail(server.Log))
		}
		_ = connection.Close()

		got, err := f.Try(t.Context(), "GET", "/readyz", nil, "")
		if err == nil && got.Status == 503 && strings.Contains(got.Body, `"accepting":"unavailable"`) {
			unready = true
			got, err = f.Try(t.Context(), "GET", "/api/v1/config", nil, "")
			served = served || (err == nil && got.Status == 200)
		}
	}

	if !unready || !served {
		t.Errorf("before the listener closed: not ready: %t, and serving: %t; want both", unready, served)
	}

	for range 2 {
		(<-answers).Is(t, 201)
	}

	select {
	case err := <-server.Ended:
		if err != nil {
			t.Errorf("the server ended with %v, want exit code 0\n%s", err, harness.Tail(server.Log))
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the server did not end")
	}

	f.NoFaults(t)
	f.Lag = ""
	f.Serve(t)
	f.OneLiveKey(t, minting, 1)

	if again := m.Create(
		t, name, harness.CreateBody(name),
	).Is(
		t, 201,
	); again.Header.Get(
		"Idempotent-Replayed",
	) != "true" {
		t.Errorf("the create was not recorded: %v", again.Header)
	}

	if got := f.Calls(t, "POST", harness.UpstreamCreate); got != 1 {
		t.Errorf("%d creates reached upstream, want 1", got)
	}
}

// A second signal does not wait for anything.
func TestSecondSignalEndsTheServer(t *testing.T) {
	t.Parallel()
	f := harness.NewFleet(t)
	f.Lag = "1m"

	server := f.Serve(t)
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}

	for limit := time.Now().Add(30 * time.Second); f.Do(t, "GET", "/readyz", nil, "").Status != 503; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("the server is ready still")
		}
	}

	for {
		_ = server.Process.Signal(syscall.SIGTERM) // the first may still be on its way through the runtime
		select {
		case err := <-server.Ended:
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
