// Package config is the only reader of the environment and of flags. It reports every fault at once, and prints what is
// in force without showing a secret.
package config

import (
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/vault"
)

// Config is what `bff serve` runs with. Units and defaults stand in the settings table.
type Config struct {
	Listen      string
	PublicURL   *url.URL // origin, and a path without a slash at its end or none; no query or user
	AppName     string
	DatabaseURL secret.Text // may hold a password
	Keyset      secret.Text
	KeysetFile  string        // where Keyset was read; empty when it was given itself
	KeysetKEK   vault.Address // zero: the keyset is in the clear

	VaultToken     secret.Text
	VaultTokenFile string // as KeysetFile

	AuthIssuer     string // ends in /
	AuthAudience   string
	AuthClientIDs  []string
	NativeClientID string // of bff connect; a server takes its tokens only if it is among AuthClientIDs
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
	MaxBudget         int64 // 0: no bound
	MaxDatabases      int   // 0: no bound
	ExposeCredentials bool

	LimitRequests limit.Rate // of one account; off: no bound
	LimitCreates  limit.Rate
	LimitMints    limit.Rate

	ServiceTokens        []secret.Text // of the built-in service; none: there is none
	ReturnURLs           []string      // of the built-in service, as they were written
	LimitServiceRequests limit.Rate    // of one service; off: no bound

	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed; empty: nobody's
	CORSOrigins    []string       // as browsers write them: scheme, host, and a port that the scheme does not imply
	TLSCertFile    string         // with TLSKeyFile: serve TLS ourselves
	TLSKeyFile     string
	HSTSSubdomains bool // whether browsers are told that every name below the public one is https too

	Proxies *egress.Proxies // through which our own calls leave; nil: none

	AdminListen string // metrics and profiles; empty: nowhere

	LogLevel  slog.Level
	LogFormat string // json or text

	// Sandbox and RedisCAFile are set by `bff sandbox` alone, never by the environment. RedisCAFile is the absolute
	// path of the authority of its databases' certificate, in PEM; empty when they speak no TLS.
	Sandbox     bool
	RedisCAFile string
}

// Origin is the public URL as browsers write it in an Origin header.
func (c *Config) Origin() string {
	return c.PublicURL.Scheme + "://" + strings.ToLower(c.PublicURL.Host)
}

// Secure reports whether browsers reach us over TLS. Only then do cookies carry Secure and a prefix.
func (c *Config) Secure() bool { return c.PublicURL.Scheme == "https" }

// FaultsError lists everything that is wrong, one line each. No line holds a secret.
type FaultsError struct{ Faults []string }

func (e *FaultsError) Error() string {
	return "the configuration has faults:\n  - " + strings.Join(e.Faults, "\n  - ")
}

// Problem lists the faults, one line each.
func (e *FaultsError) Problem() *problem.Error {
	return problem.Sentinel(problem.Configuration, e.Error(), e.Error())
}
