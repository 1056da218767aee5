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

// AddFlags declares a flag for every setting, or for those named as their variables are, without the prefix.
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

// Check finds faults that take knowledge of another package, such as whether a keyset can be used.
type Check func(*Config) []string

// Load reads flags and environment (flags win), or returns a *FaultsError with everything that is wrong.
func Load(flags *pflag.FlagSet, environ []string, checks ...Check) (*Config, error) {
	config, faulty, faults := read(flags, environ)

	faults = append(faults, config.missing(faulty)...)
	for _, check := range checks {
		faults = append(faults, check(config)...)
	}

	if len(faults) > 0 {
		return config, &FaultsError{Faults: faults}
	}

	return config, nil
}

// ListenAddress is where a server listens that is given this environment and no flags, as far as that has no faults.
func ListenAddress(environ []string) string {
	c, _ := LoadOnly(nil, environ, "LISTEN")
	return c.Listen
}

// LoadOnly is Load for commands that need some settings alone, named as for AddFlags: the others may be missing or
// wrong.
func LoadOnly(flags *pflag.FlagSet, environ []string, only ...string) (*Config, error) {
	config, _, faults := read(flags, environ, only...)
	if len(faults) > 0 {
		return config, &FaultsError{Faults: faults}
	}

	return config, nil
}

// read parses each setting, or those named, refuses what it does not know, and says which settings have a fault
// already.
func read(flags *pflag.FlagSet, environ []string, only ...string) (*Config, map[string]bool, []string) {
	config, faulty := &Config{}, map[string]bool{}

	given, faults := variables(environ)

	proxies, malformed := egress.Parse(environ)
	config.Proxies, faults = proxies, append(faults, malformed...)

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
			faulty[s.env] = true
			faults = append(faults, source+" "+s.withFound(err, value).Error())
		}
	}

	return config, faulty, faults
}

// variables collects the BFF_ environment, what platforms assign, and the faults of names nobody reads.
func variables(environ []string) (map[string]string, []string) {
	known, assigned := map[string]bool{}, map[string]bool{}
	for _, s := range settings() {
		known[s.variable()], assigned[s.platform] = true, s.platform != ""
		if s.secret || s.file {
			known[s.variable()+"_FILE"] = true
		}
	}
	given := map[string]string{}

	var faults []string
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if assigned[name] {
			given[name] = value
		}

		if !strings.HasPrefix(name, prefix) {
			continue
		}

		if !known[name] {
			faults = append(faults, oneLine(name)+" is not a variable this program knows"+didYouMean(name, known))
			continue
		}
		given[name] = value
	}
	slices.Sort(faults)

	return given, faults
}

// find returns the value of a setting and where it came from: flag, file, environment or default.
func (s setting) find(flags *pflag.FlagSet, given map[string]string) (value, source string, err error) {
	if s.secret {
		return s.findSecret(flags, given)
	}

	if flags != nil && flags.Changed(s.flag()) {
		value, err = flags.GetString(s.flag())
		if err == nil && s.file && databaseurl.HoldsSecret(value) {
			err = fmt.Errorf(
				"holds a password, which every process of the machine can see: give it in %s, or its file",
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
			return "", source, fmt.Errorf("and %s are both given; keep one", s.variable())
		}

		if err := s.checkWritten(path); err != nil {
			return "", source, foundPlace(err.Error(), path)
		}

		content, err := os.ReadFile(path)
		if err != nil {
			return "", source, unread(path, err)
		}

		value = strings.TrimSpace(string(content))
		if value == "" {
			return "", source, errors.New("names an empty file") // never the default: that might be another database
		}

		return value, source, nil
	}

	return given[s.variable()], s.variable(), nil
}

// secretFile is the file that a secret is to be read from, if one was named, and what named it.
func (s setting) secretFile(flags *pflag.FlagSet, given map[string]string) (path, source string) {
	if flags != nil && flags.Changed(s.flag()+"-file") {
		path, _ = flags.GetString(s.flag() + "-file")
		return path, "--" + s.flag() + "-file"
	}

	return given[s.variable()+"_FILE"], s.variable() + "_FILE"
}

// missing names the settings that have no default and were not given, and those that contradict each other.
func (c *Config) missing(faulty map[string]bool) []string {
	var faults []string
	if c.PublicURL == nil && !faulty["PUBLIC_URL"] {
		faults = append(
			faults,
			"BFF_PUBLIC_URL is required: the URL under which browsers reach this server, such as https://connect.example.com",
		)
	}

	if len(c.AuthClientIDs) == 0 && !faulty["AUTH_CLIENT_IDS"] {
		faults = append(
			faults,
			"BFF_AUTH_CLIENT_IDS is required: the client id that Upstash gave you (partnerships@upstash.com); `bff sandbox` needs none",
		)
	}

	if c.Keyset.IsZero() && !faulty["KEYSET"] {
		faults = append(
			faults,
			"BFF_KEYSET or BFF_KEYSET_FILE is required: make a keyset with `bff keyset create FILE`",
		)
	}

	if c.KeysetKEK != (vault.Address{}) && c.VaultToken.IsZero() && !faulty["VAULT_TOKEN"] {
		faults = append(faults,
			"BFF_VAULT_TOKEN or BFF_VAULT_TOKEN_FILE is required with BFF_KEYSET_KEK: a token that may decrypt with that key")
	}

	if len(c.ServiceTokens) > 0 && len(c.ReturnURLs) == 0 && !faulty["RETURN_URLS"] {
		faults = append(faults,
			"BFF_RETURN_URLS is required with BFF_SERVICE_TOKEN: where users are sent back to, such as https://app.example.com/upstash/return")
	}

	if len(c.ReturnURLs) > 0 && len(c.ServiceTokens) == 0 && !faulty["SERVICE_TOKEN"] {
		faults = append(faults,
			"BFF_SERVICE_TOKEN or BFF_SERVICE_TOKEN_FILE is required with BFF_RETURN_URLS: make a token with `bff token generate`")
	}

	if (c.TLSCertFile == "") != (c.TLSKeyFile == "") {
		faults = append(faults, "BFF_TLS_CERT_FILE and BFF_TLS_KEY_FILE go together: give both or neither")
	}

	if c.TLSCertFile != "" && c.PublicURL != nil && !c.Secure() {
		faults = append(faults, "BFF_PUBLIC_URL is http while BFF_TLS_CERT_FILE serves TLS: make it https")
	}

	if sameAddress(c.Listen, c.AdminListen) {
		faults = append(faults,
			"BFF_ADMIN_LISTEN is the address of BFF_LISTEN: metrics and profiles would be offered to everyone")
	}

	return faults
}
