package server

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Bounds of Options.DrainLag.
const (
	UsualLag   = 3 * time.Second // longer than a load balancer takes to pass on that a server is not ready
	LongestLag = time.Minute
)

const drainTimeout = 60 * time.Second // for what is under way

var errStopping = errors.New("the server is being stopped")

// accepting is a part of readiness: it ends before the listener does.
func (s *Server) accepting(context.Context) error {
	if s.stopping.Load() {
		return errStopping
	}

	return nil
}

// drain ends serving in the order in which nobody is turned away: not ready any more, while requests that were already
// on their way here are served for the lag; then no new connection; then what is under way finishes, mints whose
// callers have left included. Whoever watches can do so to the end. An error when something was still under way at the
// timeout.
func (s *Server) drain(ctx context.Context, server *http.Server, stopAdmin func(context.Context) error) error {
	s.stopping.Store(true)

	if ctx.Err() != nil && s.lag > 0 { // asked to stop; a listener that failed has nobody to wait for
		s.logger.Info(
			"stopping: not ready any more, and serving a little longer for those who do not know yet",
			"lag",
			s.lag.String(),
		)
		time.Sleep(s.lag)
	}
	s.logger.Info("stopping: requests and mints under way finish first", "timeout", drainTimeout.String())

	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()

	return errors.Join(server.Shutdown(limit), s.broker.Custody.Drain(limit), s.flush(ctx), stopAdmin(limit))
}
