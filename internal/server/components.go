package server

import (
	"context"
	"net/http"

	"github.com/upstash-connect/bff"
	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/internal/broker"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/session"
	"github.com/upstash-connect/bff/internal/webhook"
	"github.com/upstash-connect/bff/web"
)

// createComponents creates the components between the open database and the public handler.
func (s *Server) createComponents(c *config.Config) (err error) {
	s.broker, err = broker.New(broker.Options{
		Config: c, Store: s.database, Box: s.box, ExposeCredentials: c.ExposeCredentials, ListFresh: c.ListCache,
		Begin:         s.observeUpstream,
		ObserveMint:   func(outcome keys.MintOutcome) { s.metrics.Mint(string(outcome)) },
		ObserveCreate: func(outcome proxy.CreateOutcome) { s.metrics.Create(string(outcome)) },

		ObserveOperation: s.metrics.Operation,
		Logger:           s.logger, Now: s.now,
	})
	if err != nil {
		return err
	}

	s.tokens, err = broker.NewTokens(
		broker.TokensOptions{Config: c, ClientIDs: c.AuthClientIDs, Logger: s.logger, Now: s.now},
	)
	if err != nil {
		return err
	}

	s.sessions, err = session.NewManager(
		session.Options{Store: s.database, Idle: c.SessionIdle, Max: c.SessionMax, Now: s.now},
	)
	if err != nil {
		return err
	}

	s.registerSources()

	handler, err := s.newAPI(c)
	if err != nil {
		return err
	}
	s.handler = s.tracing.Handler(c.PublicURL.Path, handler)

	return nil
}

func (s *Server) newAPI(c *config.Config) (http.Handler, error) {
	requests, err := limit.NewMemory("requests", c.LimitRequests)
	if err != nil {
		return nil, err
	}

	serviceRequests, err := limit.NewMemory("service_requests", c.LimitServiceRequests)
	if err != nil {
		return nil, err
	}

	assets, err := web.Dist()
	if err != nil {
		return nil, err
	}

	return api.NewServer(api.Options{
		Contract:  bff.Contract,
		PublicURL: c.PublicURL,
		Page: api.PageConfig{
			Issuer: c.AuthIssuer, ClientID: c.AuthClientIDs[0], Audience: c.AuthAudience, Scope: c.AuthScope,
			AppName: c.AppName, Sandbox: c.Sandbox, ConsoleURL: c.ConsoleURL, RedisCAFile: c.RedisCAFile,
		},
		Brand: c.Brand, Language: c.Language,
		Tokens: s.tokens, Conns: s.broker.Custody, Sessions: s.sessions, Databases: s.broker.Databases,
		Requests: requests, Partners: s.broker.Partners, ServiceRequests: serviceRequests,
		Events: &webhook.Feed{Store: s.database, Stopping: s.stopping.Load},
		Limits: limits(c), Readiness: s.readiness(),
		TrustedProxies: c.TrustedProxies, CORSOrigins: c.CORSOrigins, HSTSSubdomains: c.HSTSSubdomains,
		Assets: assets, Version: s.version,
		Observe: s.observeRequest, Logger: s.logger, Now: s.now,
	})
}

// limits are the rate limits that responses report in their headers.
func limits(c *config.Config) []api.Limit {
	return []api.Limit{
		{Name: "requests", Rate: c.LimitRequests},
		{Name: "service_requests", Rate: c.LimitServiceRequests, Services: true},
		{Name: "creates", Rate: c.LimitCreates, Routes: createRoutes()},
		{Name: "mints", Rate: c.LimitMints, Routes: []string{"POST /api/v1/session", "PUT /api/v1/connection"}},
	}
}

func (s *Server) readiness() []api.Readiness {
	return []api.Readiness{
		{Name: "database", Check: s.database.Ready},
		{Name: "upstash_breaker", State: s.broker.Upstream.BreakerState},
		{Name: "accepting", Check: s.accepting},
		{Name: "issuer_keys", Check: func(context.Context) error { return s.tokens.Keys.Ready() }},
	}
}

// createRoutes lists the calls that count against the create limit: those that create a resource of their own.
func createRoutes() []string {
	var routes []string

	for _, called := range operation.All() {
		if called.Effect == operation.Create && called.On.Of == nil {
			routes = append(routes, called.Method+" /api/v1"+called.Path)
		}
	}

	return routes
}
