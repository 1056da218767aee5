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

// adminBounds allows long profiles: net/http/pprof writes a profile at its end, and rejects one that would exceed the
// write timeout.
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
	adminDrain = 5 * time.Second // a running profile is cut off
	flushTime  = 5 * time.Second // the trace collector may be unreachable
)

// adminHandler serves metrics, profiles and health checks to operators. It has its own listener and requires no
// authentication. The public listener serves none of it except the health checks (S08 in the threat model).
func (s *Server) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.Handler(s.logger))
	mux.Handle("GET /livez", s.handler)
	mux.Handle("GET /readyz", s.handler)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index) // includes every named profile, but not the command line
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol) // go tool pprof posts addresses

	return rejectPages(mux, isLoopback(s.admin.Addr()))
}

// rejectPages rejects requests that a web page causes, because every page in the operator's browser can reach a
// listener on loopback. A page that rebinds its own name to 127.0.0.1 sends that name as Host, so on loopback only
// loopback names are accepted. Requests from the address bar are accepted.
func rejectPages(next http.Handler, onLoopback bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mode, destination := r.Header.Get("Sec-Fetch-Mode"), r.Header.Get("Sec-Fetch-Dest")

		// Sec-Fetch-Mode is also navigate for a frame
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

// listenAdmin opens the admin listener, or returns nil if none is configured.
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
			"the admin listener serves metrics and profiles beyond this machine, to anyone who can reach its address",
			"admin_listen",
			listener.Addr().String(),
		)
	}

	return listener, nil
}

// serveAdmin serves the admin listener, if there is one, until the caller calls stop.
func (s *Server) serveAdmin(group *errgroup.Group) (stop func(context.Context) error) {
	if s.admin == nil {
		return func(context.Context) error { return nil }
	}
	server := newHTTPServer(s.adminHandler(), adminBounds(), s.logger)
	group.Go(func() error {
		if err := server.Serve(s.admin); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve the admin listener: %w", err)
		}

		return nil
	})

	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), adminDrain)
		defer cancel()

		if server.Shutdown(ctx) != nil { // a profile is running
			return server.Close()
		}

		return nil
	}
}

// flush sends the remaining traces to the collector. A failure is only logged.
func (s *Server) flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()

	if err := s.tracing.Shutdown(ctx); err != nil {
		s.logger.Warn("the server could not deliver the last traces", "error", err)
	}

	return nil
}
