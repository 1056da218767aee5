package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// samples has a good value of every setting.
func samples() map[string]string {
	return map[string]string{
		"LISTEN": "127.0.0.1:8080", "PUBLIC_URL": "https://connect.example.com", "APP_NAME": "Müller & Söhne (Test)",
		"BRAND_LOGO_FILE": "testdata/logo.svg", "BRAND_LOGO_DARK_FILE": "testdata/logo.svg",
		"BRAND_FAVICON_FILE": "testdata/logo.svg", "BRAND_COLOR": "#1d4ed8", "BRAND_LINKS": "product=https://acme.example",
		"DATABASE_URL": "sqlite://bff.db", "KEYSET": "word", "KEYSET_KEK": "hcvault://vault:8200/transit/keys/bff",
		"VAULT_TOKEN": "hvs.CAESI", "AUTH_ISSUER": "https://auth.upstash.com/", "AUTH_AUDIENCE": "https://api.example/v2",
		"AUTH_CLIENT_IDS": "1234-abc.apps.example,other", "NATIVE_CLIENT_ID": "kD0f_-.~", "AUTH_EMAIL_CLAIM": "https://user.io/email",
		"AUTH_SCOPE": "openid email", "UPSTASH_API_URL": "https://api.upstash.com/v", "REST_URL": "https://{endpoint}",
		"CONSOLE_URL": "https://console.upstash.com", "MINT_MAX_TOKEN_AGE": "10m", "CREATE_SETTLE": "60s", "LIST_CACHE": "1s",
		"LANGUAGE": "de", "AUDIT_RETENTION": "400d", "SESSION_IDLE": "2h", "SESSION_MAX": "48h",
		"ALLOWED_REGIONS": "us-east-1, eu-west-1", "ALLOWED_PLANS": "free",
		"ALLOW_OPERATIONS": "redis.stats, vector.*",
		"MAX_BUDGET":       "1", "MAX_DATABASES": "1", "LIMIT_REQUESTS": "1/s", "LIMIT_CREATES": "off", "LIMIT_MINTS": "1/h",
		"SERVICE_TOKEN": "upc_one", "RETURN_URLS": "https://a.example/back,http://localhost:*,http://[::1]:3000/",
		"LIMIT_SERVICE_REQUESTS": "1/s", "WEBHOOK_URL": "https://a.example/hooks", "WEBHOOK_SECRET": "whsec_one",
		"WEBHOOK_ALLOWED_NETWORKS": "10.0.0.0/8,::1",
		"EXPOSE_CREDENTIALS":       "true", "HSTS_SUBDOMAINS": "true",
		"TRUSTED_PROXIES": "10.0.0.0/8,::1",
		"CORS_ORIGINS":    "https://a.example,http://[::1]:3000", "TLS_CERT_FILE": "/etc/my tls/cert (1).pem",
		"TLS_KEY_FILE": "key.pem", "ADMIN_LISTEN": "[::1]:9090", "LOG_LEVEL": "info", "LOG_FORMAT": "json",
	}
}

// Quotation marks and other syntax of a shell, JSON, YAML or a document are never part of a value: the error names
// the variable and quotes the value, except that of a secret.
func TestNothingIsWrittenAroundAValue(t *testing.T) {
	for _, s := range settings() {
		good, known := samples()[s.env]
		if !known {
			t.Errorf("%s has no sample", s.variable())
			continue
		}

		if _, err := LoadOnly(nil, []string{s.variable() + "=" + good}, s.env); err != nil {
			t.Errorf("%q is refused: %v", good, err)
		}

		for _, around := range []string{
			`"v"`, `'v'`, `"v`, `v"`, "`v`", "“v”", "„v“", "‘v’", "«v»", "[v]", `["v"]`, `['v']`, "{v}", "<v>", " v", "v ", "v\n", "\tv", "v\u00a0",
			"\u200bv", "v\u202e", "v\x00", "v\x1b[2J",
		} {
			value := strings.Replace(around, "v", good, 1)
			if known := s.secret || s.file || strings.HasPrefix(s.env, "TLS_"); known && s.checkWritten(value) == nil {
				continue // other tests cover the contents and names of files
			}

			_, err := LoadOnly(nil, []string{s.variable() + "=" + value}, s.env)

			var invalid *InvalidError
			if !errors.As(err, &invalid) || len(invalid.Errors) != 1 ||
				!strings.HasPrefix(invalid.Errors[0], s.variable()+" ") {
				t.Errorf("%s=%q: got %v, want one fault", s.variable(), value, err)
				continue
			}

			_, found, quotes := strings.Cut(invalid.Errors[0], "; found ")
			if quotes == (s.secret || s.file) || strings.ContainsAny(found, "\n\t\x00\x1b\u202e\u200b\u00a0") {
				t.Errorf("%s=%q: got %q, want what was found, visible", s.variable(), value, invalid.Errors[0])
			}
		}
	}
}

