package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/upstash-connect/bff/internal/hostname"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/loopback"
)

// identifier parses one word that somebody else defined: a client ID, an audience, a claim.
func identifier(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		if found := stray(value, ofIdentifier); found != "" {
			return fmt.Errorf("has %s, which is not allowed", found)
		}
		*field(c) = value

		return nil
	}
}

// name parses a name that people chose.
func name(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		if found := stray(value, ofName); found != "" {
			return fmt.Errorf("has %s, which is not allowed", found)
		}
		*field(c) = value

		return nil
	}
}

// scope parses words separated by single spaces (RFC 6749 section 3.3).
func scope(c *Config, value string) error {
	for word := range strings.SplitSeq(value, " ") {
		if found := stray(word, ofIdentifier); found != "" || word == "" {
			return errors.New("must be scopes separated by single spaces, such as openid email")
		}
	}
	c.AuthScope = value

	return nil
}

// path parses the path of a file, which may contain almost any character.
func path(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		if isPEM(value) {
			return errors.New("contains the content of a file; set it to the file's path")
		}

		if found := stray(value, func(r rune) bool { return r != '*' && !unicode.IsControl(r) }); found != "" {
			return fmt.Errorf("has %s, which is not allowed", found)
		}
		*field(c) = value

		return nil
	}
}

// list parses comma-separated identifiers.
func list(field func(*Config) *[]string) func(*Config, string) error {
	return func(c *Config, value string) error {
		parts, err := entries(value, ofIdentifier)
		if err != nil {
			return err
		}
		*field(c) = parts

		return nil
	}
}

// entries splits a comma-separated list, and removes spaces around entries. It rejects characters that are not allowed.
func entries(value string, allowed func(rune) bool) ([]string, error) {
	if strings.HasPrefix(value, "[") && strings.HasSuffix(value, "]") {
		return nil, errors.New("is in brackets; separate the entries with commas, without brackets and quotation marks")
	}

	var found []string
	for part := range strings.SplitSeq(value, ",") {
		part = strings.Trim(part, " ")
		if part == "" {
			return nil, errors.New("has an empty entry")
		}

		if name := stray(part, allowed); name != "" {
			what := fmt.Sprintf("has an entry with %s; separate entries with commas only", name)
			if strings.ContainsAny(part, "@?#") { // of a URL: the rest may be a secret
				return nil, errors.New(what)
			}

			return nil, &foundError{what: what, found: part}
		}
		found = append(found, part)
	}

	return found, nil
}

// A shorter or longer duration is probably a wrong unit.
const (
	shortest = 100 * time.Millisecond
	longest  = 366 * 24 * time.Hour
)

func duration(field func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, value string) error {
		parsed, err := time.ParseDuration(value)
		if err != nil || parsed <= 0 {
			return errors.New("must be a positive duration such as 90s, 10m or 2h")
		}

		if parsed < shortest || parsed > longest {
			return fmt.Errorf("must be between %s and %s", shortest, longest)
		}
		*field(c) = parsed

		return nil
	}
}

const (
	day                           = 24 * time.Hour
	leastRetention, mostRetention = 7, 3650 // days; the database rejects shorter retention
)

func auditRetention(c *Config, value string) error {
	number, isDays := strings.CutSuffix(value, "d")

	days, err := strconv.Atoi(number)
	if err != nil || !isDays || days < leastRetention || days > mostRetention {
		return fmt.Errorf("must be a number of days between %dd and %dd", leastRetention, mostRetention)
	}
	c.AuditRetention = time.Duration(days) * day

	return nil
}

func rate(field func(*Config) *limit.Rate) func(*Config, string) error {
	return func(c *Config, value string) (err error) {
		*field(c), err = limit.ParseRate(value)
		return err
	}
}

// maxListCache guarantees that revoked access ends within five seconds.
const maxListCache = 4 * time.Second

func listCache(c *Config, value string) error {
	parsed, err := time.ParseDuration(value)
	if err != nil || parsed < 0 || parsed > maxListCache {
		return errors.New("must be a duration from 0 to 4s, such as 500ms or 1s")
	}
	c.ListCache = parsed

	return nil
}

