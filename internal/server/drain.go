package server

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Bounds of Options.Lag.
const (
	UsualLag   = 3 * time.Second // longer than a load balancer needs to notice that the server is not ready
	LongestLag = time.Minute
)

const drainTimeout = 60 * time.Second // for requests and mints in progress

var errStopping = errors.New("the server is being stopped")

// accepting is a part of readiness. It fails before the listener closes.
func (s *Server) accepting(context.Context) error {
	if s.stopping.Load() {
		return errStopping
	}

	return nil
}

// drain stops the server without rejecting requests. First the server reports that it is not ready, but accepts new
// requests during the lag. Then it closes the listener, and waits for requests and mints in progress, including mints
// whose callers have disconnected. The admin listener stops last. drain returns an error if the timeout ends first.
func (s *Server) drain(ctx context.Context, server *http.Server, stopAdmin func(context.Context) error) error {
	s.stopping.Store(true)

	if ctx.Err() != nil && s.lag > 0 { // no lag if the listener failed, because no requests arrive
		s.logger.Info(
			"stopping: the server reports not ready, and accepts requests during the lag",
			"lag",
			s.lag.String(),
		)
		time.Sleep(s.lag)
	}
	s.logger.Info("stopping: the server waits for requests and mints in progress", "timeout", drainTimeout.String())

	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()

	return errors.Join(server.Shutdown(limit), s.broker.Custody.Drain(limit), s.flush(ctx), stopAdmin(limit))
}
