package storetest

import (
	"context"
	"time"

	"github.com/upstash-connect/bff/internal/webhook"
)

func (s *roundRobin) LeaseEndpoint(
	ctx context.Context, holder, except string, at time.Time, lease time.Duration,
) (webhook.Endpoint, bool, error) {
	return s.next().LeaseEndpoint(ctx, holder, except, at, lease)
}

func (s *roundRobin) ExtendLease(
	ctx context.Context, serviceID, holder string, lease time.Duration,
) (webhook.Endpoint, bool, error) {
	return s.next().ExtendLease(ctx, serviceID, holder, lease)
}

func (s *roundRobin) ReleaseEndpoint(ctx context.Context, holder string, endpoint webhook.Endpoint) error {
	return s.next().ReleaseEndpoint(ctx, holder, endpoint)
}

func (s *roundRobin) Due(
	ctx context.Context, serviceID string, at time.Time, most int,
) ([]webhook.Delivery, error) {
	return s.next().Due(ctx, serviceID, at, most)
}

func (s *roundRobin) RecordAttempt(ctx context.Context, holder string, delivery webhook.Delivery) (bool, error) {
	return s.next().RecordAttempt(ctx, holder, delivery)
}

func (s *roundRobin) Endpoints(ctx context.Context) ([]webhook.Endpoint, error) {
	return s.next().Endpoints(ctx)
}

func (s *roundRobin) PutEndpoint(ctx context.Context, endpoint webhook.Endpoint) error {
	return s.next().PutEndpoint(ctx, endpoint)
}

func (s *roundRobin) ChangeEndpoint(
	ctx context.Context, serviceID string, change func(webhook.Endpoint, bool) (webhook.Endpoint, error),
) error {
	return s.next().ChangeEndpoint(ctx, serviceID, change)
}

func (s *roundRobin) DeleteEndpoint(ctx context.Context, serviceID string) error {
	return s.next().DeleteEndpoint(ctx, serviceID)
}

func (s *roundRobin) Deliveries(ctx context.Context, filter webhook.Filter) ([]webhook.Delivery, error) {
	return s.next().Deliveries(ctx, filter)
}

func (s *roundRobin) Resend(ctx context.Context, filter webhook.Filter, at time.Time) (int, error) {
	return s.next().Resend(ctx, filter, at)
}

func (s *roundRobin) EventsAfter(
	ctx context.Context, serviceID string, cursor int64, most int,
) ([]webhook.Event, error) {
	return s.next().EventsAfter(ctx, serviceID, cursor, most)
}

func (s *roundRobin) FeedPosition(
	ctx context.Context, serviceID, eventID string,
) (webhook.Event, bool, error) {
	return s.next().FeedPosition(ctx, serviceID, eventID)
}

func (s *roundRobin) Counts(ctx context.Context) (map[webhook.State]int64, time.Time, error) {
	return s.next().Counts(ctx)
}
