//go:build unix

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/secret"
)

// binary is bff with the tag killpoints, built once for all tests that need a process to kill.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "bff-killpoints-")
	if err != nil {
		return "", err
	}
	arguments := []string{"build", "-tags", "killpoints", "-o", filepath.Join(dir, "bff")}
	if raceEnabled {
		arguments = append(arguments, "-race")
	}
	output, err := exec.Command("go", append(arguments, repository("cmd/bff"))...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("build: %w\n%s", err, output)
	}
	return filepath.Join(dir, "bff"), err
})

// raceSettings are the race detector's in processes that tests start: a race ends the process, so there is nothing to wait for at
// its end, where the usual second would be spent in each of hundreds (https://go.dev/doc/articles/race_detector#Options).
const raceSettings = "halt_on_error=1 atexit_sleep_ms=50"

var binaryUsed atomic.Bool

// removeBinary takes away what binary built.
func removeBinary() {
	if binaryUsed.Load() {
		if path, err := binary(); err == nil {
			_ = os.RemoveAll(filepath.Dir(path))
		}
	}
}

// fleet is a directory with a database and a keyset, stand-ins, and any number of `bff serve` that run one after another, or
// beside each other. Its product speaks to the one started last.
type fleet struct {
	*product
	dir   string
	order string   // the file that tells a server where to die
	spare *process // with Postgres: it runs beside the one that is spoken to, see next
	lag   string   // of servers that are stopped; empty: none
}

// process is one running `bff serve`.
type process struct {
	*exec.Cmd
	url   string
	log   *logBuffer
	ended chan error
}

// fleetLease is how long a mint or a create of a fleet holds its turn when its server has died.
const fleetLease = 500 * time.Millisecond

// newFleet is one on SQLite.
func newFleet(t *testing.T) *fleet {
	t.Helper()
	dir := t.TempDir()
	return newFleetIn(t, dir, "sqlite://"+filepath.Join(dir, "data", "bff.db"))
}

func newFleetIn(t *testing.T, dir, address string) *fleet {
	t.Helper()
	standIns, err := sandbox.Start(t.Context(), sandbox.Options{
		IssuerListen: "127.0.0.1:0", UpstashListen: "127.0.0.1:0", ControlListen: "127.0.0.1:0", RedisListen: "127.0.0.1:0",
		SPAClientID: spaClient, DataDir: dir, NoSync: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	f := &fleet{dir: dir, order: filepath.Join(dir, "order"), product: &product{
		standIns: standIns, log: &logBuffer{}, client: newClient(), secrets: map[string]string{}, emails: map[string]bool{},
		database: filepath.Join(dir, "data", "bff.db"), config: &config.Config{DatabaseURL: secret.New(address)},
	}}
	f.noteDatabase()
	t.Cleanup(func() {
		f.client.CloseIdleConnections()
		f.collectKeys(t)
		f.checkLog(t)
		if err := standIns.Close(context.Background()); err != nil {
			t.Errorf("stand-ins not closed: %v", err)
		}
	})
	if got := f.command(t, "keyset", "create", f.keyset()); got.code != 0 {
		t.Fatal(got.stderr)
	}
	return f
}

func (f *fleet) keyset() string { return filepath.Join(f.dir, "keyset.json") }

// ran is a command that has ended.
type ran struct {
	code           int
	stdout, stderr string
}

// command runs bff to its end.
func (f *fleet) command(t *testing.T, arguments ...string) ran {
	t.Helper()
	command := f.prepare(t, nil, arguments...)
	var stdout, stderr logBuffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ran{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// prepare makes a command with the fleet's configuration, run with a umask that hides nothing.
func (f *fleet) prepare(t *testing.T, environ []string, arguments ...string) *exec.Cmd {
	t.Helper()
	binaryUsed.Store(true)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), "sh", append([]string{"-c", `umask 000; exec "$0" "$@"`, path}, arguments...)...)
	command.Env = append([]string{
		"HOME=" + f.dir, "PATH=" + os.Getenv("PATH"), "GORACE=" + raceSettings, "BFF_LOG_LEVEL=debug",
		"BFF_DATABASE_URL=" + f.config.DatabaseURL.Reveal(), "BFF_KEYSET_FILE=" + f.keyset(), "BFF_AUTH_ISSUER=" + f.standIns.IssuerURL(),
		"BFF_AUTH_CLIENT_IDS=" + spaClient, "BFF_UPSTASH_API_URL=" + f.standIns.UpstashURL(),
		"KILLPOINT_FILE=" + f.order, "KILLPOINT_LEASE=" + fleetLease.String(),
		"BFF_LIMIT_REQUESTS=1000000/s", "BFF_LIMIT_CREATES=1000000/s", "BFF_LIMIT_MINTS=1000000/s",
	}, environ...)
	return command
}

// serve starts a server, waits until it is ready, and speaks to it from now on.
func (f *fleet) serve(t *testing.T, environ ...string) *process {
	t.Helper()
	p := f.ready(t, environ...)
	f.URL = p.url
	return p
}

// ready starts a server and waits until it is ready.
func (f *fleet) ready(t *testing.T, environ ...string) *process {
	t.Helper()
	for range 3 {
		if p := f.tryServe(t, environ); p != nil {
			return p
		}
	}
	t.Fatal("the server did not get ready")
	return nil
}

func (f *fleet) tryServe(t *testing.T, environ []string) *process {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close() // another may take the port before the server does: then it is tried again
	p := &process{url: "http://localhost:" + portOf(listener.Addr()), log: f.log, ended: make(chan error, 1)}
	p.Cmd = f.prepare(t, append([]string{"BFF_LISTEN=" + address, "BFF_PUBLIC_URL=" + p.url}, environ...), "serve", "--drain-lag="+cmp.Or(f.lag, "0s"))
	p.Stderr = f.log
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.Wait(); close(p.ended) }()
	t.Cleanup(func() {
		_ = p.Process.Kill() // ended already, in most tests
		for range p.ended {
		}
	})
	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-p.ended:
			t.Logf("the server ended at once: %v", err)
			return nil
		default:
		}
		response, err := f.client.Get(p.url + "/readyz")
		if err != nil {
			continue
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return p
		}
	}
	return nil
}

// arm tells the servers that run, or the next, to "kill" or "stop" itself at a point.
func (f *fleet) arm(t *testing.T, point killpoint.Point, action string) {
	t.Helper()
	if err := os.WriteFile(f.order, []byte(string(point)+" "+action), 0o600); err != nil {
		t.Fatal(err)
	}
}

// died waits for a server that was told to die, and fails the test if it ended in another way.
func (p *process) died(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.ended:
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("the server ended with %v, want SIGKILL\n%s", err, tail(p.log))
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the server did not die")
	}
}

// terminated sends SIGTERM and wants a clean end.
func (p *process) terminated(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("after SIGTERM: got %v, want a clean end\n%s", err, tail(p.log))
		}
	case <-time.After(60 * time.Second):
		t.Fatal("the server did not end after SIGTERM")
	}
}

// stopped waits until the server has stopped itself.
func (p *process) stopped(t *testing.T) {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		state, err := exec.Command("ps", "-o", "stat=", "-p", fmt.Sprint(p.Process.Pid)).Output()
		if err == nil && strings.HasPrefix(strings.TrimSpace(string(state)), "T") {
			return
		}
	}
	t.Fatal("the server did not stop")
}

func (p *process) resume(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

func tail(log *logBuffer) string {
	text := log.String()
	return text[max(0, len(text)-4000):]
}
