package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"golang.org/x/sync/errgroup"
)

// Run serves on the listener until ctx ends, then lets requests and mints under way finish, and closes the server. An
// error when something was still under way at the end of the time for that, or when the listener failed.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	server := newHTTPServer(s.handler, s.bounds, s.logger)
	group, groupCtx := errgroup.WithContext(ctx)

	// As long as a mint may be under way, this server seals, and a rotation has to reckon with it.
	sealing, sealed := context.WithCancel(context.WithoutCancel(ctx))
	defer sealed()
	group.Go(func() error { s.member.Run(sealing); return nil })
	group.Go(func() error { s.tokens.Keys.Run(groupCtx); return nil })
	group.Go(func() error { s.database.Maintain(groupCtx, s.logger); return nil })

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

	return server.ServeTLS(listener, "", "") // with HTTP/2, by ALPN
}

// WaitReady returns once tokens can be checked, which takes a Run under way, or when ctx ends, with its error.
func (s *Server) WaitReady(ctx context.Context) error { return s.tokens.Keys.WaitReady(ctx) }
