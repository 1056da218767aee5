package server

import (
	"context"
	"errors"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/webhook"
)

// openWebhooks stores the built-in service's endpoint, which the configuration defines, and creates the sender.
func (s *Server) openWebhooks(ctx context.Context, c *config.Config) (err error) {
	if s.broker.Partners.HasBuiltIn() {
		if err := s.putBuiltInEndpoint(ctx, c.WebhookURL); err != nil {
			return err
		}
	}

	s.webhooks, err = webhook.NewSender(webhook.Options{
		Store: s.database, Box: s.box, BuiltIn: c.WebhookSecrets, Networks: c.WebhookNetworks, Holder: s.member.ID(),
		Observe: func(outcome webhook.Outcome) { s.metrics.Webhook(string(outcome)) },
		Logger:  s.logger, Now: s.now,
	})

	return err
}

func (s *Server) putBuiltInEndpoint(ctx context.Context, url string) error {
	if url != "" {
		return s.database.PutEndpoint(ctx, webhook.Endpoint{ServiceID: partner.BuiltInID, URL: url})
	}

	err := s.database.DeleteEndpoint(ctx, partner.BuiltInID)
	if errors.Is(err, webhook.ErrNoEndpoint) {
		return nil
	}

	return err
}
