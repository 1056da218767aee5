// Package sandbox runs stand-ins for Auth0 and Upstash on one machine: an identity provider, a Developer API, and a
// control API for tests. The application is developed and tested against them over HTTP, offline.
//
// It imports nothing of the application, so that it cannot share the application's mistakes. It listens on loopback
// only: it gives tokens and keys to anyone.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/upstash-connect/bff/internal/sandbox/cloud"
	"github.com/upstash-connect/bff/internal/sandbox/control"
	"github.com/upstash-connect/bff/internal/sandbox/fault"
	"github.com/upstash-connect/bff/internal/sandbox/front"
	"github.com/upstash-connect/bff/internal/sandbox/idp"
	"github.com/upstash-connect/bff/internal/sandbox/journal"
	"github.com/upstash-connect/bff/internal/sandbox/lifecycle"
	"github.com/upstash-connect/bff/internal/sandbox/state"
)

// maxBody limits every request body.
const maxBody = 1 << 20

// Sandbox is a set of running stand-ins.
type Sandbox struct {
	options Options
	store   *state.Store
	stop    context.CancelFunc
	servers []*http.Server
	serving sync.WaitGroup

	redis     liveRedis
	lifecycle *lifecycle.Manager
	journal   *journal.Journal

	issuerURL, upstashURL, controlURL string
}

// Start runs the stand-ins. When it returns, all listeners accept connections. It fails when an option is invalid,
// when an address is busy (the error names it), or when another sandbox runs on the same directory. The context
// limits the start only; Close ends the stand-ins.
func Start(ctx context.Context, options Options) (*Sandbox, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}

	store, err := state.Open(options.stateDir(), options.NoSync)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}

	s := &Sandbox{options: options, store: store, journal: journal.New(options.Now)}
	if err := s.start(ctx); err != nil {
		return nil, fmt.Errorf("sandbox: %w", errors.Join(err, s.Close(ctx)))
	}

	return s, nil
}

func (s *Sandbox) start(ctx context.Context) error {
	if err := seed(s.store, s.options); err != nil {
		return err
	}

	for _, origin := range s.options.AppOrigins {
		if err := s.AllowApp(origin); err != nil {
			return err
		}
	}

	listeners, err := s.listenAll(ctx)
	if err != nil {
		return err
	}

	if err := s.openRedis(listeners.redis[0]); err != nil {
		return errors.Join(err, closeAll(listeners.all()))
	}
	s.lifecycle = lifecycle.New(
		lifecycle.Options{Store: s.store, Redis: s.redis.cluster, Now: s.options.Now, Logger: s.options.Logger},
	)
	// Requests outlive Start, so they do not use ctx.
	base, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop

	handlers, err := s.handlers(base)
	if err != nil {
		return errors.Join(err, closeAll(listeners.all()))
	}
	s.serve(base, listeners.issuer, handlers.issuer)
	s.serve(base, listeners.upstash, handlers.upstash)
	s.serve(base, listeners.control, handlers.control)
	s.serveRedis(base, listeners.redis[0], handlers.rest)
	s.serving.Go(func() { s.lifecycle.Run(base) })

	return nil
}

type listenerSet struct{ issuer, upstash, control, redis []net.Listener }

func (l listenerSet) all() []net.Listener {
	return slices.Concat(l.issuer, l.upstash, l.control, l.redis)
}

func (s *Sandbox) listenAll(ctx context.Context) (opened listenerSet, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll(opened.all()))
		}
	}()

	signed, err := s.store.SigningKeys()
	if err != nil {
		return opened, err
	}

	o := s.options
	for _, p := range []struct {
		into *[]net.Listener
		place
	}{
		// Accounts belong to an issuer, so an issuer that has signed tokens keeps its address.
		{&opened.issuer, place{
			"issuer", o.IssuerListen, o.IssuerHost == "localhost", o.usual.issuer, o.usual.issuer && len(signed) > 0,
		}},
		{&opened.upstash, place{name: "upstash", address: o.UpstashListen, usual: o.usual.upstash}},
		{&opened.control, place{name: "control", address: o.ControlListen, usual: o.usual.control}},
		{&opened.redis, place{name: "redis", address: o.RedisListen, usual: o.usual.redis}},
	} {
		if *p.into, err = listen(ctx, s.store, p.place); err != nil {
			return opened, err
		}
	}
	// Auth0's issuers end with a slash, and verifiers compare exactly.
	s.issuerURL = fmt.Sprintf("http://%s:%d/", s.options.IssuerHost, portOf(opened.issuer[0]))
	s.upstashURL = "http://" + opened.upstash[0].Addr().String()
	s.controlURL = "http://" + opened.control[0].Addr().String()

	return opened, nil
}

type handlerSet struct{ issuer, upstash, control, rest http.Handler }

