package storetest

import (
	"context"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

func (s *roundRobin) PutService(ctx context.Context, service partner.Service) error {
	return s.next().PutService(ctx, service)
}

func (s *roundRobin) InsertService(ctx context.Context, service partner.Service, event keys.Event) error {
	return s.next().InsertService(ctx, service, event)
}

func (s *roundRobin) Services(ctx context.Context) ([]partner.Service, error) {
	return s.next().Services(ctx)
}

func (s *roundRobin) FindService(ctx context.Context, id string) (partner.Service, error) {
	return s.next().FindService(ctx, id)
}

func (s *roundRobin) DisableService(ctx context.Context, id string, at time.Time, event keys.Event) error {
	return s.next().DisableService(ctx, id, at, event)
}

func (s *roundRobin) InsertToken(ctx context.Context, token partner.Token, event keys.Event) error {
	return s.next().InsertToken(ctx, token, event)
}

func (s *roundRobin) Tokens(ctx context.Context, serviceID string) ([]partner.Token, error) {
	return s.next().Tokens(ctx, serviceID)
}

func (s *roundRobin) FindToken(ctx context.Context, id string) (partner.Token, partner.Service, error) {
	return s.next().FindToken(ctx, id)
}

func (s *roundRobin) RecordTokenUse(ctx context.Context, id string, at time.Time) error {
	return s.next().RecordTokenUse(ctx, id, at)
}

func (s *roundRobin) EndToken(ctx context.Context, id string, until time.Time, revoke bool, event keys.Event) error {
	return s.next().EndToken(ctx, id, until, revoke, event)
}

func (s *roundRobin) InsertConnectSession(ctx context.Context, made partner.ConnectSession) error {
	return s.next().InsertConnectSession(ctx, made)
}

func (s *roundRobin) FindConnectSession(
	ctx context.Context, key partner.SessionKey,
) (partner.ConnectSession, partner.Service, error) {
	return s.next().FindConnectSession(ctx, key)
}

func (s *roundRobin) RecordDeparture(ctx context.Context, id string, at time.Time) error {
	return s.next().RecordDeparture(ctx, id, at)
}

func (s *roundRobin) MoveConnectSession(
	ctx context.Context, moved partner.ConnectSession, event keys.Event, from ...partner.SessionState,
) (bool, error) {
	return s.next().MoveConnectSession(ctx, moved, event, from...)
}

func (s *roundRobin) CompleteConnectSession(
	ctx context.Context, done partner.ConnectSession, grant partner.Grant, event keys.Event,
) (string, error) {
	return s.next().CompleteConnectSession(ctx, done, grant, event)
}

func (s *roundRobin) ActiveGrant(ctx context.Context, serviceID, id, externalID string) (partner.Grant, error) {
	return s.next().ActiveGrant(ctx, serviceID, id, externalID)
}

func (s *roundRobin) Grants(ctx context.Context, filter partner.GrantFilter) ([]partner.Grant, error) {
	return s.next().Grants(ctx, filter)
}

func (s *roundRobin) NarrowGrant(
	ctx context.Context, filter partner.GrantFilter, event keys.Event, narrow func(*partner.Grant) error,
) (partner.Grant, error) {
	return s.next().NarrowGrant(ctx, filter, event, narrow)
}

func (s *roundRobin) RevokeGrants(
	ctx context.Context, filter partner.GrantFilter, by string, event keys.Event,
) (int, error) {
	return s.next().RevokeGrants(ctx, filter, by, event)
}

func (s *roundRobin) RecordGrantUse(ctx context.Context, id, scope string, at time.Time) error {
	return s.next().RecordGrantUse(ctx, id, scope, at)
}

func (s *roundRobin) GrantDatabases(ctx context.Context, grantID string) ([]partner.GrantDatabase, error) {
	return s.next().GrantDatabases(ctx, grantID)
}

func (s *roundRobin) EraseConnection(ctx context.Context, connectionID string, event keys.Event) error {
	return s.next().EraseConnection(ctx, connectionID, event)
}

func (s *roundRobin) ConnectionsOf(ctx context.Context, emailOrID string) ([]keys.Connection, error) {
	return s.next().ConnectionsOf(ctx, emailOrID)
}
