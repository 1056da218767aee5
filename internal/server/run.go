package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"golang.org/x/sync/errgroup"
)

// Run serves on the listener until ctx ends. Then it waits for requests and mints in progress and closes the server.
// It returns an error if the wait timed out or the listener failed.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	server := newHTTPServer(s.handler, s.bounds, s.logger)
	group, groupCtx := errgroup.WithContext(ctx)

	// A rotation must consider this server until the last mint has finished, because each mint seals a key.
	sealing, sealed := context.WithCancel(context.WithoutCancel(ctx))
	defer sealed()
	group.Go(func() error { s.member.Run(sealing); return nil })
	group.Go(func() error { s.tokens.Keys.Run(groupCtx); return nil })
	group.Go(func() error { s.database.Maintain(groupCtx, s.logger); return nil })
	group.Go(func() error { s.webhooks.Run(groupCtx); return nil })

	stopAdmin := s.serveAdmin(group)
	group.Go(func() error {
		if err := s.serve(server, listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}

		return nil
	})
	group.Go(func() error {
		<-groupCtx.Done()

		defer sealed()

		return s.drain(ctx, server, stopAdmin)
	})

	return errors.Join(group.Wait(), s.database.Close())
}

func (s *Server) serve(server *http.Server, listener net.Listener) error {
	if s.tls == nil {
		return server.Serve(listener)
	}
	server.TLSConfig = s.tls

	return server.ServeTLS(listener, "", "") // enables HTTP/2 by ALPN
}

// WaitReady waits until the server can verify tokens, or returns the error of ctx. It requires that Run is running.
func (s *Server) WaitReady(ctx context.Context) error { return s.tokens.Keys.WaitReady(ctx) }
