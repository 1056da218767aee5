package pgtest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/upstash-connect/bff/internal/peertest"
)

// Pooler is a PgBouncer before a database, with its own defaults but for the mode.
type Pooler struct {
	bin     string
	address *url.URL // of the database
	mode    string
	port    int
	running *Cluster // what keeps the program: it has no data
}

// NewPooler starts a PgBouncer in a pool mode, session or transaction, before the database with this URL. It ends with
// the test. A test without the program is skipped, as peertest does.
func NewPooler(tb testing.TB, address, mode string) *Pooler {
	tb.Helper()

	parsed, err := url.Parse(address)
	if err != nil {
		tb.Fatal("the database's URL cannot be read")
	}
	p := &Pooler{bin: peertest.Program(tb, "pgbouncer", "pgbouncer"), address: parsed, mode: mode}

	dir, err := os.MkdirTemp("", "pgbouncer-") //nolint:usetesting // tb.TempDir is in one that only we may enter
	if err != nil {
		tb.Fatal(err)
	}

	tb.Cleanup(func() {
		p.Stop()
		_ = os.RemoveAll(dir)
	})
	p.running = &Cluster{dir: dir}

	if p.running.attr, err = unprivileged(dir); err != nil {
		tb.Skip(err)
	}

	if p.port, err = freePort(); err == nil {
		err = p.configure()
	}

	if err == nil {
		err = p.Start()
	}

	if err != nil {
		tb.Fatal(err)
	}

	return p
}

// URL is that of the database behind the pooler.
func (p *Pooler) URL() string { return p.before(*p.address) }

// URLFor is the URL, behind the pooler, of another database of the same server.
func (p *Pooler) URLFor(tb testing.TB, address string) string {
	tb.Helper()

	parsed, err := url.Parse(address)
	if err != nil {
		tb.Fatal("the database's URL cannot be read")
	}

	return p.before(*parsed)
}

func (p *Pooler) before(database url.URL) string {
	database.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port))
	return database.String()
}

func (p *Pooler) configure() error {
	port := p.address.Port()
	if port == "" {
		port = "5432"
	}
	user := p.address.User.Username()
	password, _ := p.address.User.Password()

	// Everything else is as PgBouncer has it when nobody says otherwise, but for how long it remembers that the
	// database was not to be had: a test does not wait for 15 s.
	for name, text := range map[string]string{
		"users": fmt.Sprintf("%q %q\n", user, password),
		"ini": strings.Join([]string{
			"[databases]",
			fmt.Sprintf("* = host=%s port=%s", p.address.Hostname(), port),
			"[pgbouncer]",
			"listen_addr = 127.0.0.1",
			"listen_port = " + strconv.Itoa(p.port),
			"unix_socket_dir =",
			"server_login_retry = 1",
			"auth_type = scram-sha-256",
			"auth_file = " + filepath.Join(p.running.dir, "users"),
			"pool_mode = " + p.mode,
			"",
		}, "\n"),
	} {
		if err := p.running.private(name, text); err != nil {
			return err
		}
	}

	return nil
}

// private makes a file for the user that runs the programs.
func (c *Cluster) private(name, text string) error {
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}

	if c.attr.Credential == nil {
		return nil
	}

	return os.Chown(path, int(c.attr.Credential.Uid), int(c.attr.Credential.Gid))
}

// Start starts it on the port that it had, and waits until it answers.
func (p *Pooler) Start() error {
	if err := p.running.keep("KILL", p.bin, filepath.Join(p.running.dir, "ini")); err != nil {
		return err
	}

	if err := p.answers(); err != nil {
		said, _ := os.ReadFile(p.running.log())
		p.Stop()

		return fmt.Errorf("start PgBouncer: %w\n%s", err, bytes.TrimSpace(said))
	}

	return nil
}

// Stop ends it without warning: every connection through it is cut.
func (p *Pooler) Stop() { p.running.Stop() }

func (p *Pooler) answers() error {
	config, err := pgx.ParseConfig(p.URL())
	if err != nil {
		return err
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	config.RuntimeParams = nil // what the product makes of them is not ours to find out

	return ping(stdlib.OpenDB(*config), func() bool { return false })
}

// ping waits until a database answers, or has given up.
func ping(database *sql.DB, givenUp func() bool) error {
	defer func() { _ = database.Close() }()

	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()

	for {
		err := database.PingContext(ctx)
		if err == nil || ctx.Err() != nil || givenUp() {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
