package webhook

import (
	"context"
	"sync"
	"time"

	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/secret"
)

// drain delivers the due events of a leased endpoint, in rounds, until no event is due, the receiver does not respond,
// the lease is lost or ctx ends. It ends the lease and returns the number of attempts.
func (s *Sender) drain(ctx context.Context, leased lease) (attempts int) {
	// An attempt in progress is finished and recorded: otherwise the next server would repeat it.
	finish := context.WithoutCancel(ctx)

	defer func() {
		if err := s.options.Store.ReleaseEndpoint(finish, leased.holder, leased.endpoint); err != nil {
			s.options.Logger.WarnContext(finish, "webhook lease not ended; it expires automatically within 30 seconds",
				"service", leased.endpoint.ServiceID, "error", err)
		}
	}()

	for ctx.Err() == nil {
		due, err := s.nextRound(finish, &leased)
		if err != nil {
			s.options.Logger.WarnContext(finish, "due webhooks not read",
				"service", leased.endpoint.ServiceID, "error", err)
		}

		if err != nil || len(due) == 0 {
			return attempts
		}
		attempts += len(due)

		if !s.round(finish, leased, due) {
			leased.endpoint.Failures++
			leased.endpoint.RetryAt = s.options.Now().Add(jittered(pauseAfter(leased.endpoint.Failures)))

			return attempts
		}
		leased.endpoint.Failures, leased.endpoint.RetryAt = 0, time.Time{}
	}

	return attempts
}

// nextRound extends the lease and returns the events that are due; none when the lease is lost. An operator may have
// changed the URL or the secrets, or disabled the service, since the last round.
func (s *Sender) nextRound(ctx context.Context, leased *lease) ([]Delivery, error) {
	endpoint, held, err := s.options.Store.ExtendLease(
		ctx, leased.endpoint.ServiceID, leased.holder, killpoint.Lease(endpointLease),
	)
	if err != nil || !held {
		return nil, err
	}
	leased.endpoint.URL, leased.endpoint.Secrets = endpoint.URL, endpoint.Secrets

	return s.options.Store.Due(ctx, endpoint.ServiceID, s.options.Now(), parallelAttempts)
}

// round attempts events of different grants at the same time. It reports whether the receiver responded to any.
func (s *Sender) round(ctx context.Context, leased lease, due []Delivery) (responded bool) {
	var (
		sending sync.WaitGroup
		mu      sync.Mutex
		secrets = s.secrets(ctx, leased.endpoint)
	)

	for _, delivery := range due {
		sending.Go(func() {
			answered := s.post(ctx, leased.endpoint.URL, secrets, delivery.Event)
			killpoint.Reach(killpoint.WebhookAnswered)
			s.record(ctx, leased.holder, delivery, answered)
			killpoint.Reach(killpoint.WebhookRecorded)

			mu.Lock()
			defer mu.Unlock()
			responded = responded || answered.status != 0
		})
	}
	sending.Wait()

	return responded
}

// record stores the outcome of an attempt. If that fails, the event is sent again: the receiver sees the same id.
func (s *Sender) record(ctx context.Context, holder string, delivery Delivery, answered answer) {
	now := s.options.Now()
	delivery.Attempts++
	delivery.LastStatus, delivery.LastError = answered.status, answered.problem
	outcome := OutcomeDelivered

	switch {
	case answered.problem == "":
		delivery.State, delivery.NextAttempt, delivery.DeliveredAt = Delivered, time.Time{}, now
	case !now.Before(delivery.GiveUpAt):
		delivery.State, delivery.NextAttempt, outcome = Failed, time.Time{}, OutcomeGivenUp
	default:
		delay := max(jittered(Backoff(delivery.Attempts)), answered.retryAfter)
		delivery.NextAttempt = earlier(now.Add(delay), delivery.GiveUpAt) // the last attempt is at the end

		outcome = OutcomeRejected
		if answered.status == 0 {
			outcome = OutcomeUnreachable
		}
	}

	recorded, err := s.options.Store.RecordAttempt(ctx, holder, delivery)
	if err != nil || !recorded {
		s.options.Logger.WarnContext(ctx, "webhook attempt not recorded; the event will be sent again",
			"service", delivery.ServiceID, "event", delivery.ID, "error", err)
	}
	s.options.Observe(outcome)

	if outcome != OutcomeDelivered {
		s.options.Logger.WarnContext(ctx, "webhook not delivered", "service", delivery.ServiceID, "event", delivery.ID,
			"attempts", delivery.Attempts, "reason", delivery.LastError, "state", string(delivery.State))
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}

	return b
}

// secrets returns the secrets that sign an endpoint's events: the configured ones of the built-in service, or the
// stored ones that have not expired.
func (s *Sender) secrets(ctx context.Context, endpoint Endpoint) []secret.Text {
	if endpoint.ServiceID == partner.BuiltInID {
		return s.options.BuiltIn
	}

	var opened []secret.Text

	for _, sealed := range endpoint.Secrets {
		if !sealed.ExpiresAt.IsZero() && !s.options.Now().Before(sealed.ExpiresAt) {
			continue
		}

		text, err := s.options.Box.Open(sealed.Sealed, sealed.Cell())
		if err != nil {
			s.options.Logger.ErrorContext(ctx, "webhook secret cannot be decrypted",
				"service", endpoint.ServiceID, "secret", sealed.ID, "error", err)
			continue
		}
		opened = append(opened, secret.New(string(text)))
	}

	return opened
}