func listenAddress(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		host, port, err := net.SplitHostPort(value)
		if err != nil {
			return errors.New("must be HOST:PORT or :PORT")
		}

		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return errors.New("must have a port from 0 to 65535")
		}

		if host, _, _ = strings.Cut(host, "%"); host != "" && !hostname.Valid(host) { // a zone names an interface
			return errors.New("has an invalid host")
		}
		*field(c) = value

		return nil
	}
}

// anyHost returns the address for a port that a platform assigned.
func anyHost(port string) (string, error) {
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
		return "", &foundError{"must be a port from 1 to 65535", port}
	}

	return ":" + port, nil
}

// sameAddress reports whether two listen addresses conflict. Port 0 never does: it picks a free port.
func sameAddress(one, other string) bool {
	oneHost, onePort, oneErr := net.SplitHostPort(one)

	otherHost, otherPort, otherErr := net.SplitHostPort(other)
	if oneErr != nil || otherErr != nil || onePort == "0" || onePort != otherPort {
		return false
	}

	return oneHost == otherHost || everywhere(oneHost) || everywhere(otherHost) ||
		(loopback.Host(oneHost) && loopback.Host(otherHost))
}

func everywhere(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || (ip != nil && ip.IsUnspecified())
}

// trustedProxies parses addresses and networks. It rejects the network of all addresses.
func trustedProxies(c *Config, value string) error {
	found, err := networks(value)
	if err != nil {
		return err
	}

	for _, network := range found {
		if network.Bits() == 0 {
			return errors.New("trusts every address; list the addresses of your proxies")
		}
	}
	c.TrustedProxies = found

	return nil
}

// networks reads a comma-separated list of networks and single addresses.
func networks(value string) ([]netip.Prefix, error) {
	parts, err := entries(value, unicode.IsPrint)
	if err != nil {
		return nil, err
	}

	var found []netip.Prefix

	for _, part := range parts {
		network, err := netip.ParsePrefix(part)
		if err != nil {
			address, addressErr := netip.ParseAddr(part)
			if addressErr != nil {
				return nil, foundIn("must list addresses and networks such as 10.0.0.0/8", part)
			}
			network = netip.PrefixFrom(address, address.BitLen())
		}

		found = append(found, plainNetwork(network).Masked())
	}

	return found, nil
}

// plainNetwork converts an IPv4 network in IPv6 notation (::ffff:10.0.0.0/104) to IPv4, because callers' addresses are
// compared as IPv4.
func plainNetwork(network netip.Prefix) netip.Prefix {
	const mapped = 96 // bits before the IPv4 address (RFC 4291 section 2.5.5.2)

	if network.Addr().Is4In6() && network.Bits() >= mapped {
		return netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-mapped)
	}

	return network
}

func maxBudget(c *Config, value string) (err error) {
	if c.MaxBudget, err = strconv.ParseInt(value, 10, 64); err != nil || c.MaxBudget < 0 {
		return errors.New("must be a whole number of at least 0")
	}

	return nil
}

func maxDatabases(c *Config, value string) (err error) {
	if c.MaxDatabases, err = strconv.Atoi(value); err != nil || c.MaxDatabases < 0 {
		return errors.New("must be a whole number of at least 0")
	}

	return nil
}

func truth(field func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, value string) (err error) {
		if *field(c), err = strconv.ParseBool(value); err != nil {
			return errors.New("must be true or false")
		}

		return nil
	}
}

func logLevel(c *Config, value string) error {
	if err := c.LogLevel.UnmarshalText([]byte(value)); err != nil {
		return errors.New("must be debug, info, warn or error")
	}

	return nil
}

func pageLanguage(c *Config, value string) error {
	if value != "en" && value != "de" {
		return errors.New("must be en or de")
	}
	c.Language = value

	return nil
}

func logFormat(c *Config, value string) error {
	if value != "json" && value != "text" {
		return errors.New("must be json or text")
	}
	c.LogFormat = value

	return nil
}

// NewLogHandler returns a log handler with the configured level and format.
func (c *Config) NewLogHandler(out io.Writer) slog.Handler {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "text" {
		return slog.NewTextHandler(out, options)
	}

	return slog.NewJSONHandler(out, options)
}

// NewLogger returns a logger with the configured level and format. It does not buffer.
func (c *Config) NewLogger(out io.Writer) *slog.Logger { return slog.New(c.NewLogHandler(out)) }
