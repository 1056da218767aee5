package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/upstash-connect/bff"
	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/internal/auth"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/rotation"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/session"
	"github.com/upstash-connect/bff/internal/telemetry"
	"github.com/upstash-connect/bff/internal/upstash"
	"github.com/upstash-connect/bff/web"
)

// app is the wired product: everything that has to be run and stopped.
type app struct {
	handler   http.Handler
	keySet    *auth.KeySet
	custodian *keys.Custodian
	databases *proxy.Service
	database  *db.DB
	metrics   *telemetry.Metrics
	tracing   *telemetry.Tracing
	admin     net.Listener // nil: nothing is offered to operators
	box       *seal.Box
	member    *rotation.Member
	logger    *slog.Logger
	tls       *tls.Config // nil: a proxy in front ends TLS
	bounds    httpBounds
	lag       time.Duration // between being asked to stop and closing the listener
	stopping  atomic.Bool
}

// newApp wires the packages together. Close it when it is not run.
func newApp(ctx context.Context, c *config.Config, logger *slog.Logger) (_ *app, err error) {
	tracing, err := telemetry.NewTracing(ctx, buildVersion(), logger)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tracing.Shutdown(ctx))
		}
	}()
	database, err := db.Open(ctx, db.Options{URL: c.DatabaseURL.Reveal(), Exclusive: !killpoint.Shared()})
	if err != nil {
		return nil, err
	}
	a := &app{
		database: database, metrics: newMetrics(), tracing: tracing, logger: tracing.Logger(logger), bounds: usualBounds(),
	}
	if c.TLSCertFile != "" {
		if a.tls, err = newTLSConfig(c.TLSCertFile, c.TLSKeyFile); err != nil {
			return nil, errors.Join(err, database.Close())
		}
	}
	if err := a.openBox(ctx, c); err != nil {
		return nil, errors.Join(err, database.Close())
	}
	if err := a.wire(c, a.box); err != nil {
		return nil, errors.Join(err, database.Close())
	}
	if err := a.member.Join(ctx); err != nil {
		return nil, errors.Join(err, database.Close())
	}
	return a, nil
}

func (a *app) wire(c *config.Config, box *seal.Box) (err error) {
	upstream, err := upstash.New(upstash.Options{BaseURL: c.UpstashAPIURL, Begin: a.observeUpstream, Logger: a.logger})
	if err != nil {
		return err
	}
	if a.keySet, err = auth.NewKeySet(auth.KeySetOptions{Issuer: c.AuthIssuer, Logger: a.logger}); err != nil {
		return err
	}
	verifier, err := auth.NewVerifier(auth.Options{
		Issuer: c.AuthIssuer, Audience: c.AuthAudience, ClientIDs: c.AuthClientIDs, EmailClaim: c.AuthEmailClaim, Keys: a.keySet,
	})
	if err != nil {
		return err
	}
	a.custodian, err = keys.NewCustodian(keys.Options{
		AppName: c.AppName, Store: a.database, Ledger: a.database, Tokens: a.database, Audit: a.database,
		Upstream: upstream, Mints: limit.NewLedger("mints", c.LimitMints, a.database), Box: box, MaxTokenAge: c.MintMaxTokenAge, Lease: killpoint.Lease(0),
		Observe: func(outcome keys.MintOutcome) { a.metrics.Mint(string(outcome)) }, Logger: a.logger,
	})
	if err != nil {
		return err
	}
	a.databases, err = proxy.NewService(proxy.Options{
		Credentials: a.custodian, Upstream: upstream, Creates: a.database,
		CreateBudget: limit.NewLedger("creates", c.LimitCreates, a.database), Box: box, Settle: c.CreateSettle, Lease: killpoint.Lease(0), Fresh: c.ListCache, Audit: a.database, Policy: policy(c),
		RestURL: c.RestURL, ExposeCredentials: c.ExposeCredentials,
		Observe: func(outcome proxy.CreateOutcome) { a.metrics.Create(string(outcome)) }, Logger: a.logger,
	})
	if err != nil {
		return err
	}
	sessions, err := session.NewManager(session.Options{Store: a.database, Idle: c.SessionIdle, Max: c.SessionMax})
	if err != nil {
		return err
	}
	requests, err := limit.NewMemory("requests", c.LimitRequests)
	if err != nil {
		return err
	}
	assets, err := web.Dist()
	if err != nil {
		return err
	}
	a.watch(upstream)
	server, err := api.NewServer(api.Options{
		PublicURL: c.PublicURL,
		Page: api.PageConfig{
			Issuer: c.AuthIssuer, ClientID: c.AuthClientIDs[0], Audience: c.AuthAudience, Scope: c.AuthScope,
			AppName: c.AppName, Sandbox: c.Sandbox, ConsoleURL: c.ConsoleURL, RedisCAFile: c.RedisCAFile,
		},
		Tokens: verifier, Conns: a.custodian, Sessions: sessions, Databases: a.databases,
		Requests: requests, Limits: []api.Limit{
			{Name: "requests", Rate: c.LimitRequests},
			{Name: "creates", Rate: c.LimitCreates, Routes: []string{"POST /api/v1/databases"}},
			{Name: "mints", Rate: c.LimitMints, Routes: []string{"POST /api/v1/session", "PUT /api/v1/connection"}},
		},
		Readiness: []api.Readiness{
			{Name: "database", Check: a.database.Ready},
			{Name: "upstash_breaker", State: upstream.BreakerState},
			{Name: "accepting", Check: a.accepting},
			{Name: "issuer_keys", Check: func(context.Context) error { return a.keySet.Ready() }},
		},
		TrustedProxies: c.TrustedProxies, CORSOrigins: c.CORSOrigins, Assets: assets, Contract: bff.Contract, Version: buildVersion(), Observe: a.observeRequest, Logger: a.logger,
	})
	if err != nil {
		return err
	}
	a.handler = a.tracing.Handler(server)
	return nil
}

func policy(c *config.Config) proxy.Policy {
	return proxy.Policy{Regions: c.AllowedRegions, Plans: c.AllowedPlans, MaxBudget: c.MaxBudget, MaxDatabases: c.MaxDatabases}
}

// run serves on the listener until ctx ends, then lets requests and mints under way finish.
func (a *app) run(ctx context.Context, listener net.Listener) error {
	server := newHTTPServer(a.handler, a.bounds, a.logger)
	group, groupCtx := errgroup.WithContext(ctx)
	// As long as a mint may be under way, this server seals, and a rotation has to reckon with it.
	sealing, sealed := context.WithCancel(context.WithoutCancel(ctx))
	defer sealed()
	group.Go(func() error { a.member.Run(sealing); return nil })
	group.Go(func() error { a.keySet.Run(groupCtx); return nil })
	group.Go(func() error { a.database.Maintain(groupCtx, a.logger); return nil })
	stopAdmin := a.serveAdmin(group)
	group.Go(func() error {
		if err := a.serve(server, listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-groupCtx.Done()
		defer sealed()
		return a.drain(ctx, server, stopAdmin)
	})
	return errors.Join(group.Wait(), a.database.Close())
}

func (a *app) serve(server *http.Server, listener net.Listener) error {
	if a.tls == nil {
		return server.Serve(listener)
	}
	server.TLSConfig = a.tls
	return server.ServeTLS(listener, "", "") // with HTTP/2, by ALPN
}

// waitForKeys returns once tokens can be checked.
func (a *app) waitForKeys(ctx context.Context) error {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for a.keySet.Ready() != nil {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
