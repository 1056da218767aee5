package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/loopback"
	"github.com/upstash-connect/bff/internal/sandbox"
)

// runningSandbox runs `bff sandbox` until the returned function is called, which waits for its end.
func runningSandbox(t *testing.T, environ []string, flags ...string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()

	ended := make(chan int, 1)
	go func() {
		code := run(ctx, append([]string{
			"sandbox", "--data-dir", t.TempDir(), "--listen", "127.0.0.1:0", "--issuer-listen", "127.0.0.1:0",
			"--upstash-listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0", "--redis-listen", "127.0.0.1:0",
		}, flags...), environ, writer, io.Discard)
		_ = writer.Close()
		ended <- code
	}()

	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, `{"ready":true`) {
		t.Fatalf("the sandbox did not get ready: %q, %v", line, err)
	}

	go func() { _, _ = io.Copy(io.Discard, reader) }()
	var stopped bool
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()

		select {
		case code := <-ended:
			if code != 0 {
				t.Errorf("the sandbox ended with %d", code)
			}
		case <-time.After(time.Minute):
			t.Error("the sandbox did not end")
		}
	}
	t.Cleanup(stop)

	return stop
}

func TestARunningSandboxIsFoundAndAStoppedOneIsNot(t *testing.T) {
	runtimeDir := t.TempDir()

	environ := []string{"XDG_RUNTIME_DIR=" + runtimeDir}
	if _, err := desktop.FindSandbox(t.Context(), environ); !errors.Is(err, desktop.ErrNoSandbox) {
		t.Fatalf("before any started: got %v, want errNoSandbox", err)
	}

	stop := runningSandbox(t, environ)

	found, err := desktop.FindSandbox(t.Context(), environ)
	if err != nil {
		t.Fatal(err)
	}

	upstream, err := url.Parse(found.Upstash)
	if err != nil || found.NativeClientID != "sandbox-native" || found.Issuer == "" ||
		!loopback.Host(upstream.Hostname()) {
		t.Errorf("got %+v, want the sandbox's addresses and its native client", found)
	}

	path := desktop.SandboxFile(environ)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want mode 0600", info, err)
	}

	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	stop()

	if left, _ := filepath.Glob(filepath.Join(runtimeDir, "*")); len(left) > 0 {
		t.Errorf("%v is left of a sandbox that was stopped", left)
	}

	if err := os.WriteFile(path, text, 0o600); err != nil { // as if it had been killed
		t.Fatal(err)
	}

	if _, err := desktop.FindSandbox(
		t.Context(), environ,
	); !errors.Is(err, desktop.ErrNoSandbox) ||
		!strings.Contains(err.Error(), path) {
		t.Errorf("of a killed one: got %v, want errNoSandbox and the file's name", err)
	}
}

