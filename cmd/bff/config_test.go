package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/test/harness"
)

// environ is a configuration that works, changed; a nil value removes a variable.
func environ(t *testing.T, changes map[string]any) []string {
	t.Helper()

	keyset, err := seal.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	usual := map[string]any{
		"BFF_PUBLIC_URL":      "https://connect.example.com",
		"BFF_AUTH_CLIENT_IDS": "client",
		"BFF_KEYSET":          strings.TrimSpace(string(keyset)),
		"BFF_DATABASE_URL":    "sqlite://" + filepath.Join(t.TempDir(), "bff.db"),
		"BFF_LISTEN":          "127.0.0.1:0",
	}
	maps.Copy(usual, changes)

	var list []string
	for name, value := range usual {
		if value != nil {
			list = append(list, name+"="+value.(string))
		}
	}

	return list
}

// Row S10, and S04 at the door: an invalid configuration is rejected before anything listens, with the variable's name.
//
// Threat model: S10.
func TestServeRejectsAnInvalidConfiguration(t *testing.T) {
	certificate, key := harness.CertificateFiles(t)
	token, _ := partner.NewToken(partner.Live, partner.BuiltInID)

	tests := map[string]struct {
		change map[string]any
		want   string // in the fault
	}{
		"no public URL": {map[string]any{"BFF_PUBLIC_URL": nil}, "BFF_PUBLIC_URL is required"},
		"no client id": {
			map[string]any{"BFF_AUTH_CLIENT_IDS": nil},
			"BFF_AUTH_CLIENT_IDS is required",
		},
		"no keyset": {
			map[string]any{"BFF_KEYSET": nil},
			"BFF_KEYSET or BFF_KEYSET_FILE is required",
		},
		"no token for Vault": {
			map[string]any{"BFF_KEYSET_KEK": "hcvault://127.0.0.1:9/transit/keys/bff"},
			"BFF_VAULT_TOKEN or BFF_VAULT_TOKEN_FILE is required",
		},
		"a clear keyset beside Vault": {
			map[string]any{"BFF_KEYSET_KEK": "hcvault://127.0.0.1:9/transit/keys/bff", "BFF_VAULT_TOKEN": "x"},
			"sealing keyset: it is not sealed",
		},
		"no address of Vault": {
			map[string]any{"BFF_KEYSET_KEK": "https://vault.example.com/"},
			"BFF_KEYSET_KEK is not hcvault://",
		},
		"issuer empty": {map[string]any{"BFF_AUTH_ISSUER": ""}, "BFF_AUTH_ISSUER is set but empty"},
		"audience empty": {
			map[string]any{"BFF_AUTH_AUDIENCE": ""},
			"BFF_AUTH_AUDIENCE is set but empty",
		},
		"client ids empty": {
			map[string]any{"BFF_AUTH_CLIENT_IDS": ""},
			"BFF_AUTH_CLIENT_IDS is set but empty",
		},
		"one client id empty": {
			map[string]any{"BFF_AUTH_CLIENT_IDS": "client,,other"},
			"BFF_AUTH_CLIENT_IDS has an empty entry",
		},
		"client ids of commas": {
			map[string]any{"BFF_AUTH_CLIENT_IDS": ","},
			"BFF_AUTH_CLIENT_IDS has an empty entry",
		},
		"client ids as docker passes them on": {
			map[string]any{"BFF_AUTH_CLIENT_IDS": `"my-client"`},
			"BFF_AUTH_CLIENT_IDS is in quotation marks; remove them; found `\"my-client\"`",
		},
		"client ids in JSON": {map[string]any{"BFF_AUTH_CLIENT_IDS": `["a","b"]`}, "found `[\"a\",\"b\"]`"},
		"client ids with a space": {
			map[string]any{"BFF_AUTH_CLIENT_IDS": "a b"},
			`BFF_AUTH_CLIENT_IDS has an entry with a space; separate entries with commas only; found "a b"`,
		},
		"an invalid port of a platform": {
			map[string]any{"BFF_LISTEN": nil, "PORT": "web"},
			`PORT must be a port from 1 to 65535; found "web"`,
		},
		"an issuer that ends a directive": {
			map[string]any{"BFF_AUTH_ISSUER": "https://auth.example.com;script-src/"},
			"BFF_AUTH_ISSUER has an invalid host",
		},
		"a console with a quotation mark": {
			map[string]any{"BFF_CONSOLE_URL": `https://console".example.com`},
			"BFF_CONSOLE_URL has an invalid host",
		},
		"an invalid proxy": {
			map[string]any{"HTTPS_PROXY": "http://me:hunter2@"},
			"HTTPS_PROXY has no valid host",
		},
		"a proxy's password with a slash": {
			map[string]any{"ALL_PROXY": "http://me:hunter2/x@proxy:3128"},
			"ALL_PROXY is not a URL",
		},
		"exceptions in quotation marks": {
			map[string]any{"https_proxy": "proxy:3128", "NO_PROXY": `"localhost,.internal"`},
			"NO_PROXY has an invalid entry",
		},
		"any client":   {map[string]any{"BFF_AUTH_CLIENT_IDS": "*"}, "wildcard"},
		"any audience": {map[string]any{"BFF_AUTH_AUDIENCE": "*"}, "wildcard"},
		"any origin": {
			map[string]any{"BFF_CORS_ORIGINS": "*"},
			"BFF_CORS_ORIGINS contains *, which allows any page",
		},
		"an origin with a wildcard": {
			map[string]any{"BFF_CORS_ORIGINS": "https://*.example.com"},
			"must not have a wildcard",
		},
		"the origin null": {map[string]any{"BFF_CORS_ORIGINS": "null"}, "allows any page"},
		"an origin over http": {
			map[string]any{"BFF_CORS_ORIGINS": "https://a.example,http://b.example"},
			"must be https",
		},
		"an origin with a slash": {
			map[string]any{"BFF_CORS_ORIGINS": "https://a.example/"},
			"a trailing slash",
		},
		"an origin as nobody sends it": {map[string]any{"BFF_CORS_ORIGINS": "https://bücher.example"}, "punycode"},
		"an empty origin": {
			map[string]any{"BFF_CORS_ORIGINS": "https://a.example,"},
			"BFF_CORS_ORIGINS",
		},
		"any host":  {map[string]any{"BFF_PUBLIC_URL": "https://*.example.com"}, "BFF_PUBLIC_URL"},
		"any proxy": {map[string]any{"BFF_TRUSTED_PROXIES": "0.0.0.0/0"}, "BFF_TRUSTED_PROXIES"},
		"public URL over http": {
			map[string]any{"BFF_PUBLIC_URL": "http://connect.example.com"},
			"must be https",
		},
		"issuer over http": {
			map[string]any{"BFF_AUTH_ISSUER": "http://auth.example.com/"},
			"must be https",
		},
		"upstream over http": {
			map[string]any{"BFF_UPSTASH_API_URL": "http://api.example.com"},
			"must be https",
		},
		"http on a host like loopback": {
			map[string]any{"BFF_UPSTASH_API_URL": "http://127.0.0.1.example.com"},
			"must be https",
		},
		"console over http": {
			map[string]any{"BFF_CONSOLE_URL": "http://console.example.com"},
			"must be https",
		},
		"issuer without its slash": {
			map[string]any{"BFF_AUTH_ISSUER": "https://auth.upstash.com"},
			"must end with /",
		},
		"public URL with escapes in its path": {
			map[string]any{"BFF_PUBLIC_URL": "https://example.com/a%2fb"},
			"must have a path of letters",
		},
		"public URL under a path of the server's own": {
			map[string]any{"BFF_PUBLIC_URL": "https://example.com/api"},
			"begins with /api",
		},
		"public URL with a password": {
			map[string]any{"BFF_PUBLIC_URL": "https://me:hunter2@example.com"},
			"must not have a user",
		},
		"not a URL": {
			map[string]any{"BFF_UPSTASH_API_URL": "api.upstash.com"},
			"must be an http(s) URL",
		},
		"a space behind a value": {map[string]any{"BFF_AUTH_AUDIENCE": "upstash-api "}, "spaces around"},
		"a space before a value": {
			map[string]any{"BFF_PUBLIC_URL": " https://connect.example.com"},
			"spaces around",
		},
		"a variable nobody reads": {
			map[string]any{"BFF_AUTH_CLIENT_ID": "client"},
			"BFF_AUTH_CLIENT_ID is unknown",
		},
		"a duration without a unit":    {map[string]any{"BFF_SESSION_IDLE": "3600"}, "BFF_SESSION_IDLE"},
		"a duration of nothing":        {map[string]any{"BFF_MINT_MAX_TOKEN_AGE": "0s"}, "BFF_MINT_MAX_TOKEN_AGE"},
		"a duration that is negative":  {map[string]any{"BFF_SESSION_MAX": "-1h"}, "BFF_SESSION_MAX"},
		"a list older than revocation": {map[string]any{"BFF_LIST_CACHE": "4001ms"}, "BFF_LIST_CACHE"},
		"a list of the future":         {map[string]any{"BFF_LIST_CACHE": "-1s"}, "BFF_LIST_CACHE"},
		"an unknown region":            {map[string]any{"BFF_ALLOWED_REGIONS": "us-east-1,moon-1"}, "moon-1"},
		"an unknown plan":              {map[string]any{"BFF_ALLOWED_PLANS": "gold"}, "gold"},
		"an invalid budget":            {map[string]any{"BFF_MAX_BUDGET": "lots"}, "BFF_MAX_BUDGET"},
		"another kind of database": {
			map[string]any{"BFF_DATABASE_URL": "mysql://localhost/bff"},
			"BFF_DATABASE_URL",
		},
		"an invalid port": {map[string]any{"BFF_LISTEN": "127.0.0.1:99999"}, "BFF_LISTEN"},
		"an invalid admin port": {
			map[string]any{"BFF_ADMIN_LISTEN": "9090"},
			"BFF_ADMIN_LISTEN must be HOST:PORT",
		},
		"one address for both": {
			map[string]any{"BFF_LISTEN": ":8443", "BFF_ADMIN_LISTEN": "127.0.0.1:8443"},
			"BFF_ADMIN_LISTEN and BFF_LISTEN are the same address",
		},
		"one loopback, written twice": {
			map[string]any{"BFF_LISTEN": "localhost:8443", "BFF_ADMIN_LISTEN": "127.0.0.1:8443"},
			"BFF_ADMIN_LISTEN and BFF_LISTEN are the same address",
		},
		"an invalid log level":        {map[string]any{"BFF_LOG_LEVEL": "loud"}, "BFF_LOG_LEVEL"},
		"S04 a keyset that is a word": {map[string]any{"BFF_KEYSET": "canary-keyset-hunter2"}, "sealing keyset"},
		"S04 a keyset file not there": {
			map[string]any{"BFF_KEYSET": nil, "BFF_KEYSET_FILE": "/nowhere/keyset.json"},
			"BFF_KEYSET_FILE cannot be read",
		},
		"S04 keyset and keyset file": {map[string]any{"BFF_KEYSET_FILE": "/nowhere/keyset.json"}, "both set"},
		"public URL with a query": {
			map[string]any{"BFF_PUBLIC_URL": "https://connect.example.com?token=hunter2"},
			"must not have a user, query",
		},
		"public URL with an empty query": {
			map[string]any{"BFF_PUBLIC_URL": "https://connect.example.com?"},
			"must not have a user, query",
		},
		"public URL with a fragment": {
			map[string]any{"BFF_PUBLIC_URL": "https://connect.example.com#hunter2"},
			"must not have a user, query",
		},
		"public URL without a host": {map[string]any{"BFF_PUBLIC_URL": "https://:443"}, "has no host"},
		"public URL with no such port": {
			map[string]any{"BFF_PUBLIC_URL": "https://connect.example.com:70000"},
			"an invalid port",
		},
		"public URL as nobody sends it": {map[string]any{"BFF_PUBLIC_URL": "https://bücher.example"}, "punycode"},
		"public URL with a last dot": {
			map[string]any{"BFF_PUBLIC_URL": "https://connect.example.com."},
			"not have a dot after its host",
		},
		"public URL of another scheme": {
			map[string]any{"BFF_PUBLIC_URL": "ftp://connect.example.com"},
			"must be an http(s) URL",
		},
		"issuer with a password": {
			map[string]any{"BFF_AUTH_ISSUER": "https://me:hunter2@auth.example.com/"},
			"must not have a user",
		},
		"upstream with a password": {
			map[string]any{"BFF_UPSTASH_API_URL": "https://me:hunter2@api.example.com"},
			"must not have a user",
		},
		"any issuer": {map[string]any{"BFF_AUTH_ISSUER": "*"}, "BFF_AUTH_ISSUER"},
		"databases over http": {
			map[string]any{"BFF_REST_URL": "http://redis.example.com/{endpoint}"},
			"BFF_REST_URL must be https",
		},
		"http on an address":         {map[string]any{"BFF_PUBLIC_URL": "http://10.0.0.7:8080"}, "must be https"},
		"one client id any":          {map[string]any{"BFF_AUTH_CLIENT_IDS": "client,cl*"}, "wildcard"},
		"one client id of two lines": {map[string]any{"BFF_AUTH_CLIENT_IDS": "cli\nent"}, "control character"},
		"an audience of two lines":   {map[string]any{"BFF_AUTH_AUDIENCE": "upstash\napi"}, "control character"},
		"a newline behind a value": {
			map[string]any{"BFF_AUTH_ISSUER": "https://auth.upstash.com/\n"},
			"spaces around",
		},
		"a newline behind a client id": {map[string]any{"BFF_AUTH_CLIENT_IDS": "client\n"}, "spaces around"},
		"a duration of a nanosecond": {
			map[string]any{"BFF_SESSION_IDLE": "7200ns"},
			"BFF_SESSION_IDLE must be between",
		},
		"a duration of a lifetime": {
			map[string]any{"BFF_SESSION_MAX": "1000000h"},
			"BFF_SESSION_MAX must be between",
		},
		"a duration that is a word": {map[string]any{"BFF_CREATE_SETTLE": "soon"}, "BFF_CREATE_SETTLE"},
		"a limit without a unit":    {map[string]any{"BFF_LIMIT_REQUESTS": "100"}, "BFF_LIMIT_REQUESTS"},
		"a service token that is a word": {
			map[string]any{"BFF_SERVICE_TOKEN": "canary-hunter2", "BFF_RETURN_URLS": "https://app.example.com/back"},
			"BFF_SERVICE_TOKEN: number 1 is not a complete service token",
		},
		"a return URL over http": {
			map[string]any{"BFF_SERVICE_TOKEN": token.Reveal(), "BFF_RETURN_URLS": "http://app.example.com/back"},
			"BFF_RETURN_URLS: number 1 must be https",
		},
		"a service token without return URLs": {
			map[string]any{"BFF_SERVICE_TOKEN": token.Reveal()},
			"BFF_RETURN_URLS is required",
		},
		"return URLs without a token": {
			map[string]any{"BFF_RETURN_URLS": "https://app.example.com/back"},
			"BFF_SERVICE_TOKEN or BFF_SERVICE_TOKEN_FILE is required",
		},
		"a limit that is negative": {map[string]any{"BFF_LIMIT_MINTS": "-1/h"}, "BFF_LIMIT_MINTS"},
		"a limit of a day":         {map[string]any{"BFF_LIMIT_CREATES": "10/d"}, "BFF_LIMIT_CREATES"},
		"databases below none":     {map[string]any{"BFF_MAX_DATABASES": "-1"}, "BFF_MAX_DATABASES"},
		"a switch in between":      {map[string]any{"BFF_EXPOSE_CREDENTIALS": "maybe"}, "BFF_EXPOSE_CREDENTIALS"},
		"another switch":           {map[string]any{"BFF_HSTS_SUBDOMAINS": "includeSubDomains"}, "BFF_HSTS_SUBDOMAINS"},
		"a proxy that is a name": {
			map[string]any{"BFF_TRUSTED_PROXIES": "proxy.internal"},
			"BFF_TRUSTED_PROXIES",
		},
		"a misspelt variable": {
			map[string]any{"BFF_ATUH_AUDIENCE": "upstash-api"},
			"did you mean BFF_AUTH_AUDIENCE?",
		},
		"a variable of Kubernetes": {map[string]any{"BFF_SERVICE_HOST": "10.0.0.1"}, "enableServiceLinks: false"},
		"a database of an empty file": {
			map[string]any{"BFF_DATABASE_URL": nil, "BFF_DATABASE_URL_FILE": os.DevNull},
			"BFF_DATABASE_URL_FILE names an empty file",
		},
		"a keyset file without a name": {
			map[string]any{"BFF_KEYSET": nil, "BFF_KEYSET_FILE": ""},
			"BFF_KEYSET_FILE is set but empty",
		},
		"TLS files behind an http URL": {
			map[string]any{
				"BFF_PUBLIC_URL":    "http://localhost:8080",
				"BFF_TLS_CERT_FILE": certificate,
				"BFF_TLS_KEY_FILE":  key,
			},
			"BFF_PUBLIC_URL must be https",
		},
		"TLS files that are not there": {
			map[string]any{"BFF_TLS_CERT_FILE": "/nowhere/cert.pem", "BFF_TLS_KEY_FILE": "/nowhere/key.pem"},
			"TLS certificate",
		},
		"TLS files swapped": {
			map[string]any{"BFF_TLS_CERT_FILE": key, "BFF_TLS_KEY_FILE": certificate},
			"do not contain a matching certificate and key",
		},
		"a certificate without its key": {map[string]any{"BFF_TLS_CERT_FILE": "/nowhere/cert.pem"}, "BFF_TLS_"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			given := environ(t, tc.change)

			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), []string{"serve"}, given, &stdout, &stderr); code != problem.ExitUsage {
				t.Fatalf("got exit code %d, want %d", code, problem.ExitUsage)
			}

			if !strings.Contains(stderr.String(), tc.want) {
				t.Errorf("got %q, want %q in it", stderr.String(), tc.want)
			}

			if strings.Count(stderr.String(), "\n  - ") != 1 {
				t.Errorf("got %q, want this one fault alone", stderr.String())
			}
			// `bff config` finds the same, and prints the rest.
			faults := stderr.String()
			stderr.Reset()

			if code := run(
				t.Context(), []string{"config"}, given, &stdout, &stderr,
			); code != problem.ExitUsage ||
				stderr.String() != faults {
				t.Errorf("bff config: got exit code %d and %q, want %d and the same", code, stderr.String(), problem.ExitUsage)
			}

			for _, secret := range []string{"hunter2", "keyData"} {
				if strings.Contains(stderr.String()+stdout.String(), secret) {
					t.Errorf("the fault tells a secret: %q", stderr.String())
				}
			}

			for _, entry := range given {
				if path, found := strings.CutPrefix(entry, "BFF_DATABASE_URL=sqlite://"); found {
					if _, err := os.Stat(path); err == nil {
						t.Error("a database was made all the same")
					}
				}
			}
		})
	}
}

