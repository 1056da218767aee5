package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/loopback"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/sandbox"
)

// runningSandbox runs `bff sandbox` until the returned function is called, which waits for its end.
func runningSandbox(t *testing.T, environ []string, flags ...string) (stop func()) {
	t.Helper()
	_, stop = startedSandbox(t, environ, append([]string{
		"--data-dir", t.TempDir(), "--listen", "127.0.0.1:0", "--issuer-listen", "127.0.0.1:0",
		"--upstash-listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0", "--redis-listen", "127.0.0.1:0",
	}, flags...)...)

	return stop
}

// startedSandbox is one with these flags and no others.
func startedSandbox(t *testing.T, environ []string, flags ...string) (ready readyLine, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()

	ended := make(chan int, 1)
	go func() {
		code := run(ctx, append([]string{"sandbox"}, flags...), environ, writer, io.Discard)
		_ = writer.Close()
		ended <- code
	}()

	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil || json.Unmarshal([]byte(line), &ready) != nil || !ready.Ready {
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

	return ready, stop
}

func TestARunningSandboxIsFoundAndAStoppedOneIsNot(t *testing.T) {
	runtimeDir := t.TempDir()

	environ := []string{"XDG_RUNTIME_DIR=" + runtimeDir}
	if _, err := desktop.FindSandbox(t.Context(), environ, ""); !errors.Is(err, desktop.ErrNoSandbox) {
		t.Fatalf("before any started: got %v, want errNoSandbox", err)
	}

	stop := runningSandbox(t, environ)

	found, err := desktop.FindSandbox(t.Context(), environ, "")
	if err != nil {
		t.Fatal(err)
	}

	upstream, err := url.Parse(found.Upstash)
	if err != nil || found.NativeClientID != "sandbox-native" || found.Issuer == "" ||
		!loopback.Host(upstream.Hostname()) {
		t.Errorf("got %+v, want the sandbox's addresses and its native client", found)
	}

	path := desktop.SandboxFile(environ, found.DataDir)
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
		t.Context(), environ, "",
	); !errors.Is(err, desktop.ErrNoSandbox) ||
		!strings.Contains(err.Error(), path) {
		t.Errorf("of a killed one: got %v, want errNoSandbox and the file's name", err)
	}
}

// However many run, each is found: by its address, its port or its directory; the one that started last by nothing. One
// that ends takes no other's place.
func TestEachRunningSandboxIsFound(t *testing.T) {
	runtimeDir := t.TempDir()
	environ := []string{"XDG_RUNTIME_DIR=" + runtimeDir}
	free := []string{
		"--listen", "127.0.0.1:0", "--issuer-listen", "127.0.0.1:0", "--upstash-listen", "127.0.0.1:0",
		"--control-listen", "127.0.0.1:0", "--redis-listen", "127.0.0.1:0", "--data-dir",
	}
	firstDir, secondDir := t.TempDir(), t.TempDir()
	first, stopFirst := startedSandbox(t, environ, append(free, firstDir)...)
	second, stopSecond := startedSandbox(t, environ, append(free, secondDir)...)

	is := func(wanted, app string) {
		t.Helper()

		if found, err := desktop.FindSandbox(t.Context(), environ, wanted); err != nil || found.App != app {
			t.Errorf("%q: got %s, %v; want %s", wanted, found.App, err, app)
		}
	}
	is("", second.App)
	is(firstDir, first.App)
	is(secondDir+"/", second.App)

	for _, address := range []string{first.App, first.App + "/", first.Issuer, first.Upstash, first.Control, first.Redis} {
		is(address, first.App)
	}
	_, port, _ := strings.Cut(first.App, "localhost:")
	is(port, first.App)
	is("127.0.0.1:"+port, first.App)
	stopSecond()
	is("", first.App)

	for _, wanted := range []string{second.App, secondDir, t.TempDir()} {
		_, err := desktop.FindSandbox(t.Context(), environ, wanted)
		if p := problem.Of(err); p == nil || p.Code != problem.NoSandbox || !strings.Contains(err.Error(), wanted) {
			t.Errorf("%s: got %v, want that none runs there", wanted, err)
		}
	}

	if _, err := desktop.FindSandbox(t.Context(), environ, second.App); !strings.Contains(
		problem.Of(err).Detail, first.App,
	) {
		t.Errorf("got %v, want the other's address", problem.Of(err))
	}

	for _, wanted := range []string{"https://sandbox.example:8080", "sandbox.example:8080", "http://localhost"} {
		if _, err := desktop.FindSandbox(t.Context(), environ, wanted); err == nil || errors.Is(err, desktop.ErrNoSandbox) {
			t.Errorf("%s: got %v, want it refused", wanted, err)
		}
	}
	stopFirst()

	if _, err := desktop.FindSandbox(t.Context(), environ, ""); !errors.Is(err, desktop.ErrNoSandbox) {
		t.Errorf("got %v, want none", err)
	}
}

