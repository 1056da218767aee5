package config

import (
	"errors"
	"strings"

	"github.com/upstash-connect/bff/internal/secret"
)

// serviceTokens reads one token per line: during a rotation, the old and the new one are valid. The broker checks their
// form.
func serviceTokens(c *Config, value string) error {
	for line := range strings.Lines(value) {
		if token := strings.TrimSpace(line); token != "" {
			c.ServiceTokens = append(c.ServiceTokens, secret.New(token))
		}
	}

	return nil
}

// returnURLs reads the list. The broker checks the form of the URLs, including wildcards.
func returnURLs(c *Config, value string) error {
	parts, err := entries(value, ofURLs)
	c.ReturnURLs = parts

	return err
}

// webhookURL reads the URL. The broker checks its form.
func webhookURL(c *Config, value string) error {
	parts, err := entries(value, ofURLs)
	if err != nil {
		return err
	}

	if len(parts) != 1 {
		return errors.New("must be one URL")
	}
	c.WebhookURL = parts[0]

	return nil
}

// webhookSecrets reads one secret per line: during a rotation, the old and the new one sign. The broker checks their
// form.
func webhookSecrets(c *Config, value string) error {
	for line := range strings.Lines(value) {
		if text := strings.TrimSpace(line); text != "" {
			c.WebhookSecrets = append(c.WebhookSecrets, secret.New(text))
		}
	}

	return nil
}

func webhookNetworks(c *Config, value string) (err error) {
	c.WebhookNetworks, err = networks(value)
	return err
}

// operations reads the list. The broker checks the names, and the patterns that end in *.
func operations(c *Config, value string) error {
	parts, err := entries(value, func(r rune) bool { return r == '*' || ofIdentifier(r) })
	c.AllowOperations = parts

	return err
}

// hideUsers is hideUser for a list, in which :* can replace the port.
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
