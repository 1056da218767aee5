package main

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

// withPostgres keeps everything in a Postgres database of the test's own.
func withPostgres(t *testing.T) option {
	t.Helper()
	address := pgtest.URL(t)
	return withConfig(func(c *config.Config) { c.DatabaseURL = secret.New(address) })
}

// onBothDatabases runs a test on SQLite and on Postgres.
func onBothDatabases(t *testing.T, test func(t *testing.T, options ...option)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t) })
	t.Run("Postgres", func(t *testing.T) { test(t, withPostgres(t)) })
}

// noteDatabase notes the database's password, where there is one: it must not be in the log.
func (p *product) noteDatabase() {
	if parsed, err := url.Parse(p.config.DatabaseURL.Reveal()); err == nil {
		if password, given := parsed.User.Password(); given {
			p.secret(password, "database's password")
		}
	}
}

// openDatabase opens the server's database beside it.
func (p *product) openDatabase(t *testing.T) *sql.DB {
	t.Helper()
	driver, source := "sqlite3", "file:"+p.database+"?mode=ro&_busy_timeout=5000"
	if address := p.config.DatabaseURL.Reveal(); strings.HasPrefix(address, "postgres") {
		driver, source = "pgx", address
	}
	database, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	return database
}

// replica starts another server with the same configuration, and returns what reaches that one alone.
func (p *product) replica(t *testing.T) *product {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	client := newClient()
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	q := &product{
		URL: p.URL, config: p.config, log: &logBuffer{}, client: client, standIns: p.standIns,
		database: p.database, secrets: map[string]string{}, emails: map[string]bool{},
	}
	q.noteDatabase()
	if q.app, err = server.New(t.Context(), server.Options{Config: q.config, Logger: q.config.NewLogger(q.log), Version: testVersion}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	q.stop = cancel
	running := make(chan error, 1)
	go func() { running <- q.app.Run(ctx, listener) }()
	t.Cleanup(func() {
		q.client.CloseIdleConnections()
		q.collectKeys(t)
		cancel()
		if err := <-running; err != nil {
			t.Errorf("the replica ended with: %v", err)
		}
		q.checkLog(t)
	})
	wait, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	if err := q.app.WaitReady(wait); err != nil {
		t.Fatalf("the issuer's keys were not read: %v", err)
	}
	return q
}