func TestASandboxThatWasReplacedLeavesTheOthersFile(t *testing.T) {
	environ := []string{"XDG_RUNTIME_DIR=" + t.TempDir()}

	withdrawFirst, err := desktop.PublishSandbox(
		environ,
		desktop.Sandbox{SandboxAddresses: desktop.SandboxAddresses{App: "http://localhost:1"}},
	)
	if err != nil {
		t.Fatal(err)
	}

	withdrawSecond, err := desktop.PublishSandbox(
		environ,
		desktop.Sandbox{SandboxAddresses: desktop.SandboxAddresses{App: "http://localhost:2"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	withdrawFirst()

	if !exists(desktop.SandboxFile(environ)) {
		t.Error("the first sandbox removed the second one's file")
	}
	withdrawSecond()

	if exists(desktop.SandboxFile(environ)) {
		t.Error("the second sandbox left its file")
	}
}

func TestNoSandboxIsBelievedThatLeavesThisMachine(t *testing.T) {
	asked := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	t.Cleanup(elsewhere.Close)

	here := strings.TrimSuffix(elsewhere.URL, "/")
	for name, line := range map[string]string{
		"another host":               `{"app":"` + here + `","issuer":"http://evil.example","upstash":"` + here + `","control":"` + here + `","native_client_id":"x"}`,
		"a user's name":              `{"app":"` + here + `","issuer":"` + here + `","upstash":"http://localhost@evil.example","control":"` + here + `","native_client_id":"x"}`,
		"a name that begins as ours": `{"app":"` + here + `","issuer":"` + here + `","upstash":"http://localhost.evil.example","control":"` + here + `","native_client_id":"x"}`,
		"another scheme":             `{"app":"` + here + `","issuer":"file://localhost/etc","upstash":"` + here + `","control":"` + here + `","native_client_id":"x"}`,
		"no client":                  `{"app":"` + here + `","issuer":"` + here + `","upstash":"` + here + `","control":"` + here + `"}`,
		"no JSON":                    `ready`,
	} {
		t.Run(name, func(t *testing.T) {
			environ := []string{"XDG_RUNTIME_DIR=" + t.TempDir()}
			if err := os.WriteFile(desktop.SandboxFile(environ), []byte(line), 0o600); err != nil {
				t.Fatal(err)
			}

			if found, err := desktop.FindSandbox(
				t.Context(), environ,
			); err == nil || errors.Is(err, desktop.ErrNoSandbox) ||
				asked {
				t.Errorf("got %+v, %v (asked: %t), want it refused before anyone is asked", found, err, asked)
			}
		})
	}
	t.Run("a link", func(t *testing.T) {
		environ := []string{"XDG_RUNTIME_DIR=" + t.TempDir()}
		target := filepath.Join(t.TempDir(), "usable.json")

		line := `{"app":"` + here + `","issuer":"` + here + `","upstash":"` + here + `","control":"` + here + `","native_client_id":"x"}`
		if err := os.WriteFile(target, []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}

		if err := os.Symlink(target, desktop.SandboxFile(environ)); err != nil {
			t.Fatal(err)
		}

		if _, err := desktop.FindSandbox(t.Context(), environ); err == nil || asked {
			t.Errorf("got %v (asked: %t), want a link refused before anyone is asked", err, asked)
		}
	})
}

// A database that speaks TLS is of use only to whoever is told the authority that signed its certificate.
func TestADesktopIsToldTheAuthorityOfASandboxsDatabases(t *testing.T) {
	environ := []string{"XDG_RUNTIME_DIR=" + t.TempDir()}
	runningSandbox(t, environ, "--redis-tls")
	var stdout bytes.Buffer
	p := program{environ: environ, stdout: &stdout, stderr: io.Discard}

	settings, err := desktop.ReadSettings(t.Context(), p.desktop(nativeFlags{sandbox: true}))
	if err != nil {
		t.Fatal(err)
	}

	c := settings.Config
	if want := c.UpstashAPIURL + sandbox.ConsolePath; c.ConsoleURL != want {
		t.Errorf("got the console at %s, want %s", c.ConsoleURL, want)
	}

	if !strings.HasPrefix(c.RestURL, "https://127.0.0.1:") {
		t.Errorf("got the REST URL %s, want one over TLS", c.RestURL)
	}

	if pem, err := os.ReadFile(
		c.RedisCAFile,
	); err != nil ||
		!bytes.HasPrefix(pem, []byte("-----BEGIN CERTIFICATE-----")) {
		t.Errorf("got the authority %q: %v", pem, err)
	}

	for name, test := range map[string]struct{ tls, json, told bool }{
		"to people": {true, false, true}, "not to programs": {true, true, false}, "not without TLS": {false, false, false},
	} {
		stdout.Reset()

		if err := p.printCredentials(api.CredentialsAnswer{TLS: test.tls}, c.RedisCAFile, test.json); err != nil {
			t.Fatal(err)
		}

		if strings.Contains(stdout.String(), c.RedisCAFile) != test.told {
			t.Errorf("%s: got %s", name, stdout.String())
		}
	}
}
