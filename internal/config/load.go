package config

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/internal/databaseurl"
	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/vault"
)

const prefix = "BFF_"

// AddFlags declares a flag for every setting, or for those in only, which has variable names without the prefix.
func AddFlags(flags *pflag.FlagSet, only ...string) {
	for _, s := range settings() {
		if len(only) == 0 || slices.Contains(only, s.env) {
			s.addTo(flags)
		}
	}
}

func (s setting) addTo(flags *pflag.FlagSet) {
	if s.secret || s.file {
		// Every process on the machine can read a command line, so a flag names only the secret's file.
		flags.String(s.flag()+"-file", "", "file with the "+cmp.Or(s.noun, s.usage)+"; $"+s.variable()+"_FILE")
	}

	if !s.secret {
		flags.String(s.flag(), s.standard, s.usage+"; $"+s.variable())
	}
}

// Check finds errors that only another package can detect, such as an invalid keyset.
type Check func(*Config) []string

// Load reads flags and environment (flags win). It returns an *InvalidError with all errors.
func Load(flags *pflag.FlagSet, environ []string, checks ...Check) (*Config, error) {
	config, invalid, found := read(flags, environ)

	found = append(found, config.missing(invalid)...)
	for _, check := range checks {
		found = append(found, check(config)...)
	}

	if len(found) > 0 {
		return config, &InvalidError{Errors: found}
	}

	return config, nil
}

// ListenAddress returns the address on which a server with this environment and no flags listens, if it is valid.
func ListenAddress(environ []string) string {
	c, _ := LoadOnly(nil, environ, "LISTEN")
	return c.Listen
}

// LoadOnly is Load for commands that need only some settings, named as for AddFlags. The others may be missing or
// invalid.
func LoadOnly(flags *pflag.FlagSet, environ []string, only ...string) (*Config, error) {
	config, _, found := read(flags, environ, only...)
	if len(found) > 0 {
		return config, &InvalidError{Errors: found}
	}

	return config, nil
}

// read parses all settings, or only those named. It returns the invalid ones, and all errors, including unknown
// variables.
func read(flags *pflag.FlagSet, environ []string, only ...string) (*Config, map[string]bool, []string) {
	config, invalid := &Config{}, map[string]bool{}

	given, found := variables(environ)

	proxies, malformed := egress.Parse(environ)
	config.Proxies, found = proxies, append(found, malformed...)

	for _, s := range settings() {
		if len(only) > 0 && !slices.Contains(only, s.env) {
			continue
		}

		value, source, err := s.find(flags, given)
		if err == nil && value == "" {
			continue
		}

		if err == nil {
			err = s.checkWritten(value)
		}

		if err == nil {
			err = s.set(config, value)
		}

		if err == nil && s.noted != nil {
			path, _ := s.secretFile(flags, given)
			s.noted(config, path)
		}

		if err != nil {
			invalid[s.env] = true
			found = append(found, source+" "+s.withFound(err, value).Error())
		}
	}

	return config, invalid, found
}

// variables collects the BFF_ variables and those that platforms assign, and an error for each unknown name.
func variables(environ []string) (map[string]string, []string) {
	known, assigned := map[string]bool{}, map[string]bool{}
	for _, s := range settings() {
		known[s.variable()], assigned[s.platform] = true, s.platform != ""
		if s.secret || s.file {
			known[s.variable()+"_FILE"] = true
		}
	}
	given := map[string]string{}

	var found []string
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if assigned[name] {
			given[name] = value
		}

		if !strings.HasPrefix(name, prefix) {
			continue
		}

		if !known[name] {
			found = append(found, oneLine(name)+" is unknown"+didYouMean(name, known))
			continue
		}
		given[name] = value
	}
	slices.Sort(found)

	return given, found
}

// find returns the value of a setting and its source: flag, file, environment or default.
func (s setting) find(flags *pflag.FlagSet, given map[string]string) (value, source string, err error) {
	if s.secret {
		return s.findSecret(flags, given)
	}

	if flags != nil && flags.Changed(s.flag()) {
		value, err = flags.GetString(s.flag())
		if err == nil && s.file && databaseurl.HoldsSecret(value) {
			err = fmt.Errorf(
				"contains a password, which every process on this machine can see; set %s or its _FILE variable instead",
				s.variable(),
			)
		}

		return value, "--" + s.flag(), err
	}

	if s.file {
		if value, source, err = s.findSecret(flags, given); value != "" || err != nil {
			return value, source, err
		}
	}

	if value, ok := given[s.variable()]; ok {
		if value == "" {
			if s.standard == "" {
				return "", s.variable(), errors.New("is set but empty")
			}

			return "", s.variable(), errors.New("is set but empty; unset it to use the default")
		}

		return value, s.variable(), nil
	}

	if port := given[s.platform]; port != "" {
		value, err = anyHost(port)
		return value, s.platform, err
	}

	return s.standard, s.variable(), nil
}

