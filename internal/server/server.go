// Package server runs the product as a server. It connects storage, custody, operations, sessions and the API, serves
// them on a listener until it is stopped, and serves metrics and profiles on an admin listener.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/upstash-connect/bff/internal/broker"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/rotation"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/session"
	"github.com/upstash-connect/bff/internal/telemetry"
	"github.com/upstash-connect/bff/internal/webhook"
)

// Options configure a Server. Config and Logger are required.
type Options struct {
	Config  *config.Config
	Logger  *slog.Logger
	Version string        // version of the build, for metrics, traces and /livez
	Lag     time.Duration // time between the stop signal and closing the listener; at most LongestLag
	Bounds  Bounds        // of one request; default: UsualBounds
	// Around optionally wraps the public handler, to observe every request.
	Around func(http.Handler) http.Handler
	Now    func() time.Time // default time.Now; the database and telemetry use their own clocks
}

// Server contains everything that must be started and stopped.
type Server struct {
	version  string
	handler  http.Handler
	tokens   *broker.Tokens
	broker   *broker.Broker
	sessions *session.Manager
	database *db.DB
	metrics  *telemetry.Metrics
	tracing  *telemetry.Tracing
	admin    net.Listener // nil: no admin listener
	box      *seal.Box
	member   *rotation.Member
	webhooks *webhook.Sender
	logger   *slog.Logger
	tls      *tls.Config // nil: plain http, behind a proxy that terminates TLS
	bounds   Bounds
	lag      time.Duration
	now      func() time.Time
	stopping atomic.Bool
}

// ErrAdminBeyondLoopback means that the admin listener of a sandbox is not on loopback.
var ErrAdminBeyondLoopback = errors.New("the admin listener of a sandbox must be on loopback")

// New creates a server: it opens the admin listener, if configured, the database and the keyset, and registers the
// server for rotations. Call Run, which finally closes the server, or Close.
//
// Errors: those of the parts that cannot be opened, ErrAdminBeyondLoopback, and keys.ErrWrongKeyset and the errors of
// rotation for a keyset that does not belong to the database.
func New(ctx context.Context, options Options) (_ *Server, err error) { //nolint:funlen // steps that Close undoes
	if options.Config == nil || options.Logger == nil {
		return nil, errors.New("server: Config and Logger are required")
	}

	if options.Lag < 0 || options.Lag > LongestLag {
		return nil, errors.New("server: Lag is out of range")
	}

	if options.Bounds == (Bounds{}) {
		options.Bounds = UsualBounds()
	}

	c := options.Config

	s := &Server{
		version: options.Version, logger: options.Logger, bounds: options.Bounds, lag: options.Lag, now: options.Now,
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()

	if s.admin, err = listenAdmin(ctx, c, options.Logger); err != nil {
		return nil, err
	}

	if c.Sandbox && s.admin != nil && !isLoopback(s.admin.Addr()) {
		return nil, ErrAdminBeyondLoopback
	}

	if s.tracing, err = telemetry.NewTracing(ctx, s.version, c.Proxies.Proxy, options.Logger); err != nil {
		return nil, err
	}
	s.logger, s.metrics = s.tracing.Logger(options.Logger), newMetrics(s.version)

	if s.database, err = db.Open(
		ctx, db.Options{URL: c.DatabaseURL.Reveal(), Exclusive: !killpoint.Shared(), Logger: s.logger},
	); err != nil {
		return nil, err
	}

	if c.AuditRetention > 0 {
		if err := s.database.SetAuditRetention(ctx, c.AuditRetention); err != nil {
			return nil, err
		}
	}

	if c.TLSCertFile != "" {
		if s.tls, err = newTLSConfig(c.TLSCertFile, c.TLSKeyFile); err != nil {
			return nil, err
		}
	}

	if err := s.openBox(ctx, c); err != nil {
		return nil, err
	}

	if err := s.createComponents(c); err != nil {
		return nil, err
	}

	if s.broker.Partners.HasBuiltIn() {
		if err := s.broker.Partners.RegisterBuiltIn(ctx, c.AppName, c.ReturnURLs); err != nil {
			return nil, err
		}
	}

	if options.Around != nil {
		s.handler = options.Around(s.handler)
	}

	if err := s.member.Join(ctx); err != nil {
		return nil, err
	}
	s.database.SetLeaseHolder(s.member.ID())

	if err := s.openWebhooks(ctx, c); err != nil {
		return nil, err
	}

	return s, nil
}

// Handler is the handler of the public listener. It accepts no tokens before Run has read the issuer's keys.
func (s *Server) Handler() http.Handler { return s.handler }

// AdminAddr returns the address of the admin listener, or nil if there is none.
func (s *Server) AdminAddr() net.Addr {
	if s.admin == nil {
		return nil
	}

	return s.admin.Addr()
}

// Store returns the open database. Only the server closes it.
func (s *Server) Store() *db.DB { return s.database }

// Traced reports whether traces are recorded. OpenTelemetry's variables decide it.
func (s *Server) Traced() bool { return s.tracing.On() }

// ListReads counts the lists that were read from Upstash, shared with a read in progress, and served from memory.
func (s *Server) ListReads() (upstream, joined, memory uint64) { return s.broker.Databases.ListReads() }

// Close closes a server that is not running. No request may be in progress.
func (s *Server) Close() error {
	var failed []error
	if s.admin != nil {
		failed = append(failed, s.admin.Close())
	}

	if s.tracing != nil {
		stop, cancel := context.WithTimeout(context.Background(), flushTime)
		defer cancel()
		failed = append(failed, s.tracing.Shutdown(stop))
	}

	if s.database != nil {
		failed = append(failed, s.database.Close())
	}

	return errors.Join(failed...)
}
