package main

import (
	"context"
	"errors"
	"net/http"
	"time"
)

const (
	usualLag     = 3 * time.Second // longer than a load balancer takes to pass on that a server is not ready
	longestLag   = time.Minute
	drainTimeout = 60 * time.Second // for what is under way
)

var errStopping = errors.New("the server is being stopped")

// accepting is a part of readiness: it ends before the listener does.
func (a *app) accepting(context.Context) error {
	if a.stopping.Load() {
		return errStopping
	}
	return nil
}

// drain ends serving in the order in which nobody is turned away: not ready any more, while requests that were already on
// their way here are served for the lag; then no new connection; then what is under way finishes, mints whose callers
// have left included. Whoever watches can do so to the end. An error when something was still under way at the timeout.
func (a *app) drain(ctx context.Context, server *http.Server, stopAdmin func(context.Context) error) error {
	a.stopping.Store(true)
	if ctx.Err() != nil && a.lag > 0 { // asked to stop; a listener that failed has nobody to wait for
		a.logger.Info("stopping: not ready any more, and serving a little longer for those who do not know yet", "lag", a.lag.String())
		time.Sleep(a.lag)
	}
	a.logger.Info("stopping: requests and mints under way finish first", "timeout", drainTimeout.String())
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	return errors.Join(server.Shutdown(limit), a.custodian.Drain(limit), a.flush(ctx), stopAdmin(limit))
}