// Characters between the entries of a list, or inside a word, that are certainly a mistake.
func TestNothingElseIsWrittenInAValue(t *testing.T) {
	for setting, values := range map[string][]string{
		"AUTH_CLIENT_IDS":  {"a b", "a;b", "a, ,b", "a,", `a,"b"`, "a,b*", "a\tb", "a,\tb", "a\\b", "clïent", "a,[b]", "a(b)"},
		"NATIVE_CLIENT_ID": {"a,b", "a b", "a*", `a"b`},
		"AUTH_AUDIENCE":    {"upstash api", "upstash-api,other", "a\u2028b"},
		"AUTH_EMAIL_CLAIM": {"https://user.io/e mail"},
		"AUTH_SCOPE":       {"openid,email", "openid  email", "openid\temail", `openid "email"`, "openid\u00a0email"},
		"APP_NAME":         {"A\tB", "A\u00a0B", "A\u202eB", "A\u200bB", `A "B"`, "A <B>", "A [B]"},
		"ALLOWED_REGIONS":  {"us-east-1 eu-west-1", "us-east-1;eu-west-1", `us-east-1,"eu-west-1"`},
		"TRUSTED_PROXIES":  {"10.0.0.1 10.0.0.2", "10.0.0.1;10.0.0.2", `"10.0.0.1","10.0.0.2"`},
		"CORS_ORIGINS":     {"https://a.example https://b.example", `https://a.example,"https://b.example"`},
		"RETURN_URLS":      {"https://a.example/ https://b.example/", `https://a.example/,"https://b.example/"`, "https://a.example/b c"},
		"LISTEN":           {"a b:80", `"127.0.0.1":80`, "a;b:80", "127.0.0.1:+80", ":8 0"},
		"ADMIN_LISTEN":     {"a/b:80"},
	} {
		for _, value := range values {
			_, err := LoadOnly(nil, []string{prefix + setting + "=" + value}, setting)
			if err == nil || !strings.Contains(err.Error(), "; found ") {
				t.Errorf("%s=%q: got %v, want a fault with what was found", setting, value, err)
			}
		}
	}
}

// Callers' addresses are compared as IPv4 where they are: a proxy that is written as IPv4 in IPv6 is that one too.
func TestAProxyIsTrustedHoweverItsAddressIsWritten(t *testing.T) {
	for written, want := range map[string]string{
		"::ffff:10.0.0.1": "10.0.0.1/32", "::ffff:10.0.0.0/104": "10.0.0.0/8", "::ffff:a00:1/128": "10.0.0.1/32",
		"::ffff:10.1.2.3/104": "10.0.0.0/8", "10.1.2.3/8": "10.0.0.0/8", "fd00::1": "fd00::1/128",
	} {
		c, err := LoadOnly(nil, []string{"BFF_TRUSTED_PROXIES=" + written}, "TRUSTED_PROXIES")
		if err != nil || len(c.TrustedProxies) != 1 || c.TrustedProxies[0].String() != want {
			t.Errorf("%s: got %v, %v; want %s", written, c, err, want)
		}
	}

	for _, all := range []string{"::ffff:0:0/96", "::ffff:10.0.0.0/96", "::/0"} {
		if _, err := LoadOnly(nil, []string{"BFF_TRUSTED_PROXIES=" + all}, "TRUSTED_PROXIES"); err == nil {
			t.Errorf("%s is every address, and was taken", all)
		}
	}
}

// A host that would start another directive or header where it is inserted: every URL setting rejects it.
func TestHostsOfURLsAreValidInHeaders(t *testing.T) {
	hosts := []string{
		"a;script-src *", "a;b.example", `a"b.example`, "a b.example", "a'b.example", "a,b.example", "a\rb", "a\nb.example",
		"a%20b.example", "a%3bb.example", "a<b.example", "a(b).example", "a*b.example", "a..b", "-a.example", "bücher.example", "[::1%25;]",
	}
	urls := map[string]string{
		"PUBLIC_URL": "https://HOST", "AUTH_ISSUER": "https://HOST/", "UPSTASH_API_URL": "https://HOST",
		"REST_URL": "https://{endpoint}.HOST", "CONSOLE_URL": "https://HOST", "CORS_ORIGINS": "https://a.example,https://HOST",
		"KEYSET_KEK": "hcvault://HOST/transit/keys/bff", "BRAND_LINKS": "product=https://HOST",
	}

	for _, s := range settings() {
		if _, listed := urls[s.env]; !listed && s.hide != nil && s.env != "DATABASE_URL" && s.env != "RETURN_URLS" && s.env != "WEBHOOK_URL" {
			t.Errorf("%s is not among the URLs of this test", s.variable())
		}
	}

	for setting, form := range urls {
		for _, host := range hosts {
			value := strings.Replace(form, "HOST", host, 1)
			if _, err := LoadOnly(nil, []string{prefix + setting + "=" + value}, setting); err == nil {
				t.Errorf("%s=%q is accepted", setting, value)
			}
		}

		for _, host := range []string{"auth.example.com", "auth.example.com:8443", "my_host.example"} {
			value := strings.Replace(form, "HOST", host, 1)
			if _, err := LoadOnly(nil, []string{prefix + setting + "=" + value}, setting); err != nil {
				t.Errorf("%s=%q: %v", setting, value, err)
			}
		}
	}

	for _, value := range []string{"https://a.example/b c/", `https://a.example/"/`, "https://a.example/<b>/", "https://a.example/é/"} {
		if _, err := LoadOnly(nil, []string{"BFF_AUTH_ISSUER=" + value}, "AUTH_ISSUER"); err == nil {
			t.Errorf("%q is accepted", value)
		}
	}
}

