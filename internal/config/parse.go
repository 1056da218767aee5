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

	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/loopback"
)

func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		if strings.Contains(value, "*") || strings.ContainsFunc(value, unicode.IsControl) {
			return errors.New("holds a wildcard or a control character")
		}
		*field(c) = value

		return nil
	}
}

func list(field func(*Config) *[]string) func(*Config, string) error {
	return func(c *Config, value string) error {
		for part := range strings.SplitSeq(value, ",") {
			part = strings.TrimSpace(part)
			if part == "" || strings.Contains(part, "*") || strings.ContainsFunc(part, unicode.IsControl) {
				return errors.New("has an empty entry, a wildcard or a control character")
			}
			*field(c) = append(*field(c), part)
		}

		return nil
	}
}

// What is shorter or longer was meant otherwise: a unit was mistaken.
const (
	shortest = 100 * time.Millisecond
	longest  = 366 * 24 * time.Hour
)

func duration(field func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, value string) error {
		parsed, err := time.ParseDuration(value)
		if err != nil || parsed <= 0 {
			return errors.New("is not a positive duration such as 90s, 10m or 2h")
		}

		if parsed < shortest || parsed > longest {
			return fmt.Errorf("is not between %s and %s", shortest, longest)
		}
		*field(c) = parsed

		return nil
	}
}

func rate(field func(*Config) *limit.Rate) func(*Config, string) error {
	return func(c *Config, value string) (err error) {
		*field(c), err = limit.ParseRate(value)
		return err
	}
}

// maxListCache keeps the promise that what is revoked is gone within five seconds.
const maxListCache = 4 * time.Second

func listCache(c *Config, value string) error {
	parsed, err := time.ParseDuration(value)
	if err != nil || parsed < 0 || parsed > maxListCache {
		return errors.New("is not a duration from 0 to 4s, such as 500ms or 1s")
	}
	c.ListCache = parsed

	return nil
}

func listenAddress(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		_, port, err := net.SplitHostPort(value)
		if err != nil {
			return errors.New("is not HOST:PORT or :PORT")
		}

		if number, err := strconv.Atoi(port); err != nil || number < 0 || number > 65535 {
			return errors.New("has no port between 0 and 65535")
		}
		*field(c) = value

		return nil
	}
}

// sameAddress reports whether two listeners could not both have what they ask for. Port 0 is any that is free.
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

// trustedProxies takes addresses and networks. The whole internet is not a proxy.
func trustedProxies(c *Config, value string) error {
	for part := range strings.SplitSeq(value, ",") {
		part = strings.TrimSpace(part)

		network, err := netip.ParsePrefix(part)
		if err != nil {
			address, addressErr := netip.ParseAddr(part)
			if addressErr != nil {
				return fmt.Errorf("holds %q, which is neither an address nor a network such as 10.0.0.0/8", part)
			}
			network = netip.PrefixFrom(address, address.BitLen())
		}

		if network.Bits() == 0 {
			return errors.New("trusts every address; name your proxies")
		}
		c.TrustedProxies = append(c.TrustedProxies, network.Masked())
	}

	return nil
}

func maxBudget(c *Config, value string) (err error) {
	if c.MaxBudget, err = strconv.ParseInt(value, 10, 64); err != nil || c.MaxBudget < 0 {
		return errors.New("is not a whole number of at least 0")
	}

	return nil
}

func maxDatabases(c *Config, value string) (err error) {
	if c.MaxDatabases, err = strconv.Atoi(value); err != nil || c.MaxDatabases < 0 {
		return errors.New("is not a whole number of at least 0")
	}

	return nil
}

func exposeCredentials(c *Config, value string) (err error) {
	if c.ExposeCredentials, err = strconv.ParseBool(value); err != nil {
		return errors.New("is neither true nor false")
	}

	return nil
}

func logLevel(c *Config, value string) error {
	if err := c.LogLevel.UnmarshalText([]byte(value)); err != nil {
		return errors.New("is none of debug, info, warn, error")
	}

	return nil
}

func logFormat(c *Config, value string) error {
	if value != "json" && value != "text" {
		return errors.New("is neither json nor text")
	}
	c.LogFormat = value

	return nil
}

// NewLogHandler makes the log handler that the configuration asks for.
func (c *Config) NewLogHandler(out io.Writer) slog.Handler {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "text" {
		return slog.NewTextHandler(out, options)
	}

	return slog.NewJSONHandler(out, options)
}

// NewLogger makes the logger that the configuration asks for. It writes each record at once.
func (c *Config) NewLogger(out io.Writer) *slog.Logger { return slog.New(c.NewLogHandler(out)) }