func (s setting) findSecret(flags *pflag.FlagSet, given map[string]string) (value, source string, err error) {
	path, source := s.secretFile(flags, given)
	if _, named := given[s.variable()+"_FILE"]; named && path == "" && given[s.variable()] == "" {
		return "", source, errors.New("is set but empty")
	}

	if path != "" {
		if given[s.variable()] != "" {
			return "", source, fmt.Errorf("and %s are both set; keep one", s.variable())
		}

		if err := s.checkWritten(path); err != nil {
			return "", source, foundPath(err.Error(), path)
		}

		content, err := os.ReadFile(path)
		if err != nil {
			return "", source, readError(path, err)
		}

		value = strings.TrimSpace(string(content))
		if value == "" {
			return "", source, errors.New("names an empty file") // using the default could open another database
		}

		return value, source, nil
	}

	return given[s.variable()], s.variable(), nil
}

// secretFile returns the path of a secret's file, if one was given, and the source of the path.
func (s setting) secretFile(flags *pflag.FlagSet, given map[string]string) (path, source string) {
	if flags != nil && flags.Changed(s.flag()+"-file") {
		path, _ = flags.GetString(s.flag() + "-file")
		return path, "--" + s.flag() + "-file"
	}

	return given[s.variable()+"_FILE"], s.variable() + "_FILE"
}

// missing returns an error for each missing required setting, and for settings that contradict each other.
func (c *Config) missing(invalid map[string]bool) []string {
	var found []string
	if c.PublicURL == nil && !invalid["PUBLIC_URL"] {
		found = append(
			found,
			"BFF_PUBLIC_URL is required: the URL at which browsers reach this server, such as https://connect.example.com",
		)
	}

	if len(c.AuthClientIDs) == 0 && !invalid["AUTH_CLIENT_IDS"] {
		found = append(
			found,
			"BFF_AUTH_CLIENT_IDS is required: the client ID that Upstash gave you (partnerships@upstash.com); `bff sandbox` needs none",
		)
	}

	if c.Keyset.IsZero() && !invalid["KEYSET"] {
		found = append(
			found,
			"BFF_KEYSET or BFF_KEYSET_FILE is required: create a keyset with `bff keyset create FILE`",
		)
	}

	if c.KeysetKEK != (vault.Address{}) && c.VaultToken.IsZero() && !invalid["VAULT_TOKEN"] {
		found = append(found,
			"BFF_VAULT_TOKEN or BFF_VAULT_TOKEN_FILE is required with BFF_KEYSET_KEK: a token that may decrypt with that key")
	}

	if len(c.ServiceTokens) > 0 && len(c.ReturnURLs) == 0 && !invalid["RETURN_URLS"] {
		found = append(found,
			"BFF_RETURN_URLS is required with BFF_SERVICE_TOKEN: the URLs to which users return, such as https://app.example.com/upstash/return")
	}

	if len(c.ReturnURLs) > 0 && len(c.ServiceTokens) == 0 && !invalid["SERVICE_TOKEN"] {
		found = append(found,
			"BFF_SERVICE_TOKEN or BFF_SERVICE_TOKEN_FILE is required with BFF_RETURN_URLS: generate a token with `bff token generate`")
	}

	found = append(found, c.missingForWebhooks(invalid)...)

	if c.Brand.LogoDark != nil && c.Brand.Logo == nil && !invalid["BRAND_LOGO_FILE"] {
		found = append(found, "BFF_BRAND_LOGO_FILE is required with BFF_BRAND_LOGO_DARK_FILE: your logo on light backgrounds")
	}

	if (c.TLSCertFile == "") != (c.TLSKeyFile == "") {
		found = append(found, "BFF_TLS_CERT_FILE and BFF_TLS_KEY_FILE belong together: set both or neither")
	}

	if c.TLSCertFile != "" && c.PublicURL != nil && !c.Secure() {
		found = append(found, "BFF_PUBLIC_URL must be https, because BFF_TLS_CERT_FILE enables TLS")
	}

	if sameAddress(c.Listen, c.AdminListen) {
		found = append(found,
			"BFF_ADMIN_LISTEN and BFF_LISTEN are the same address: everyone could read metrics and profiles")
	}

	return found
}

// missingForWebhooks returns an error for each setting that BFF_WEBHOOK_URL requires.
func (c *Config) missingForWebhooks(invalid map[string]bool) []string {
	var found []string

	if c.WebhookURL != "" && len(c.ServiceTokens) == 0 && !invalid["SERVICE_TOKEN"] {
		found = append(found,
			"BFF_SERVICE_TOKEN or BFF_SERVICE_TOKEN_FILE is required with BFF_WEBHOOK_URL, which belongs to your own backend")
	}

	if c.WebhookURL != "" && len(c.WebhookSecrets) == 0 && !invalid["WEBHOOK_SECRET"] {
		found = append(found,
			"BFF_WEBHOOK_SECRET or BFF_WEBHOOK_SECRET_FILE is required with BFF_WEBHOOK_URL: "+
				"generate a secret with `bff webhooks generate-secret`")
	}

	return found
}