// Another program, possibly of another user, listens on the port of a sandbox that was killed. Commands open and send
// nothing there, whatever it responds; nor to the sandbox's own next run when they have the previous run's
// description.
func TestNoSandboxIsBelievedThatDoesNotProveItself(t *testing.T) {
	environ := []string{"XDG_RUNTIME_DIR=" + t.TempDir()}
	stop := runningSandbox(t, environ)

	found, err := desktop.FindSandbox(t.Context(), environ, "")
	if err != nil {
		t.Fatal(err)
	}
	path := desktop.SandboxFile(environ, found.DataDir)
	genuine := found.Control

	for name, answer := range map[string]http.HandlerFunc{
		"anything":        func(http.ResponseWriter, *http.Request) {},
		"a made-up proof": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"proof":"AAAA"}`) },
		"no proof":        func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"proof":null}`) },
		"the way to it": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, genuine+r.RequestURI, http.StatusFound)
		},
		"without an end":       func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat(" ", 1<<20)) },
		"proof of another key": func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, proofOf(t, "another key", r)) },
		"without a key":        func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, proofOf(t, "", r)) },
	} {
		t.Run(name, func(t *testing.T) {
			other := []string{"XDG_RUNTIME_DIR=" + t.TempDir()}
			paths := []string{}
			squatter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				paths = append(paths, r.URL.Path)
				answer(w, r)
			}))
			t.Cleanup(squatter.Close)

			registered := found
			registered.App, registered.Issuer = squatter.URL, squatter.URL
			registered.Upstash, registered.Control = squatter.URL, squatter.URL

			if name == "without a key" {
				registered.ProofKey = ""
			}

			withdraw, err := desktop.RegisterSandbox(other, registered)
			t.Cleanup(withdraw)

			if err != nil {
				t.Fatal(err)
			}

			_, err = desktop.FindSandbox(t.Context(), other, "")

			var silent *desktop.UnresponsiveSandboxError
			if !errors.As(err, &silent) || !silent.Unproven || !errors.Is(err, desktop.ErrNoSandbox) {
				t.Errorf("got %v, want it not believed", err)
			}

			if diff := cmp.Diff([]string{"/proof"}, paths); diff != "" {
				t.Errorf("it received more than a request for proof:\n%s", diff)
			}
		})
	}

	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), found.ProofKey) || len(found.ProofKey) < 26 {
		t.Fatalf("the description has no key: %v", err)
	}
	stop()

	next, _ := startedSandbox(
		t, environ, "--data-dir", found.DataDir, "--listen", "127.0.0.1:0", "--issuer-listen", "127.0.0.1:0",
		"--upstash-listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0", "--redis-listen", "127.0.0.1:0",
	) // on the ports that it had
	if next.Control != found.Control {
		t.Fatalf("the next run is at %s, want %s", next.Control, found.Control)
	}

	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}

	if _, err := desktop.FindSandbox(t.Context(), environ, ""); !errors.Is(err, desktop.ErrNoSandbox) {
		t.Errorf("by the description of the run before: got %v, want another key", err)
	}
}

// proofOf is the response of a sandbox with this key.
func proofOf(tb testing.TB, key string, r *http.Request) string {
	tb.Helper()
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte("upstash-connect sandbox\n" + r.URL.Query().Get("nonce")))

	text, err := json.Marshal(map[string][]byte{"proof": mac.Sum(nil)})
	if err != nil {
		tb.Error(err)
	}

	return string(text)
}