// Names of products, as their owners write them.
func TestNamesArePeoples(t *testing.T) {
	for _, name := range []string{
		"ACME", "École", "Müller & Söhne GmbH", "株式会社", "O'Reilly", "L’Oréal", "Yahoo!", "Levi's", "C++ (beta)", "A, B; C", "50% off", "#1",
	} {
		c, err := LoadOnly(nil, []string{"BFF_APP_NAME=" + name}, "APP_NAME")
		if err != nil || c.AppName != name {
			t.Errorf("%q: got %q, %v", name, c.AppName, err)
		}
	}
}

// The name of a file that holds a secret is written in the same environment. A password is quoted by nobody.
func TestFaultsQuoteFilesAndNoSecrets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keyset")

	flags := pflag.NewFlagSet("bff", pflag.ContinueOnError)
	AddFlags(flags)

	if err := flags.Parse([]string{"--auth-client-ids", `"mine"`}); err != nil {
		t.Fatal(err)
	}

	_, err := Load(flags, []string{
		`BFF_KEYSET_FILE="` + file + `"`,
		`BFF_VAULT_TOKEN="hunter2"`,
		"BFF_SERVICE_TOKEN='hunter2'",
		"BFF_UPSTASH_API_URL='https://me:hunter2@api.example.com'",
		"BFF_RETURN_URLS=https://me:hunter2@a.example/ https://b.example/",
		"BFF_CORS_ORIGINS=https://me:hunter2@a.example",
		"BFF_TRUSTED_PROXIES=me:hunter2@10.0.0.1",
	})

	var invalid *InvalidError
	if !errors.As(err, &invalid) || strings.Contains(err.Error(), "hunter2") {
		t.Fatalf("got %v, want an InvalidError without a password", err)
	}

	for _, want := range []string{
		"--auth-client-ids is in quotation marks; remove them; found `\"mine\"`",
		"BFF_KEYSET_FILE is in quotation marks; remove them; found `\"" + file + "\"`",
		"BFF_VAULT_TOKEN is in quotation marks; remove them",
	} {
		if !slices.Contains(invalid.Errors, want) {
			t.Errorf("got %q, want %q among them", invalid.Errors, want)
		}
	}
}

// What belongs into a file is given in place of its path: it is a fault, and is not quoted, with a slash or without.
func TestSecretInsteadOfItsFileIsNotPrinted(t *testing.T) {
	t.Chdir(t.TempDir())

	for _, content := range []string{
		"hvs.hunter2", `"hvs.hunter2"`, "'hvs.hunter2'", " hvs.hunter2", "ab/hunter2+cd==", "/hunter2/x==",
		`{"primaryKeyId":1,"key":[{"keyData":{"typeUrl":"type.googleapis.com/x","value":"hunter2"}}]}`,
		"postgres://bff:hunter2@db/bff", "sqlite://hunter2.db",
		"-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----", `-----BEGIN PRIVATE KEY-----\nhunter2`,
	} {
		for _, s := range settings() {
			variable := s.variable() + "_FILE"
			switch {
			case s.secret, s.file:
			case s.env == "TLS_KEY_FILE" && isPEM(content):
				variable = s.variable()
			default:
				continue
			}

			_, err := Load(nil, []string{variable + "=" + content})
			if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), variable+" ") {
				t.Errorf("%s=%s: got %v, want a fault of it that quotes nothing", variable, content, err)
			}
		}
	}
}

// A path that is misspelt behind what exists is shown: that helps, and is no secret.
func TestFileThatIsNotThereIsNamed(t *testing.T) {
	directory := t.TempDir()
	t.Chdir(directory)

	if err := os.Mkdir("secrets", 0o700); err != nil {
		t.Fatal(err)
	}

	for _, path := range []string{directory + "/keyset.json", "secrets/keyset.json", "./keyset.json", "../keyset.json"} {
		_, err := Load(nil, []string{"BFF_KEYSET_FILE=" + path})
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v, want %s in it", err, path)
		}
	}
}
