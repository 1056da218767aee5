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

// Pooler is a PgBouncer in front of a database, with default settings except for the pool mode.
type Pooler struct {
	bin     string
	address *url.URL // of the database
	mode    string
	port    int
	running *Cluster // runs the program; it has no data
}

// NewPooler starts a PgBouncer in session or transaction mode in front of the database with this URL. It ends with the
// test. Without the program the test is skipped, as by peertest.
func NewPooler(tb testing.TB, address, mode string) *Pooler {
	tb.Helper()

	parsed, err := url.Parse(address)
	if err != nil {
		tb.Fatal("invalid database URL")
	}
	p := &Pooler{bin: peertest.Program(tb, "pgbouncer", "pgbouncer"), address: parsed, mode: mode}

	dir, err := os.MkdirTemp("", "pgbouncer-") //nolint:usetesting // only we may enter the parent of tb.TempDir
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

// URL returns the database's URL through the pooler.
func (p *Pooler) URL() string { return p.throughPooler(*p.address) }

// URLFor returns the URL, through the pooler, of another database of the same server.
func (p *Pooler) URLFor(tb testing.TB, address string) string {
	tb.Helper()

	parsed, err := url.Parse(address)
	if err != nil {
		tb.Fatal("invalid database URL")
	}

	return p.throughPooler(*parsed)
}

func (p *Pooler) throughPooler(database url.URL) string {
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

	// All other settings are PgBouncer's defaults, except server_login_retry: by default it would delay new attempts by
	// 15 s after the database was down.
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

// private creates a file for the user that runs the programs.
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

// Start starts it on its previous port and waits until it responds.
func (p *Pooler) Start() error {
	if err := p.running.startKeeper("KILL", p.bin, filepath.Join(p.running.dir, "ini")); err != nil {
		return err
	}

	if err := p.awaitReady(); err != nil {
		output, _ := os.ReadFile(p.running.log())
		p.Stop()

		return fmt.Errorf("start PgBouncer: %w\n%s", err, bytes.TrimSpace(output))
	}

	return nil
}

// Stop kills it: every connection through it is cut.
func (p *Pooler) Stop() { p.running.Stop() }

func (p *Pooler) awaitReady() error {
	config, err := pgx.ParseConfig(p.URL())
	if err != nil {
		return err
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	config.RuntimeParams = nil // independent of how the product uses them

	return ping(stdlib.OpenDB(*config), func() bool { return false })
}

// ping waits until a database responds or failed reports true.
func ping(database *sql.DB, failed func() bool) error {
	defer func() { _ = database.Close() }()

	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()

	for {
		err := database.PingContext(ctx)
		if err == nil || ctx.Err() != nil || failed() {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
