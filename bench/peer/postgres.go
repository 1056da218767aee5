package peer

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
)

const postgresRole = "bff"

// Postgres is a cluster of the run's own.
type Postgres struct {
	Process  *Process
	Version  string
	port     int
	password string
}

// StartPostgres makes a cluster with the machine's initdb, and starts it.
func (f *Fleet) StartPostgres(ctx context.Context) (*Postgres, error) {
	bin, err := postgresPrograms()
	if err != nil {
		return nil, err
	}

	p := &Postgres{password: rand.Text(), Version: firstLine(ctx, filepath.Join(bin, "postgres"), "--version")}
	if p.port, err = FreePort(); err != nil {
		return nil, err
	}

	dir := filepath.Join(f.Dir, "postgres")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}

	attributes, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}

	if err := initialise(ctx, bin, dir, p.password, attributes); err != nil {
		return nil, err
	}

	command := exec.Command( //nolint:gosec,noctx // the system's own
		filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, "data"), "-p", strconv.Itoa(p.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=300",
		"-c", "shared_buffers=512MB", "-c", "max_wal_size=8GB", "-c", "fsync=off", "-c", "full_page_writes=off",
		"-c", "log_min_messages=warning",
	)
	command.Dir, command.SysProcAttr = dir, attributes
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}

	// QUIT is the immediate shutdown: the data is not saved
	if p.Process, err = f.Start("Postgres", command, syscall.SIGQUIT); err != nil {
		return nil, err
	}

	return p, p.wait(ctx)
}

func postgresPrograms() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}

	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", fmt.Errorf("Postgres %w", ErrMissing)
	}

	return filepath.Dir(found[len(found)-1]), nil
}

// unprivileged gives the directory to the user postgres when we are root, as whom Postgres does not run.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}

	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("we are root, and a user postgres %w", ErrMissing)
	}
	uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)

	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}},
		errors.Join(uidErr, gidErr, os.Chown(dir, int(uid), int(gid)))
}

func initialise(ctx context.Context, bin, dir, password string, attributes *syscall.SysProcAttr) error {
	words := filepath.Join(dir, "password")
	if err := os.WriteFile(words, []byte(password), 0o600); err != nil {
		return err
	}

	if c := attributes.Credential; c != nil {
		if err := os.Chown(words, int(c.Uid), int(c.Gid)); err != nil {
			return err
		}
	}

	command := exec.CommandContext( //nolint:gosec // the system's own
		ctx, filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", postgresRole,
		"--auth=scram-sha-256", "--pwfile="+words, "--no-sync", "--no-instructions", "-E", "UTF8", "--locale=C",
	)
	command.Dir, command.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	command.SysProcAttr = &syscall.SysProcAttr{Credential: attributes.Credential}

	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}

	return nil
}

func (p *Postgres) url(database string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword(postgresRole, p.password), Host: local(p.port), Path: "/" + database,
	}).String()
}

func (p *Postgres) wait(ctx context.Context) error {
	limit := time.Now().Add(startPatience)
	for {
		err := p.execute(ctx, "SELECT 1")
		if err == nil || ctx.Err() != nil {
			return err
		}

		if time.Now().After(limit) {
			return p.Process.failed("did not answer in time")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (p *Postgres) execute(ctx context.Context, statement string) error {
	database, err := sql.Open("pgx", p.url("postgres"))
	if err != nil {
		return err
	}
	_, err = database.ExecContext(ctx, statement)

	return errors.Join(err, database.Close())
}

// Database makes a new, empty database and returns its URL.
func (p *Postgres) Database(ctx context.Context, name string) (string, error) {
	return p.url(name), p.execute(ctx, "CREATE DATABASE "+name)
}
