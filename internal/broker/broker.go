// Package broker assembles what both faces of the product share, the server and the desktop: custody of developer keys
// and the narrowed operations over one store, and the step from a verified token to a login. Nobody but the faces
// imports it; what they put around it (HTTP, a keyring) it does not know.
package broker

import (
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/upstash"
)

// Options configure a Broker. Config, Store, Box and Logger are required.
type Options struct {
	// Config gives both faces the same policy, limits, names and lifetimes. Of it, the addresses of listeners and the
	// sealing keyset are not read.
	Config *config.Config
	Store  *db.DB    // stays the caller's to close
	Box    *seal.Box // seals what the store keeps

	// UpstashURL is the origin of the Developer API; default: the one of Config. A key works where it was made, so that
	// whoever holds one already names its place.
	UpstashURL string
	// ExposeCredentials lets owners read their databases' credentials.
	ExposeCredentials bool
	// ListFresh is how old a list of databases may be, at most proxy.MaxFresh; 0: every list is read anew.
	ListFresh time.Duration
	// Patience is how long a connect waits for a mint that is under way elsewhere; default: that of keys.
	Patience time.Duration

	// Begin hears of every attempt at a call to Upstash, the other two of how mints and creates ended. Default: nobody.
	Begin         upstash.Begin
	ObserveMint   func(keys.MintOutcome)
	ObserveCreate func(proxy.CreateOutcome)

	Logger *slog.Logger
	Now    func() time.Time // default time.Now
}

// Broker is custody and operations over one store. It holds nothing that has to be closed; Custody.Drain waits for the
// mints that are under way.
type Broker struct {
	Custody   *keys.Custodian
	Databases *proxy.Service
	Upstream  *upstash.Client
	Partners  *partner.Partners // services and grants
}

// New refuses a half-made value.
func New(options Options) (*Broker, error) {
	if options.Config == nil || options.Store == nil || options.Box == nil || options.Logger == nil {
		return nil, errors.New("broker: a broker needs all its parts")
	}

	address := options.UpstashURL
	if address == "" {
		address = options.Config.UpstashAPIURL
	}

	upstream, err := upstash.New(upstash.Options{
		BaseURL: address, Proxies: options.Config.Proxies, Begin: options.Begin, Logger: options.Logger,
	})
	if err != nil {
		return nil, err
	}

	custody, err := newCustody(options, upstream)
	if err != nil {
		return nil, err
	}

	databases, err := newDatabases(options, upstream, custody)
	if err != nil {
		return nil, err
	}

	partners, err := newPartners(options, custody, databases)
	if err != nil {
		return nil, err
	}

	return &Broker{Custody: custody, Databases: databases, Upstream: upstream, Partners: partners}, nil
}

// newPartners lets services act within what this installation allows: its regions and plans, and no credentials where
// it reveals none.
func newPartners(options Options, custody *keys.Custodian, databases *proxy.Service) (*partner.Partners, error) {
	c, environment := options.Config, partner.Live
	if c.Sandbox {
		environment = partner.Test
	}

	scopes := partner.Scopes()
	if !options.ExposeCredentials {
		scopes = slices.DeleteFunc(scopes, func(scope string) bool { return scope == partner.ScopeCredentials })
	}

	return partner.New(partner.Options{
		Store: options.Store, Databases: databases, Connections: custody, Environment: environment,
		Installation: partner.Policy{
			Scopes: scopes, Databases: partner.ReachAll, Regions: c.AllowedRegions, Plans: c.AllowedPlans,
		},
		BuiltIn: c.ServiceTokens, Logger: options.Logger, Now: options.Now,
	})
}

func newCustody(options Options, upstream *upstash.Client) (*keys.Custodian, error) {
	c, store := options.Config, options.Store

	return keys.NewCustodian(keys.Options{
		AppName: c.AppName, Store: store, Ledger: store, Tokens: store, Audit: store,
		Upstream: upstream, Mints: limit.NewLedger("mints", c.LimitMints, store), Box: options.Box,
		MaxTokenAge: c.MintMaxTokenAge, Lease: killpoint.Lease(0), Patience: options.Patience,
		Observe: options.ObserveMint, Logger: options.Logger, Now: options.Now,
	})
}

func newDatabases(options Options, upstream *upstash.Client, custody *keys.Custodian) (*proxy.Service, error) {
	c, store := options.Config, options.Store

	return proxy.NewService(proxy.Options{
		Credentials: custody, Upstream: upstream, Creates: store,
		CreateBudget: limit.NewLedger("creates", c.LimitCreates, store), Box: options.Box,
		Settle: c.CreateSettle, Lease: killpoint.Lease(0), Fresh: options.ListFresh, Audit: store, Policy: policy(c),
		RestURL: c.RestURL, ExposeCredentials: options.ExposeCredentials,
		Observe: options.ObserveCreate, Logger: options.Logger, Now: options.Now,
	})
}
