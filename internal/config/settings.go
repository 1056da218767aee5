package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/brand"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/vault"
)

// setting is one environment variable, the flag of the same name, and the Config field that receives the value.
type setting struct {
	env      string              // without the BFF_ prefix
	standard string              // the default value, as text
	usage    string              // of a secret: a noun phrase, which follows "file with the"
	noun     string              // follows "file with the"; empty: usage does
	secret   bool                // given by its variable or in a file, never as a flag; never printed
	platform string              // variable in which hosting platforms assign a port; empty: none
	file     bool                // may be given in a file, because a part of it is secret
	public   bool                // errors quote the value, although it has a # as some URLs with a secret have
	hide     func(string) string // redacts the value for output; nil: nothing to redact
	set      func(*Config, string) error
	noted    func(*Config, string) // stores the path of the secret's file; nil: the file is never read again
}

func (s setting) variable() string { return prefix + s.env }
func (s setting) flag() string     { return strings.ReplaceAll(strings.ToLower(s.env), "_", "-") }

// settings returns every setting, in the order in which `bff config` prints them. Help sorts them by name.
func settings() []setting {
	return []setting{
		{env: "LISTEN", standard: ":8080", platform: "PORT", usage: "address to listen on; $PORT, which hosting platforms set, replaces the default port", set: listenAddress(func(c *Config) *string { return &c.Listen })},
		{env: "PUBLIC_URL", usage: "URL at which browsers reach this server, with its path if it has one; sets cookies, HSTS, Origin and Host (required)", hide: hideUser, set: publicURL},
		{env: "APP_NAME", standard: "ACME", usage: "name of your product, shown to users and used in key names", set: name(func(c *Config) *string { return &c.AppName })},
		{env: "BRAND_LOGO_FILE", usage: "your logo, an SVG or PNG file; a wide one is shown without the name (default: the first letter of the name)", set: picture(func(c *Config) **brand.Picture { return &c.Brand.Logo })},
		{env: "BRAND_LOGO_DARK_FILE", usage: "your logo for dark backgrounds (default: the same logo)", set: picture(func(c *Config) **brand.Picture { return &c.Brand.LogoDark })},
		{env: "BRAND_FAVICON_FILE", usage: "icon of browser tabs, a square SVG or PNG file (default: the logo if it is square, or else the first letter of the name)", set: favicon},
		{env: "BRAND_COLOR", usage: "colour of buttons and links, #rrggbb, with enough contrast to be legible (default: #047857)", public: true, set: brandColor},
		{env: "BRAND_LINKS", usage: "links below every page, comma-separated: product=URL, support=URL, privacy=URL (default: none)", hide: hideLinks, set: brandLinks},
		{env: "LANGUAGE", usage: "language of the page: en or de (default: the one that the browser prefers)", set: pageLanguage},
		databaseSetting(),
		{env: "KEYSET", usage: "Tink keyset (JSON or base64) that encrypts secrets at rest (required)", secret: true, set: keyset, noted: func(c *Config, path string) { c.KeysetFile = path }},
		{env: "KEYSET_KEK", usage: "Vault key that encrypts the keyset: hcvault://HOST[:PORT]/transit/keys/NAME (default: the keyset is not encrypted)", hide: hideUser, set: keysetKEK},
		{env: "VAULT_TOKEN", usage: "Vault token; the file is read again for each call", secret: true, set: vaultToken, noted: func(c *Config, path string) { c.VaultTokenFile = path }},
		{env: "AUTH_ISSUER", standard: "https://auth.upstash.com/", usage: "issuer of access tokens, with its trailing slash", hide: hideUser, set: issuer},
		{env: "AUTH_AUDIENCE", standard: "upstash-api", usage: "audience that access tokens must have", set: identifier(func(c *Config) *string { return &c.AuthAudience })},
		{env: "AUTH_CLIENT_IDS", usage: "OAuth client IDs whose tokens the server accepts, comma-separated; the page uses the first (required)", set: list(func(c *Config) *[]string { return &c.AuthClientIDs })},
		{env: "NATIVE_CLIENT_ID", usage: "OAuth client ID of bff connect, with redirect http://localhost:3000; a server accepts its tokens only if --auth-client-ids lists it too", set: identifier(func(c *Config) *string { return &c.NativeClientID })},
		{env: "AUTH_EMAIL_CLAIM", standard: "https://user.io/email", usage: "access token claim that holds the account's e-mail", set: identifier(func(c *Config) *string { return &c.AuthEmailClaim })},
		{env: "AUTH_SCOPE", standard: "openid email", usage: "scope that the page requests", set: scope},
		{env: "UPSTASH_API_URL", standard: "https://api.upstash.com", usage: "URL of the Upstash Developer API", hide: hideUser, set: upstashURL},
		{env: "REST_URL", standard: "https://{endpoint}", usage: "REST URL of a database; {endpoint} is replaced by its host", hide: hideUser, set: restURL},
		{env: "CONSOLE_URL", standard: "https://console.upstash.com", usage: "URL of the Upstash console, where users delete keys", hide: hideUser, set: consoleURL},
		{env: "MINT_MAX_TOKEN_AGE", standard: "10m", usage: "maximum age of a login that may create a developer key", set: duration(func(c *Config) *time.Duration { return &c.MintMaxTokenAge })},
		{env: "CREATE_SETTLE", standard: "60s", usage: "how long after a lost response Upstash may still process a create", set: duration(func(c *Config) *time.Duration { return &c.CreateSettle })},
		{env: "AUDIT_RETENTION", standard: "400d", usage: "how long audit events are retained, 7d to 3650d", set: auditRetention},
		{env: "LIST_CACHE", standard: "1s", usage: "maximum age of a cached list of databases, at most 4s; 0 disables the cache", set: listCache},
		{env: "SESSION_IDLE", standard: "2h", usage: "a session ends after this long without a request", set: duration(func(c *Config) *time.Duration { return &c.SessionIdle })},
		{env: "SESSION_MAX", standard: "48h", usage: "maximum duration of a session", set: duration(func(c *Config) *time.Duration { return &c.SessionMax })},
		{env: "ALLOWED_REGIONS", usage: "regions in which users may create databases, comma-separated (default: all)", set: list(func(c *Config) *[]string { return &c.AllowedRegions })},
		{env: "ALLOWED_PLANS", standard: "free,payg", usage: "plans on which users may create databases, comma-separated", set: list(func(c *Config) *[]string { return &c.AllowedPlans })},
		{env: "ALLOW_OPERATIONS", usage: "further operations to offer, comma-separated, such as redis.stats or vector.*; see docs/integrate/operations.md", set: operations},
		{env: "MAX_BUDGET", standard: "0", usage: "maximum monthly budget of a database, in Upstash's unit; 0 means no limit", set: maxBudget},
		{env: "MAX_DATABASES", standard: "0", usage: "an account with this many databases cannot create another; 0 means no limit", set: maxDatabases},
		{env: "LIMIT_REQUESTS", standard: "100/s", usage: "API calls per account, as N/s, N/m or N/h; off means no limit", set: rate(func(c *Config) *limit.Rate { return &c.LimitRequests })},
		{env: "LIMIT_CREATES", standard: "30/m", usage: "creates per account sent to Upstash; off means no limit", set: rate(func(c *Config) *limit.Rate { return &c.LimitCreates })},
		{env: "LIMIT_MINTS", standard: "10/h", usage: "developer keys per account requested from Upstash; off means no limit", set: rate(func(c *Config) *limit.Rate { return &c.LimitMints })},
		{env: "SERVICE_TOKEN", usage: "token of your own backend, from bff token generate; during a rotation several, one per line (default: no backend may call)", secret: true, set: serviceTokens},
		{env: "RETURN_URLS", usage: "URLs of your product to which users return, comma-separated; matched exactly, except for ports on loopback (required with a service token)", hide: hideUsers, set: returnURLs},
		{env: "LIMIT_SERVICE_REQUESTS", standard: "1000/s", usage: "API calls per service, across all its users; off means no limit", set: rate(func(c *Config) *limit.Rate { return &c.LimitServiceRequests })},
		{env: "WEBHOOK_URL", usage: "URL of your own backend that receives events about its users' grants (default: none)", hide: hideUser, set: webhookURL},
		{env: "WEBHOOK_SECRET", usage: "secret that signs these events, from bff webhooks generate-secret; during a rotation several, one per line (required with a webhook URL)", secret: true, set: webhookSecrets},
		{env: "WEBHOOK_ALLOWED_NETWORKS", usage: "networks to which webhooks may be sent in addition to public addresses, comma-separated, such as 10.0.0.0/8 (default: none)", set: webhookNetworks},
		{env: "EXPOSE_CREDENTIALS", standard: "true", usage: "whether GET /databases/{id}/credentials is available", set: truth(func(c *Config) *bool { return &c.ExposeCredentials })},
		{env: "TRUSTED_PROXIES", usage: "addresses or networks of reverse proxies whose X-Forwarded-For is trusted, comma-separated (default: none)", set: trustedProxies},
		{env: "CORS_ORIGINS", usage: "origins whose pages may call the API with an access token, comma-separated, such as https://app.example.com (default: none)", hide: hideUsers, set: corsOrigins},
		{env: "TLS_CERT_FILE", usage: "certificate chain in PEM, to serve TLS and HTTP/2 without a proxy; reloaded when it changes", set: path(func(c *Config) *string { return &c.TLSCertFile })},
		{env: "TLS_KEY_FILE", usage: "private key of the certificate, in PEM", set: path(func(c *Config) *string { return &c.TLSKeyFile })},
		{env: "HSTS_SUBDOMAINS", standard: "false", usage: "whether Strict-Transport-Security also covers subdomains; https servers send the header, except on loopback", set: truth(func(c *Config) *bool { return &c.HSTSSubdomains })},
		{env: "ADMIN_LISTEN", usage: "address of a second listener for operators: metrics, profiles, health; loopback is recommended (default: none)", set: listenAddress(func(c *Config) *string { return &c.AdminListen })},
		{env: "LOG_LEVEL", standard: "info", usage: "debug, info, warn or error", set: logLevel},
		{env: "LOG_FORMAT", standard: "json", usage: "json or text", set: logFormat},
	}
}

func keyset(c *Config, value string) error {
	c.Keyset = secret.New(value)
	return nil
}

func keysetKEK(c *Config, value string) (err error) {
	c.KeysetKEK, err = vault.ParseAddress(value)
	return err
}

func vaultToken(c *Config, value string) error {
	if found := stray(value, ofIdentifier); found != "" { // bff sends it in a header
		return fmt.Errorf("has %s, which a Vault token never has", found)
	}
	c.VaultToken = secret.New(value)

	return nil
}
