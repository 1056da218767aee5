// Package config reads all settings from the environment and flags; no other package does. It reports all errors
// together, and prints the effective configuration without secrets.
package config

import (
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/brand"
	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/vault"
)

// Config is the configuration of `bff serve`. The settings table has units and defaults.
type Config struct {
	Listen      string
	PublicURL   *url.URL // origin, and a path without a trailing slash or none; no query or user
	AppName     string
	Brand       brand.Brand
	Language    string      // of the page: en or de; empty: the one that the browser prefers
	DatabaseURL secret.Text // may hold a password
	Keyset      secret.Text
	KeysetFile  string        // file of Keyset; empty if the variable holds the keyset
	KeysetKEK   vault.Address // zero: the keyset is not encrypted

	VaultToken     secret.Text
	VaultTokenFile string // like KeysetFile

	AuthIssuer     string // ends in /
	AuthAudience   string
	AuthClientIDs  []string
	NativeClientID string // of bff connect; a server accepts its tokens only if AuthClientIDs has it
	AuthEmailClaim string
	AuthScope      string

	UpstashAPIURL string
	RestURL       string
	ConsoleURL    string

	MintMaxTokenAge time.Duration
	CreateSettle    time.Duration
	AuditRetention  time.Duration // at least a week
	ListCache       time.Duration // 0: off
	SessionIdle     time.Duration
	SessionMax      time.Duration

	AllowedRegions    []string // empty: all
	AllowedPlans      []string
	AllowOperations   []string // names and patterns of operations besides the default ones
	MaxBudget         int64    // 0: no limit
	MaxDatabases      int      // 0: no limit
	ExposeCredentials bool

	LimitRequests limit.Rate // per account; off: no limit
	LimitCreates  limit.Rate
	LimitMints    limit.Rate

	ServiceTokens        []secret.Text // of the built-in service; empty: no such service
	ReturnURLs           []string      // of the built-in service, as configured
	LimitServiceRequests limit.Rate    // per service; off: no limit

	WebhookURL      string         // of the built-in service; empty: none
	WebhookSecrets  []secret.Text  // that sign its events
	WebhookNetworks []netip.Prefix // to which webhooks may go, in addition to public addresses

	TrustedProxies []netip.Prefix // whose X-Forwarded-For is trusted; empty: none
	CORSOrigins    []string       // as browsers send them: scheme, host, and port unless it is the scheme's default
	TLSCertFile    string         // with TLSKeyFile: serve TLS
	TLSKeyFile     string
	HSTSSubdomains bool // whether HSTS covers subdomains

	Proxies *egress.Proxies // for outgoing calls; nil: none

	AdminListen string // of metrics and profiles; empty: none

	LogLevel  slog.Level
	LogFormat string // json or text

	// Only `bff sandbox` sets Sandbox and RedisCAFile, never the environment. RedisCAFile is the absolute path of the
	// CA certificate of its databases, in PEM; empty if they do not use TLS.
	Sandbox     bool
	RedisCAFile string
}

// Origin returns the public URL as browsers send it in an Origin header.
func (c *Config) Origin() string {
	return c.PublicURL.Scheme + "://" + strings.ToLower(c.PublicURL.Host)
}

// Secure reports whether browsers use TLS. Only then do cookies have Secure and a prefix.
func (c *Config) Secure() bool { return c.PublicURL.Scheme == "https" }

// InvalidError lists all errors, one line each. No line contains a secret.
type InvalidError struct{ Errors []string }

func (e *InvalidError) Error() string {
	return "the configuration has errors:\n  - " + strings.Join(e.Errors, "\n  - ")
}

// Problem lists the errors, one line each.
func (e *InvalidError) Problem() *problem.Error {
	return problem.Sentinel(problem.Configuration, e.Error(), e.Error())
}
