package server

import (
	"context"

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

// putBuiltInEndpoint stores the URL. Without one, it deletes nothing: another server on the database may have a URL,
// and deleting its endpoint would end the pending deliveries.
func (s *Server) putBuiltInEndpoint(ctx context.Context, url string) error {
	if url != "" {
		return s.database.PutEndpoint(ctx, webhook.Endpoint{ServiceID: partner.BuiltInID, URL: url})
	}

	endpoints, err := s.database.Endpoints(ctx)
	if err != nil {
		return err
	}

	for _, endpoint := range endpoints {
		if endpoint.ServiceID == partner.BuiltInID {
			s.logger.WarnContext(ctx, "this server does not deliver the webhooks of the service \"self\", because "+
				"BFF_WEBHOOK_URL is not set, but the database has a URL for it; if no other server sets BFF_WEBHOOK_URL, "+
				"remove it with: bff webhooks remove self")
		}
	}

	return nil
}
