package config

import (
	"strings"

	"github.com/upstash-connect/bff/internal/secret"
)

// serviceTokens reads one token a line: while a token is changed, the old one and the new one are both accepted. What a
// token looks like is checked by the broker.
func serviceTokens(c *Config, value string) error {
	for line := range strings.Lines(value) {
		if token := strings.TrimSpace(line); token != "" {
			c.ServiceTokens = append(c.ServiceTokens, secret.New(token))
		}
	}

	return nil
}

// returnURLs reads the list alone. What a return URL looks like, a wildcard among it, is checked by the broker.
func returnURLs(c *Config, value string) error {
	parts, err := entries(value, ofURLs)
	c.ReturnURLs = parts

	return err
}

// hideUsers is hideUser for a list, in which :* may stand for any port.
func hideUsers(value string) string {
	var shown []string
	for part := range strings.SplitSeq(value, ",") {
		origin, anyPort := strings.CutSuffix(strings.TrimSpace(part), ":*")

		part = hideUser(origin)
		if anyPort {
			part += ":*"
		}
		shown = append(shown, part)
	}

	return strings.Join(shown, ",")
}
