// Package server is the server's face of the product: it wires storage, custody, operations, sessions and the HTTP face
// together, serves them on a listener until it is asked to stop, and shows itself to operators on another.
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
)

// Options configure a Server. Config and Logger are required.
type Options struct {
	Config  *config.Config
	Logger  *slog.Logger
	Version string        // of the build, for metrics, traces and the API's document
	Lag     time.Duration // between being asked to stop and closing the listener; at most LongestLag
	Bounds  Bounds        // of one exchange; default: UsualBounds
	// Around wraps the public handler, for whoever has to see every exchange; default: nothing does.
	Around func(http.Handler) http.Handler
	Now    func() time.Time // default time.Now; the database and telemetry have clocks of their own
}

// Server is the wired product: everything that has to be run and stopped.
type Server struct {
	version  string
	handler  http.Handler
	tokens   *broker.Tokens
	broker   *broker.Broker
	sessions *session.Manager
	database *db.DB
	metrics  *telemetry.Metrics
	tracing  *telemetry.Tracing
	admin    net.Listener // nil: nothing is offered to operators
	box      *seal.Box
	member   *rotation.Member
	logger   *slog.Logger
	tls      *tls.Config // nil: a proxy in front ends TLS
	bounds   Bounds
	lag      time.Duration
	now      func() time.Time
	stopping atomic.Bool
}

// ErrAdminBeyondLoopback means that a sandbox was to serve operators beyond this machine.
var ErrAdminBeyondLoopback = errors.New("a sandbox serves operators on loopback only")

// New wires the packages together: it listens for operators, if Config says where, opens the database and the keyset,
// and makes the server known to rotations. Run it, which closes it in the end, or Close it.
//
// Errors: those of what cannot be opened, ErrAdminBeyondLoopback, and keys.ErrWrongKeyset and rotation's for a keyset
// that is not the database's.
func New(ctx context.Context, options Options) (_ *Server, err error) { //nolint:funlen // steps, each undone when a later one fails
	if options.Config == nil || options.Logger == nil {
		return nil, errors.New("server: a server needs a configuration and a logger")
	}

	if options.Lag < 0 || options.Lag > LongestLag {
		return nil, errors.New("server: the lag is out of its bounds")
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

	if err := s.wire(c); err != nil {
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

	return s, nil
}

// Handler answers what comes to the public listener. Before Run has read the issuer's keys it accepts no token.
func (s *Server) Handler() http.Handler { return s.handler }

// AdminAddr is where operators are served; nil when nowhere.
func (s *Server) AdminAddr() net.Addr {
	if s.admin == nil {
		return nil
	}

	return s.admin.Addr()
}

// Store is the open database. It is the server's to close.
func (s *Server) Store() *db.DB { return s.database }

// Traced reports whether traces are recorded, which OpenTelemetry's own variables decide.
func (s *Server) Traced() bool { return s.tracing.On() }

// ListReads counts the lists that were asked of Upstash, shared with a read under way, and answered from memory.
func (s *Server) ListReads() (upstream, joined, memory uint64) { return s.broker.Databases.ListReads() }

// Close closes a server that is not run. Nothing may be under way.
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
