//go:build unix

package harness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
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

// Binary is bff with the tag killpoints, built once for all tests that need a process to kill.
var Binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "bff-killpoints-")
	if err != nil {
		return "", err
	}

	arguments := []string{"build", "-tags", "killpoints", "-o", filepath.Join(dir, "bff")}
	if raceEnabled {
		arguments = append(arguments, "-race")
	}

	output, err := exec.Command("go", append(arguments, Repository("cmd/bff"))...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("build: %w\n%s", err, output)
	}

	return filepath.Join(dir, "bff"), err
})

// RaceSettings configures the race detector in processes that tests start. A race ends the process, so the default wait
// of one second at exit is unnecessary in each of hundreds of processes
// (https://go.dev/doc/articles/race_detector#Options).
const RaceSettings = "halt_on_error=1 atexit_sleep_ms=50"

// BinaryUsed records for RemoveBinary that Binary was built.
var BinaryUsed atomic.Bool

// RemoveBinary deletes the built binary.
func RemoveBinary() {
	if BinaryUsed.Load() {
		if path, err := Binary(); err == nil {
			_ = os.RemoveAll(filepath.Dir(path))
		}
	}
}

// Fleet is a directory with a database and a keyset, stand-ins, and any number of `bff serve` processes, one after
// another or in parallel. Its Product calls the server started last.
type Fleet struct {
	*Product
	Dir   string
	order string   // the file that names the point at which a server dies
	spare *process // with Postgres: the standby server, see ServeNext
	Lag   string   // how long stopped servers stay alive; empty: default
	// As changes a command before it runs, such as the user it runs as; optional.
	As func(*exec.Cmd)
}

// process is one running `bff serve`.
type process struct {
	*exec.Cmd
	URL   string
	Log   *LogBuffer
	Ended chan error
}

// fleetLease is how long a mint or a create holds its lease after its server has died.
const fleetLease = 500 * time.Millisecond

// NewFleet creates a fleet on SQLite.
func NewFleet(t *testing.T) *Fleet {
	t.Helper()
	dir := t.TempDir()
	return NewFleetIn(t, dir, "sqlite://"+filepath.Join(dir, "data", "bff.db"))
}

// NewFleetIn creates a fleet with its files in dir and its database at address.
func NewFleetIn(t *testing.T, dir, address string) *Fleet {
	t.Helper()

	standIns, err := sandbox.Start(t.Context(), sandbox.Options{
		IssuerListen:  "127.0.0.1:0",
		UpstashListen: "127.0.0.1:0",
		ControlListen: "127.0.0.1:0",
		RedisListen:   "127.0.0.1:0",
		SPAClientID:   SpaClient,
		DataDir:       dir,
		NoSync:        true,
	})
	if err != nil {
		t.Fatal(err)
	}
	f := &Fleet{Dir: dir, order: filepath.Join(dir, "order"), Product: &Product{
		StandIns: standIns,
		Log:      &LogBuffer{},
		Client:   NewClient(),
		secrets:  map[string]string{},
		emails:   map[string]bool{},
		Database: filepath.Join(dir, "data", "bff.db"),
		Config:   &config.Config{DatabaseURL: secret.New(address)},
	}}
	f.noteDatabase()
	t.Cleanup(func() {
		f.Client.CloseIdleConnections()
		f.collectKeys(t)
		f.checkLog(t)

		if err := standIns.Close(context.Background()); err != nil {
			t.Errorf("stand-ins not closed: %v", err)
		}
	})

	if got := f.Command(t, "keyset", "create", f.Keyset()); got.Code != 0 {
		t.Fatal(got.Stderr)
	}

	return f
}

// Keyset is the path of the sealing keyset.
func (f *Fleet) Keyset() string { return filepath.Join(f.Dir, "keyset.json") }

// Ran is the result of a command.
type Ran struct {
	Code           int
	Stdout, Stderr string
}