// A new sandbox removes the descriptions that killed sandboxes left behind; other programs' files stay.
func TestDescriptionsOfKilledSandboxesAreRemoved(t *testing.T) {
	environ := []string{"XDG_RUNTIME_DIR=" + t.TempDir()}
	closed := httptest.NewServer(http.NotFoundHandler())
	open := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(open.Close)
	closed.Close()

	publish := func(address string) (withdraw func(), path string) {
		t.Helper()
		directory := t.TempDir()

		withdraw, err := desktop.RegisterSandbox(environ, desktop.Sandbox{
			SandboxAddresses: desktop.SandboxAddresses{
				App: address, Issuer: address, Upstash: address, Control: address,
				Redis: strings.Replace(address, "http", "redis", 1),
			},
			NativeClientID: "x", DataDir: directory,
		})
		if err != nil {
			t.Fatal(err)
		}

		return withdraw, desktop.SandboxFile(environ, directory)
	}
	_, killed := publish(closed.URL)
	_, hung := publish(open.URL)
	withdrawElsewhere, elsewhere := publish(closed.URL) // in another network namespace, whose loopback is not ours
	t.Cleanup(withdrawElsewhere)

	text, err := os.ReadFile(killed)
	if err != nil {
		t.Fatal(err)
	}

	if err := errors.Join(os.Remove(killed), os.WriteFile(killed, text, 0o600)); err != nil { // nobody holds its lock now
		t.Fatal(err)
	}
	strange := desktop.SandboxFile(environ, "strange")

	if err := os.WriteFile(strange, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	withdraw, own := publish(closed.URL)

	if runtime.GOOS != "windows" && !exists(elsewhere) {
		t.Error("the description of one that runs where it cannot be reached from here is gone")
	}

	if exists(killed) || !exists(hung) || !exists(strange) || !exists(own) {
		t.Errorf("the killed one's is there: %t; the hung one's, a strange one and the own: %t %t %t",
			exists(killed), exists(hung), exists(strange), exists(own))
	}
	withdraw()

	if exists(own) {
		t.Error("the sandbox left its own file")
	}
}

// A runtime directory that is not there, as in a shell that another user's session left its variables to, hides no
// sandbox.
func TestASandboxIsFoundWithoutItsRuntimeDirectory(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	environ := []string{"XDG_RUNTIME_DIR=" + filepath.Join(t.TempDir(), "gone")}
	runningSandbox(t, environ)

	for _, from := range [][]string{environ, nil} {
		if _, err := desktop.FindSandbox(t.Context(), from, ""); err != nil {
			t.Errorf("%v: got %v", from, err)
		}
	}
}

// Ports that nobody configured are free ones where the default ones are in use, and belong to their directory from
// then on.
func TestASandboxPicksFreePorts(t *testing.T) {
	var config net.ListenConfig
	if taken, err := config.Listen(t.Context(), "tcp", "127.0.0.1:8085"); err == nil { // otherwise the port is already in use
		t.Cleanup(func() { _ = taken.Close() })
	}
	environ := []string{"XDG_RUNTIME_DIR=" + t.TempDir()}
	directory := t.TempDir()
	flags := []string{"--data-dir", directory, "--listen", "127.0.0.1:0"}

	first, stop := startedSandbox(t, environ, flags...)
	if strings.HasSuffix(first.Redis, ":8085") {
		t.Errorf("got the databases at %s, which is taken", first.Redis)
	}

	// A second sandbox in parallel, without any setting.
	other, stopOther := startedSandbox(t, environ, "--data-dir", t.TempDir())
	if other.Issuer == first.Issuer || other.Upstash == first.Upstash || other.Control == first.Control {
		t.Errorf("got %+v beside %+v", other, first)
	}
	stopOther()
	stop()

	again, _ := startedSandbox(t, environ, flags...)
	if again != first {
		t.Errorf("started again: got %+v, want %+v", again, first)
	}
}

// The server's usual port may be another program's. A port that was named, or that the directory had, is not replaced.
func TestTheServersPortMovesAtTheFirstStartOnly(t *testing.T) {
	var config net.ListenConfig

	taken, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })

	flags := sandboxFlags{listen: taken.Addr().String(), dataDir: t.TempDir()}
	if _, err := listenSandbox(t.Context(), flags); err == nil {
		t.Error("a port that was named was replaced")
	}
	flags.defaultListen = true

	moved, err := listenSandbox(t.Context(), flags)
	if err != nil {
		t.Fatal(err)
	}

	if err := flags.remember(moved); err != nil {
		t.Fatal(err)
	}

	if _, err := listenSandbox(t.Context(), flags); err == nil {
		t.Error("the directory's port was replaced")
	}
	_ = moved.Close()

	again, err := listenSandbox(t.Context(), flags)
	if err != nil || again.Addr().String() != moved.Addr().String() {
		t.Fatalf("got %v, %v, want %s again", again, err, moved.Addr())
	}
	_ = again.Close()
}

