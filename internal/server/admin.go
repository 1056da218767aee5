package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/loopback"
)

// adminBounds: a profile is written when its time is up, and net/http/pprof refuses one that would outlast the write
// bound.
func adminBounds() Bounds {
	return Bounds{
		Header: 10 * time.Second,
		Read:   10 * time.Second,
		Write:  5 * time.Minute,
		Idle:   2 * time.Minute,
		Bytes:  16 << 10,
	}
}

const (
	adminDrain = 5 * time.Second // a profile under way is not waited for
	flushTime  = 5 * time.Second // so long for a collector that may not be there
)

// adminHandler is what operators see. It is on a listener of its own and asks nobody who they are, so nothing of it is
// on the public one (row S08), and nothing of the product but its health is on this one.
func (s *Server) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.Handler(s.logger))
	mux.Handle("GET /livez", s.handler)
	mux.Handle("GET /readyz", s.handler)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index) // and under it every profile by its name; not the command line
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol) // go tool pprof posts addresses

	return notForPages(mux, isLoopback(s.admin.Addr()))
}

// notForPages refuses what a page makes a browser send: a listener on loopback is within reach of every page that the
// operator has open. One that rebinds its own name to 127.0.0.1 is known by that name; nobody else comes to loopback by
// another than these. What an operator types into the address bar passes.
func notForPages(next http.Handler, onLoopback bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mode, destination := r.Header.Get("Sec-Fetch-Mode"), r.Header.Get("Sec-Fetch-Dest")

		// a frame navigates too
		embedded := (mode != "" && mode != "navigate") || (destination != "" && destination != "document")
		if r.Header.Get("Origin") != "" || embedded || (onLoopback && !namesLoopback(r.Host)) {
			http.Error(w, "not for pages", http.StatusForbidden)
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func namesLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}

	return loopback.Host(strings.Trim(host, "[]"))
}

func isLoopback(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// listenAdmin listens where operators are to be served; nil when nowhere.
func listenAdmin(ctx context.Context, c *config.Config, logger *slog.Logger) (net.Listener, error) {
	if c.AdminListen == "" {
		return nil, nil
	}

	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.AdminListen)
	if err != nil {
		return nil, fmt.Errorf("BFF_ADMIN_LISTEN: %w", err)
	}

	if !isLoopback(listener.Addr()) {
		logger.Warn(
			"metrics and profiles are offered beyond this machine, to anyone who can reach the address",
			"admin_listen",
			listener.Addr().String(),
		)
	}

	return listener, nil
}

// serveAdmin serves operators, if there is a listener for them, until what it returns is called.
func (s *Server) serveAdmin(group *errgroup.Group) (stop func(context.Context) error) {
	if s.admin == nil {
		return func(context.Context) error { return nil }
	}
	server := newHTTPServer(s.adminHandler(), adminBounds(), s.logger)
	group.Go(func() error {
		if err := server.Serve(s.admin); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve operators: %w", err)
		}

		return nil
	})

	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), adminDrain)
		defer cancel()

		if server.Shutdown(ctx) != nil { // a profile runs
			return server.Close()
		}

		return nil
	}
}

// flush delivers the last traces. That nobody takes them is no failure of the server.
func (s *Server) flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()

	if err := s.tracing.Shutdown(ctx); err != nil {
		s.logger.Warn("the last traces were not delivered", "error", err)
	}

	return nil
}
