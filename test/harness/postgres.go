package harness

import (
	"context"
	"database/sql"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/pgtest"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/server"
)

// Helpers for the product on Postgres.

// WithPostgres stores everything in the test's own Postgres database.
func WithPostgres(t *testing.T) Option {
	t.Helper()
	address := pgtest.URL(t)
	return WithConfig(func(c *config.Config) { c.DatabaseURL = secret.New(address) })
}

// OnBothDatabases runs a test on SQLite and on Postgres.
func OnBothDatabases(t *testing.T, test func(t *testing.T, options ...Option)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t) })
	t.Run("Postgres", func(t *testing.T) { test(t, WithPostgres(t)) })
}

// noteDatabase notes the database's password, if any, as a secret that the log must not contain.
func (p *Product) noteDatabase() {
	if parsed, err := url.Parse(p.Config.DatabaseURL.Reveal()); err == nil {
		if password, given := parsed.User.Password(); given {
			p.NoteSecret(password, "database's password")
		}
	}
}

// openDatabase opens the running server's database.
func (p *Product) openDatabase(t *testing.T) *sql.DB {
	t.Helper()

	driver, source := "sqlite3", "file:"+p.Database+"?mode=ro&_busy_timeout=5000"
	if address := p.Config.DatabaseURL.Reveal(); strings.HasPrefix(address, "postgres") {
		driver, source = "pgx", address
	}

	database, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}

	return database
}

// Replica starts another server with the same configuration, and returns a Product that calls only that server.
func (p *Product) Replica(t *testing.T) *Product {
	t.Helper()

	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	client := NewClient()
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	q := &Product{
		URL: p.URL, Config: p.Config, Log: &LogBuffer{}, Client: client, StandIns: p.StandIns,
		Database: p.Database, secrets: map[string]string{}, emails: map[string]bool{},
	}
	q.noteDatabase()

	if q.App, err = server.New(
		t.Context(), server.Options{Config: q.Config, Logger: q.Config.NewLogger(q.Log), Version: TestVersion},
	); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	q.Stop = cancel

	running := make(chan error, 1)
	go func() { running <- q.App.Run(ctx, listener) }()
	t.Cleanup(func() {
		q.Client.CloseIdleConnections()
		q.collectKeys(t)
		cancel()

		if err := <-running; err != nil {
			t.Errorf("the replica ended with: %v", err)
		}
		q.checkLog(t)
	})

	wait, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()

	if err := q.App.WaitReady(wait); err != nil {
		t.Fatalf("the issuer's keys were not read: %v", err)
	}

	return q
}