// Threat model: S10.
func TestConfigReportsEveryErrorTogether(t *testing.T) {
	var stdout, stderr bytes.Buffer

	given := environ(
		t,
		map[string]any{
			"BFF_PUBLIC_URL":      nil,
			"BFF_AUTH_ISSUER":     "http://x",
			"BFF_KEYSET":          "word",
			"BFF_NONSENSE":        "1",
			"BFF_UPSTASH_API_URL": "https://me:hunter2@api.example.com",
			"BFF_SESSION_MAX":     "long",
		},
	)
	if code := run(t.Context(), []string{"serve", "--check"}, given, &stdout, &stderr); code != problem.ExitUsage {
		t.Errorf("got exit code %d, want %d", code, problem.ExitUsage)
	}

	if strings.Contains(stdout.String()+stderr.String(), "hunter2") {
		t.Errorf("a password is shown: %s%s", stdout.String(), stderr.String())
	}

	if got := strings.Count(stderr.String(), "\n  - "); got != 6 {
		t.Errorf("got %d errors, want 6: %s", got, stderr.String())
	}
}

// `bff config` prints the effective settings, and of a secret only that it is set.
func TestConfigPrintsNoSecret(t *testing.T) {
	for name, asFile := range map[string]bool{"by its variable": false, "by its file": true} {
		t.Run(name, func(t *testing.T) {
			given := environ(t, nil)
			at := slices.IndexFunc(given, func(entry string) bool { return strings.HasPrefix(entry, "BFF_KEYSET=") })

			keyset := strings.TrimPrefix(given[at], "BFF_KEYSET=")
			if asFile {
				path := filepath.Join(t.TempDir(), "keyset.json")
				if err := os.WriteFile(path, []byte(keyset), 0o600); err != nil {
					t.Fatal(err)
				}
				given[at] = "BFF_KEYSET_FILE=" + path
			}

			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), []string{"config"}, given, &stdout, &stderr); code != 0 {
				t.Fatalf("got exit code %d: %s", code, stderr.String())
			}

			if strings.Contains(stdout.String(), "keyData") || !strings.Contains(stdout.String(), "[redacted]") {
				t.Errorf("got %s, want the keyset redacted", stdout.String())
			}

			if !strings.Contains(stdout.String(), "https://connect.example.com") {
				t.Errorf("got %s, want what is in force", stdout.String())
			}
		})
	}
}

// `bff config` shows which proxy each of our own calls leaves through, and who decided that, without its password.
func TestConfigShowsTheProxiesInForce(t *testing.T) {
	var stdout, stderr bytes.Buffer

	given := environ(t, map[string]any{
		"https_proxy": "http://me:hunter2@proxy.example:3128", "HTTP_PROXY": "http://other.example:80", "NO_PROXY": "auth.upstash.com,.internal",
	})
	if code := run(t.Context(), []string{"config"}, given, &stdout, &stderr); code != 0 {
		t.Fatalf("got exit code %d: %s", code, stderr.String())
	}

	shown := strings.Join(strings.Fields(stdout.String()), " ")
	for _, want := range []string{
		"https_proxy http://xxxxx@proxy.example:3128 (environment)", "NO_PROXY auth.upstash.com,.internal (environment)",
		"BFF_AUTH_ISSUER reached directly (NO_PROXY)",
		"BFF_UPSTASH_API_URL reached through http://proxy.example:3128 (https_proxy)",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("got %s, want %q in it", stdout.String(), want)
		}
	}

	if strings.Contains(stdout.String(), "hunter2") {
		t.Errorf("got %s, want no password", stdout.String())
	}
}
