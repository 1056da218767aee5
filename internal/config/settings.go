package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/vault"
)

// setting is one row: an environment variable, the flag of the same name, and where its value goes.
type setting struct {
	env      string // without the BFF_ prefix
	standard string // the default, as one would write it
	usage    string
	secret   bool                // given by its variable or in a file, never as a flag; never printed
	platform string              // the variable in which platforms assign a port; empty: none
	file     bool                // may be given in a file, for a part of it is secret
	hide     func(string) string // nil: the value may be shown as it is
	set      func(*Config, string) error
	noted    func(*Config, string) // takes the path of the file that a secret was read from; nil when nobody reads it again
}

func (s setting) variable() string { return prefix + s.env }
func (s setting) flag() string     { return strings.ReplaceAll(strings.ToLower(s.env), "_", "-") }

// settings is the whole configuration, in the order in which it is printed.
func settings() []setting {
	return []setting{
		{env: "LISTEN", standard: ":8080", platform: "PORT", usage: "address to listen on (default: the port in $PORT, which platforms assign, else :8080)", set: listenAddress(func(c *Config) *string { return &c.Listen })},
		{env: "PUBLIC_URL", usage: "URL under which browsers reach this server, with a path if it is served under one; decides cookies, HSTS, Origin and Host (required)", hide: hideUser, set: publicURL},
		{env: "APP_NAME", standard: "ACME", usage: "name of your product, shown to users and put into key names", set: name(func(c *Config) *string { return &c.AppName })},
		databaseSetting(),
		{env: "KEYSET", usage: "Tink keyset (JSON or base64) that seals secrets at rest (required)", secret: true, set: keyset, noted: func(c *Config, path string) { c.KeysetFile = path }},
		{env: "KEYSET_KEK", usage: "key in Vault that seals the keyset: hcvault://HOST[:PORT]/transit/keys/NAME (default: the keyset is in the clear)", hide: hideUser, set: keysetKEK},
		{env: "VAULT_TOKEN", usage: "token for Vault; its file is read again for each call", secret: true, set: vaultToken, noted: func(c *Config, path string) { c.VaultTokenFile = path }},
		{env: "AUTH_ISSUER", standard: "https://auth.upstash.com/", usage: "issuer of access tokens, with its trailing slash", hide: hideUser, set: issuer},
		{env: "AUTH_AUDIENCE", standard: "upstash-api", usage: "audience that access tokens must have", set: identifier(func(c *Config) *string { return &c.AuthAudience })},
		{env: "AUTH_CLIENT_IDS", usage: "OAuth client ids whose tokens are taken, comma separated; the first is the page's (required)", set: list(func(c *Config) *[]string { return &c.AuthClientIDs })},
		{env: "NATIVE_CLIENT_ID", usage: "OAuth client id of bff connect, whose redirect is http://localhost:3000; a server takes its tokens only if they are also among the client ids above", set: identifier(func(c *Config) *string { return &c.NativeClientID })},
		{env: "AUTH_EMAIL_CLAIM", standard: "https://user.io/email", usage: "claim of the access token that holds the account's e-mail", set: identifier(func(c *Config) *string { return &c.AuthEmailClaim })},
		{env: "AUTH_SCOPE", standard: "openid email", usage: "scope the page asks for", set: scope},
		{env: "UPSTASH_API_URL", standard: "https://api.upstash.com", usage: "the Upstash Developer API", hide: hideUser, set: upstashURL},
		{env: "REST_URL", standard: "https://{endpoint}", usage: "REST URL of a database; {endpoint} stands for its host", hide: hideUser, set: restURL},
		{env: "CONSOLE_URL", standard: "https://console.upstash.com", usage: "the Upstash console, to which users are sent to delete keys", hide: hideUser, set: consoleURL},
		{env: "MINT_MAX_TOKEN_AGE", standard: "10m", usage: "oldest login that may still make a developer key", set: duration(func(c *Config) *time.Duration { return &c.MintMaxTokenAge })},
		{env: "CREATE_SETTLE", standard: "60s", usage: "how long after a lost answer a create may still be carried out upstream", set: duration(func(c *Config) *time.Duration { return &c.CreateSettle })},
		{env: "AUDIT_RETENTION", standard: "400d", usage: "how long audit events are kept, 7d to 3650d", set: auditRetention},
		{env: "LIST_CACHE", standard: "1s", usage: "how old a list of databases may be that is answered without asking upstream again, at most 4s; 0 asks each time", set: listCache},
		{env: "SESSION_IDLE", standard: "2h", usage: "a session ends after this long without a request", set: duration(func(c *Config) *time.Duration { return &c.SessionIdle })},
		{env: "SESSION_MAX", standard: "48h", usage: "a session ends after this long in any case", set: duration(func(c *Config) *time.Duration { return &c.SessionMax })},
		{env: "ALLOWED_REGIONS", usage: "regions databases may be created in, comma separated (default: all)", set: list(func(c *Config) *[]string { return &c.AllowedRegions })},
		{env: "ALLOWED_PLANS", standard: "free,payg", usage: "plans databases may be created on, comma separated", set: list(func(c *Config) *[]string { return &c.AllowedPlans })},
		{env: "MAX_BUDGET", standard: "0", usage: "highest monthly budget of a database, in Upstash's unit; 0 sets no bound", set: maxBudget},
		{env: "MAX_DATABASES", standard: "0", usage: "most databases of an account that may exist for a further one to be created; 0 sets no bound", set: maxDatabases},
		{env: "LIMIT_REQUESTS", standard: "100/s", usage: "API calls of one account, as N/s, N/m or N/h; off sets no bound", set: rate(func(c *Config) *limit.Rate { return &c.LimitRequests })},
		{env: "LIMIT_CREATES", standard: "30/m", usage: "creates that one account may send to Upstash; off sets no bound", set: rate(func(c *Config) *limit.Rate { return &c.LimitCreates })},
		{env: "LIMIT_MINTS", standard: "10/h", usage: "developer keys that one account may ask Upstash for; off sets no bound", set: rate(func(c *Config) *limit.Rate { return &c.LimitMints })},
		{env: "SERVICE_TOKEN", usage: "token of your own backend, as `bff token generate` prints it; several, one a line, while you change it (default: no backend may call)", secret: true, set: serviceTokens},
		{env: "RETURN_URLS", usage: "URLs to which users are sent back to your own product, comma separated; compared exactly, but for ports on loopback (required with a service token)", hide: hideUsers, set: returnURLs},
		{env: "LIMIT_SERVICE_REQUESTS", standard: "1000/s", usage: "API calls of one service, whichever its user; off sets no bound", set: rate(func(c *Config) *limit.Rate { return &c.LimitServiceRequests })},
		{env: "EXPOSE_CREDENTIALS", standard: "true", usage: "whether GET /databases/{id}/credentials answers", set: truth(func(c *Config) *bool { return &c.ExposeCredentials })},
		{env: "TRUSTED_PROXIES", usage: "addresses or networks of reverse proxies whose X-Forwarded-For is believed, comma separated (default: none)", set: trustedProxies},
		{env: "CORS_ORIGINS", usage: "origins whose pages may call the API with an access token, comma separated, such as https://app.example.com (default: none)", hide: hideUsers, set: corsOrigins},
		{env: "TLS_CERT_FILE", usage: "certificate chain in PEM, to serve TLS and HTTP/2 without a proxy; read again when it changes", set: path(func(c *Config) *string { return &c.TLSCertFile })},
		{env: "TLS_KEY_FILE", usage: "the certificate's private key in PEM", set: path(func(c *Config) *string { return &c.TLSKeyFile })},
		{env: "HSTS_SUBDOMAINS", standard: "false", usage: "whether Strict-Transport-Security, which an https server sends but on loopback, also holds for all names below its own", set: truth(func(c *Config) *bool { return &c.HSTSSubdomains })},
		{env: "ADMIN_LISTEN", usage: "address of a second listener, for operators alone: metrics, profiles, health; loopback is recommended (default: none)", set: listenAddress(func(c *Config) *string { return &c.AdminListen })},
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
	if found := stray(value, ofIdentifier); found != "" { // it is sent in a header
		return fmt.Errorf("has %s, which no token of Vault has", found)
	}
	c.VaultToken = secret.New(value)

	return nil
}
