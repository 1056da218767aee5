package broker

import (
	"fmt"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/webhook"
)

// UsableService is a config.Check that validates the tokens and return URLs of the built-in service. It is in this
// package because config does not know their format.
func UsableService(environment partner.Environment) config.Check {
	return func(c *config.Config) []string {
		var problems []string
		for i, token := range c.ServiceTokens {
			if _, err := partner.ParseToken(token.Reveal(), environment); err != nil {
				problems = append(problems, fmt.Sprintf(
					"BFF_SERVICE_TOKEN: number %d is not a complete service token of this environment (%s): "+
						"make one with `bff token generate`", i+1, environment,
				))
			}
		}

		for i, registered := range c.ReturnURLs {
			if _, err := partner.ParseReturnURL(registered); err != nil { // not quoted: it may hold a password
				problems = append(problems, fmt.Sprintf("BFF_RETURN_URLS: number %d %v", i+1, err))
			}
		}

		return append(problems, webhookErrors(c)...)
	}
}

// webhookErrors checks the form of the built-in service's endpoint. The errors quote neither: both may hold secrets.
func webhookErrors(c *config.Config) []string {
	var problems []string

	if c.WebhookURL != "" {
		if err := webhook.CheckURL(c.WebhookURL); err != nil {
			problems = append(problems, "BFF_WEBHOOK_URL "+err.Error())
		}
	}

	for i, text := range c.WebhookSecrets {
		if err := webhook.CheckSecret(text.Reveal()); err != nil {
			problems = append(problems, fmt.Sprintf("BFF_WEBHOOK_SECRET: number %d %v", i+1, err))
		}
	}

	return problems
}