// Command runs bff until it ends.
func (f *Fleet) Command(t *testing.T, arguments ...string) Ran {
	t.Helper()
	command := f.Prepare(t, nil, arguments...)
	var stdout, stderr LogBuffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()

	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}

	return Ran{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// Prepare creates a command with the fleet's configuration and a umask that removes no permissions.
func (f *Fleet) Prepare(t *testing.T, environ []string, arguments ...string) *exec.Cmd {
	t.Helper()
	BinaryUsed.Store(true)

	path, err := Binary()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(
		context.WithoutCancel(t.Context()),
		"sh",
		append([]string{"-c", `umask 000; exec "$0" "$@"`, path}, arguments...)...)
	command.Env = append([]string{
		"HOME=" + f.Dir,
		"PATH=" + os.Getenv("PATH"),
		"GORACE=" + RaceSettings,
		"BFF_LOG_LEVEL=debug",
		"BFF_DATABASE_URL=" + f.Config.DatabaseURL.Reveal(),
		"BFF_KEYSET_FILE=" + f.Keyset(),
		"BFF_AUTH_ISSUER=" + f.StandIns.IssuerURL(),
		"BFF_AUTH_CLIENT_IDS=" + SpaClient,
		"BFF_UPSTASH_API_URL=" + f.StandIns.UpstashURL(),
		"KILLPOINT_FILE=" + f.order,
		"KILLPOINT_LEASE=" + fleetLease.String(),
		"BFF_LIMIT_REQUESTS=1000000/s",
		"BFF_LIMIT_CREATES=1000000/s",
		"BFF_LIMIT_MINTS=1000000/s",
	}, environ...)

	if f.As != nil {
		f.As(command)
	}

	return command
}

// Serve starts a server, waits until it is ready, and sends later calls to it.
func (f *Fleet) Serve(t *testing.T, environ ...string) *process {
	t.Helper()
	p := f.ready(t, environ...)
	f.URL = p.URL

	return p
}

// ready starts a server and waits until it is ready.
func (f *Fleet) ready(t *testing.T, environ ...string) *process {
	t.Helper()

	for range 3 {
		if p := f.tryServe(t, environ); p != nil {
			return p
		}
	}
	t.Fatal("the server did not become ready")

	return nil
}

func (f *Fleet) tryServe(t *testing.T, environ []string) *process {
	t.Helper()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close() // another program may bind the port before the server does: ready then starts a second server
	p := &process{URL: "http://localhost:" + PortOf(listener.Addr()), Log: f.Log, Ended: make(chan error, 1)}
	p.Cmd = f.Prepare(t, append([]string{"BFF_LISTEN=" + address, "BFF_PUBLIC_URL=" + p.URL}, environ...), "serve",
		"--drain-lag="+cmp.Or(f.Lag, "0s"))

	var own LogBuffer
	p.Stderr = io.MultiWriter(f.Log, &own)

	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.Ended <- p.Wait(); close(p.Ended) }()
	t.Cleanup(func() {
		_ = p.Process.Kill() // already ended in most tests
		for range p.Ended {
		}
	})

	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-p.Ended:
			t.Logf("the server ended immediately: %v", err)
			return nil
		default:
		}

		// Only the process's own log shows that it listens: another test's server may respond on the port.
		if !strings.Contains(own.String(), `"msg":"serving"`) {
			continue
		}

		response, err := f.Client.Get(p.URL + "/readyz")
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

// Arm makes the running servers, or the next one, "kill" or "stop" themselves at a point.
func (f *Fleet) Arm(t *testing.T, point killpoint.Point, action string) {
	t.Helper()

	if err := os.WriteFile(f.order, []byte(string(point)+" "+action), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Died waits for a server that kills itself, and fails the test if it ended in another way.
func (p *process) Died(t *testing.T) {
	t.Helper()

	select {
	case err := <-p.Ended:
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("the server ended with %v, want SIGKILL\n%s", err, Tail(p.Log))
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the server did not die")
	}
}

// Terminated sends SIGTERM and checks for a clean exit.
func (p *process) Terminated(t *testing.T) {
	t.Helper()

	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}

	select {
	case err := <-p.Ended:
		if err != nil {
			t.Errorf("after SIGTERM: got %v, want a clean end\n%s", err, Tail(p.Log))
		}
	case <-time.After(60 * time.Second):
		t.Fatal("the server did not end after SIGTERM")
	}
}

// Stopped waits until the server has stopped itself.
func (p *process) Stopped(t *testing.T) {
	t.Helper()

	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		state, err := exec.Command("ps", "-o", "stat=", "-p", fmt.Sprint(p.Process.Pid)).Output()
		if err == nil && strings.HasPrefix(strings.TrimSpace(string(state)), "T") {
			return
		}
	}
	t.Fatal("the server did not stop")
}

func (p *process) Resume(t *testing.T) {
	t.Helper()

	if err := p.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

// Tail returns the end of a log, for failure messages.
func Tail(log *LogBuffer) string {
	text := log.String()
	return text[max(0, len(text)-4000):]
}
