package pgtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// errMissing means that no usable Postgres is installed.
var errMissing = errors.New("no Postgres is installed")

func isMissing(err error) bool { return errors.Is(err, errMissing) }

const (
	startTries   = 5 // another process may take the free port that was found
	startTimeout = 60 * time.Second
	role         = "bff"
)

// Cluster is a Postgres for one test, which may stop and restart it.
type Cluster struct {
	bin      string // directory of the programs
	dir      string
	port     int
	password string
	attr     *syscall.SysProcAttr
	stdin    io.WriteCloser // the server ends when this is closed, or when our process ends
	keeper   *exec.Cmd
}

// New creates a cluster for one test, and removes it after the test.
func New(tb testing.TB) *Cluster {
	tb.Helper()
	cluster, err := newCluster()
	require(tb, err)
	tb.Cleanup(func() {
		cluster.Stop()
		_ = os.RemoveAll(cluster.dir)
	})

	return cluster
}

// Database creates an empty database in the cluster and returns its URL.
func (c *Cluster) Database(tb testing.TB) string {
	tb.Helper()
	name := "t" + rand.Text()
	execute(tb, c.URL(), `CREATE DATABASE "`+name+`"`)

	return c.at(name)
}

// URL returns the URL of the cluster's default database.
func (c *Cluster) URL() string { return c.at("postgres") }

func (c *Cluster) at(name string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword(role, c.password), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)), Path: "/" + name,
	}).String()
}

func newCluster() (*Cluster, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}

	dir, err := os.MkdirTemp("", "pgtest-")
	if err != nil {
		return nil, err
	}

	c := &Cluster{bin: bin, dir: dir, password: rand.Text()}
	if c.attr, err = unprivileged(dir); err == nil {
		err = c.init()
	}

	for range startTries {
		if err != nil {
			break
		}

		if c.port, err = freePort(); err == nil {
			if err = c.Start(); err == nil {
				return c, nil
			}
		}
	}

	return nil, errors.Join(err, os.RemoveAll(dir))
}

// programs finds initdb and postgres: on the PATH, or else Debian's newest version.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}

	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", errMissing
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })

	return filepath.Dir(newest), nil
}

func version(path string) int {
	number, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return number
}

// unprivileged gives the directory to the user postgres if we are root, because Postgres does not run as root. Its own
// process group protects the keeper from a Ctrl-C, so that it can clean up.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return attr, nil
	}

	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("%w: running as root, and there is no user postgres", errMissing)
	}
	uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}

	return attr, errors.Join(uidErr, gidErr, os.Chown(dir, int(uid), int(gid)))
}

func (c *Cluster) init() error {
	passwordFile := filepath.Join(c.dir, "password")
	if err := c.private("password", c.password); err != nil {
		return err
	}

	command := c.command(
		filepath.Join(c.bin, "initdb"),
		"-D",
		c.data(),
		"-U",
		role,
		"--auth=scram-sha-256",
		"--pwfile="+passwordFile,
		"--no-sync",
		"--no-instructions",
		"-E",
		"UTF8",
		"--locale=C",
	)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}

	return nil
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	command := exec.CommandContext(context.Background(), name, args...) //nolint:gosec // initdb, postgres and sh
	command.Dir, command.SysProcAttr = c.dir, c.attr
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}

	return command
}

// keeperScript runs the server until its standard input ends: we closed it, or our process ended in any way. END is the
// signal for an immediate shutdown: QUIT for Postgres (https://www.postgresql.org/docs/current/server-shutdown.html),
// and KILL for PgBouncer, which ignores QUIT.
const keeperScript = `
"$@" </dev/null >"$LOG" 2>&1 &
server=$!
while read -r _; do :; done
kill -s "$END" "$server" 2>/dev/null
wait "$server"
[ -e keep ] || rm -rf "$DIR"
`

// Start starts the server on its previous port and data, and waits until it accepts connections.
func (c *Cluster) Start() error {
	err := c.startKeeper(
		"QUIT",
		filepath.Join(c.bin, "postgres"),
		"-D",
		c.data(),
		"-p",
		strconv.Itoa(c.port),
		"-c",
		"listen_addresses=127.0.0.1",
		"-c",
		"unix_socket_directories=",
		"-c",
		"max_connections=300",
		"-c",
		"shared_buffers=32MB",
		"-c",
		"fsync=off",
		"-c",
		"full_page_writes=off",
		"-c",
		"log_min_messages=warning",
	)
	if err != nil {
		return err
	}

	if err := c.awaitReady(); err != nil {
		output, _ := os.ReadFile(c.log())
		c.Stop()
		return fmt.Errorf("start Postgres: %w\n%s", err, bytes.TrimSpace(output))
	}

	return nil
}

// startKeeper runs a program until Stop or until our process ends.
func (c *Cluster) startKeeper(end string, program ...string) error {
	for _, of := range []string{"keep", "log"} { // of the previous run
		_ = os.Remove(filepath.Join(c.dir, of))
	}
	command := c.command("/bin/sh", append([]string{"-c", keeperScript, "keeper"}, program...)...)
	command.Env = append(command.Env, "LOG="+c.log(), "DIR="+c.dir, "END="+end)

	stdin, err := command.StdinPipe()
	if err != nil {
		return err
	}

	if err := command.Start(); err != nil {
		return err
	}
	c.stdin, c.keeper = stdin, command

	return nil
}

func (c *Cluster) log() string { return filepath.Join(c.dir, "log") }

func (c *Cluster) awaitReady() error {
	database, err := sql.Open("pgx", c.URL())
	if err != nil {
		return err
	}

	return ping(database, func() bool {
		output, _ := os.ReadFile(c.log())
		return bytes.Contains(output, []byte("could not create any TCP/IP sockets")) // another process has the port
	})
}

// Stop ends the server like a crash: it cuts connections and writes nothing more. Its data remains for Start.
func (c *Cluster) Stop() {
	if c.keeper == nil {
		return
	}
	_ = os.WriteFile(filepath.Join(c.dir, "keep"), nil, 0o600)
	_ = c.stdin.Close()
	_ = c.keeper.Wait()
	c.keeper = nil
}

func freePort() (int, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = listener.Close() }()

	return listener.Addr().(*net.TCPAddr).Port, nil
}
