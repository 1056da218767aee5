// Package broker assembles what the server and the desktop share: custody of developer keys and the restricted
// operations over one store, and the step from a verified token to a login. Only these two import it. It is
// independent of what they add (HTTP, a keyring).
package broker

import (
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/dataplane"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/upstash"
)

// Options configure a Broker. Config, Store, Box and Logger are required.
type Options struct {
	// Config gives server and desktop the same policy, limits, names and lifetimes. Its listener addresses and sealing
	// keyset are not used here.
	Config *config.Config
	Store  *db.DB    // closed by the caller
	Box    *seal.Box // encrypts stored secrets

	// UpstashURL is the origin of the Developer API; default: the one of Config. A caller with an existing key sets
	// it, because a key works only where it was made.
	UpstashURL string
	// ExposeCredentials lets owners read their databases' credentials.
	ExposeCredentials bool
	// ListFresh is the maximum age of a list of databases, at most proxy.MaxFresh; 0: every list is requested anew.
	ListFresh time.Duration
	// Patience is how long a connect waits for a mint in progress elsewhere; default: that of keys.
	Patience time.Duration

	// Begin is called for every attempt at a call to Upstash, the other two with the outcome of mints and creates. All
	// are optional.
	Begin         upstash.Begin
	ObserveMint   func(keys.MintOutcome)
	ObserveCreate func(proxy.CreateOutcome)
	// ObserveOperation is called with the name and the outcome of every other operation.
	ObserveOperation func(name, outcome string)

	Logger *slog.Logger
	Now    func() time.Time // default time.Now
}

// Broker combines custody and operations over one store. It needs no Close; Custody.Drain waits for mints in progress.
type Broker struct {
	Custody   *keys.Custodian
	Databases *proxy.Service
	Upstream  *upstash.Client
	Partners  *partner.Partners // services and grants
}

// New rejects incomplete options.
func New(options Options) (*Broker, error) {
	if options.Config == nil || options.Store == nil || options.Box == nil || options.Logger == nil {
		return nil, errors.New("broker: a required option is missing")
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

// newPartners limits services to what this installation allows: its regions and plans, and no credentials if it does
// not reveal them.
func newPartners(options Options, custody *keys.Custodian, databases *proxy.Service) (*partner.Partners, error) {
	c, environment := options.Config, partner.Live
	if c.Sandbox {
		environment = partner.Test
	}

	scopes := slices.DeleteFunc(partner.Scopes(), func(scope string) bool {
		called, isOperation := operation.Find(scope)

		return isOperation && databases.CheckOpen(called) != nil
	})

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
	open, _ := operation.Open(c.AllowOperations) // KnownPolicy reports unknown names

	pinger, err := dataplane.New(dataplane.Options{RestURL: c.RestURL, Proxies: c.Proxies, CAFile: c.RedisCAFile})
	if err != nil {
		return nil, err
	}

	return proxy.NewService(proxy.Options{
		Credentials: custody, Upstream: upstream, Pinger: pinger, Creates: store,
		CreateBudget: limit.NewLedger("creates", c.LimitCreates, store), Box: options.Box,
		Settle: c.CreateSettle, Lease: killpoint.Lease(0), Fresh: options.ListFresh, Audit: store, Policy: policy(c),
		Operations: open, ObserveOperation: options.ObserveOperation,
		RestURL: c.RestURL, ExposeCredentials: options.ExposeCredentials,
		Observe: options.ObserveCreate, Logger: options.Logger, Now: options.Now,
	})
}