func TestNoSandboxIsBelievedThatLeavesThisMachine(t *testing.T) {
	called := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
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
			if err := os.WriteFile(desktop.SandboxFile(environ, "here"), []byte(line), 0o600); err != nil {
				t.Fatal(err)
			}

			if found, err := desktop.FindSandbox(
				t.Context(), environ, "",
			); err == nil || errors.Is(err, desktop.ErrNoSandbox) ||
				called {
				t.Errorf("got %+v, %v (called: %t), want it rejected before any request", found, err, called)
			}
		})
	}
	t.Run("a pipe", func(t *testing.T) {
		environ := []string{"XDG_RUNTIME_DIR=" + t.TempDir()}

		mkfifo, err := exec.LookPath("mkfifo")
		if err != nil {
			t.Skip("no mkfifo here")
		}

		if err := exec.CommandContext(t.Context(), mkfifo, desktop.SandboxFile(environ, "here")).Run(); err != nil {
			t.Fatal(err)
		}

		if _, err := desktop.FindSandbox(t.Context(), environ, ""); err == nil || errors.Is(err, desktop.ErrNoSandbox) {
			t.Errorf("got %v, want a pipe refused, and not waited for", err)
		}
	})
	t.Run("a link", func(t *testing.T) {
		environ := []string{"XDG_RUNTIME_DIR=" + t.TempDir()}
		target := filepath.Join(t.TempDir(), "usable.json")

		line := `{"app":"` + here + `","issuer":"` + here + `","upstash":"` + here + `","control":"` + here + `","native_client_id":"x"}`
		if err := os.WriteFile(target, []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}

		if err := os.Symlink(target, desktop.SandboxFile(environ, "here")); err != nil {
			t.Fatal(err)
		}

		if _, err := desktop.FindSandbox(t.Context(), environ, ""); err == nil || called {
			t.Errorf("got %v (called: %t), want a link rejected before any request", err, called)
		}
	})
}

// The sandbox's client allows any port: the one that most web frameworks develop at is left alone.
func TestConnectToASandboxPicksAPort(t *testing.T) {
	environ := []string{"XDG_RUNTIME_DIR=" + t.TempDir(), "XDG_STATE_HOME=" + t.TempDir()}
	runningSandbox(t, environ)

	for want, more := range map[bool][]string{true: nil, false: {"--redirect-port", "3000"}} {
		var stdout bytes.Buffer
		code := run(t.Context(), append([]string{
			"connect", "--sandbox", "--json", "--no-browser", "--no-keyring", "--timeout", "100ms",
		}, more...), environ, &stdout, io.Discard)

		first, _, _ := strings.Cut(stdout.String(), "\n")

		picked := !strings.Contains(first, "localhost%3A3000") && code == problem.ExitTimedOut
		if picked != want {
			t.Errorf("%v: got exit code %d and %s", more, code, first)
		}
	}
}

// A database that speaks TLS is of use only to clients that know the authority that signed its certificate.
func TestADesktopReceivesTheSandboxsDatabaseCA(t *testing.T) {
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

	for name, test := range map[string]struct{ tls, json, registered bool }{
		"to people": {true, false, true}, "not to programs": {true, true, false}, "not without TLS": {false, false, false},
	} {
		stdout.Reset()

		if err := p.printCredentials(api.CredentialsResponse{TLS: test.tls}, c.RedisCAFile, test.json); err != nil {
			t.Fatal(err)
		}

		if strings.Contains(stdout.String(), c.RedisCAFile) != test.registered {
			t.Errorf("%s: got %s", name, stdout.String())
		}
	}
}