func (s *Sandbox) handlers(base context.Context) (handlerSet, error) {
	o := s.options

	provider, err := idp.New(idp.Options{Store: s.store, Issuer: s.issuerURL, Now: o.Now, Logger: o.Logger})
	if err != nil {
		return handlerSet{}, err
	}
	api := cloud.New(cloud.Options{
		Store:   s.store,
		Redis:   s.redis.cluster,
		Backups: s.lifecycle,
		Address: s.redis.address,
		Subject: func(token string) (string, error) {
			return provider.VerifyAccessToken(token, idp.Audience)
		},
		Now:    o.Now,
		Logger: o.Logger,
	})

	pages, err := s.newConsole()
	if err != nil {
		return handlerSet{}, err
	}
	requests := s.journal

	faults, err := fault.NewSet(o.Seed, o.Faults)
	if err != nil {
		return handlerSet{}, err
	}
	powers := control.New(control.Options{
		Store: s.store, Provider: provider, Journal: requests, Faults: faults, Lifecycle: s.lifecycle,
		SPAClientID: o.SPAClientID, ProofKey: o.ProofKey, URL: s.controlURL, Now: o.Now, Logger: o.Logger,
	})
	email := func(r *http.Request) string { return cloud.CallerEmail(r, idp.EmailClaim) }

	issuer, err := front.Wrap(s.issuerFront(), requests.Wrap(journal.Issuer, named(provider.CallerEmail,
		provider.CORS(faults.Wrap(base, fault.TargetIssuer, provider.CallerEmail, provider.Handler())))))
	if err != nil {
		return handlerSet{}, err
	}

	upstash, err := front.Wrap(s.upstashFront(), withConsole(
		requests.Wrap(journal.Upstash, faults.Wrap(base, fault.TargetUpstash, email, api.Handler())), pages,
	))
	if err != nil {
		return handlerSet{}, err
	}

	return handlerSet{
		issuer: issuer, upstash: upstash,
		control: powers.Handler(),
		rest: requests.Wrap(
			journal.Redis, named(s.tokenEmail, faults.Wrap(base, fault.TargetRedis, s.tokenEmail, s.newPlanes())),
		),
	}, nil
}

// named records the account that the request claims in the journal.
func named(email func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if whose := email(r); whose != "" {
			journal.From(r.Context()).Account(whose)
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Sandbox) serve(base context.Context, listeners []net.Listener, handler http.Handler) {
	server := &http.Server{
		Handler:           http.MaxBytesHandler(handler, maxBody),
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}

	s.servers = append(s.servers, server)
	for _, listener := range listeners {
		s.serving.Go(func() {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				s.options.Logger.Error("sandbox listener ended", "address", listener.Addr().String(), "error", err)
			}
		})
	}
}

// IssuerURL is the issuer, with its trailing slash.
func (s *Sandbox) IssuerURL() string { return s.issuerURL }

// UpstashURL is the base of the Developer API.
func (s *Sandbox) UpstashURL() string { return s.upstashURL }

// ControlURL is the base of the control API.
func (s *Sandbox) ControlURL() string { return s.controlURL }

// Seed is the seed of the fault draws: the same seed gives the same draws.
func (s *Sandbox) Seed() uint64 { return s.options.Seed }

// SPAClientID is the client id of the partner's application.
func (s *Sandbox) SPAClientID() string { return s.options.SPAClientID }

// AllowApp registers an application served at origin with the SPA's client: its callback (origin + "/callback"), web
// origin and logout URLs. It is idempotent.
func (s *Sandbox) AllowApp(origin string) error {
	client, err := appClient(s.options.SPAClientID, origin)
	if err != nil {
		return err
	}

	if _, err := s.store.MergeClient(client); err != nil {
		return fmt.Errorf("register app origin: %w", err)
	}

	return nil
}

// closeGrace is how long Close waits for requests in flight. It is short because Shutdown also waits for unused
// connections, which browsers open in advance.
const closeGrace = 2 * time.Second

// Close closes the listeners, waits briefly for requests in flight, at most until ctx ends, and releases the state.
// It cancels requests that a fault delays immediately.
func (s *Sandbox) Close(ctx context.Context) error {
	if s.stop != nil {
		s.stop()
	}
	closing := ctx

	ctx, cancel := context.WithTimeout(ctx, closeGrace)
	defer cancel()

	faults := []error{s.redis.stop(ctx)}
	for _, server := range s.servers {
		if server.Shutdown(ctx) != nil {
			faults = append(faults, server.Close())
		}
	}
	s.serving.Wait()

	if s.lifecycle != nil {
		faults = append(faults, s.lifecycle.NoteUse())
	}
	faults = append(faults, s.redis.close(closing))

	return errors.Join(append(faults, s.store.Close())...)
}
