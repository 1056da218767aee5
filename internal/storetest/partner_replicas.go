package storetest

import (
	"context"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

func (s *spread) PutService(ctx context.Context, service partner.Service) error {
	return s.next().PutService(ctx, service)
}

func (s *spread) InsertService(ctx context.Context, service partner.Service, event keys.Event) error {
	return s.next().InsertService(ctx, service, event)
}

func (s *spread) Services(ctx context.Context) ([]partner.Service, error) {
	return s.next().Services(ctx)
}

func (s *spread) FindService(ctx context.Context, id string) (partner.Service, error) {
	return s.next().FindService(ctx, id)
}

func (s *spread) DisableService(ctx context.Context, id string, at time.Time, event keys.Event) error {
	return s.next().DisableService(ctx, id, at, event)
}

func (s *spread) InsertToken(ctx context.Context, token partner.Token, event keys.Event) error {
	return s.next().InsertToken(ctx, token, event)
}

func (s *spread) Tokens(ctx context.Context, serviceID string) ([]partner.Token, error) {
	return s.next().Tokens(ctx, serviceID)
}

func (s *spread) FindToken(ctx context.Context, id string) (partner.Token, partner.Service, error) {
	return s.next().FindToken(ctx, id)
}

func (s *spread) TouchToken(ctx context.Context, id string, at time.Time) error {
	return s.next().TouchToken(ctx, id, at)
}

func (s *spread) EndToken(ctx context.Context, id string, until time.Time, revoke bool, event keys.Event) error {
	return s.next().EndToken(ctx, id, until, revoke, event)
}

func (s *spread) InsertConnectSession(ctx context.Context, made partner.ConnectSession) error {
	return s.next().InsertConnectSession(ctx, made)
}

func (s *spread) FindConnectSession(
	ctx context.Context, key partner.SessionKey,
) (partner.ConnectSession, partner.Service, error) {
	return s.next().FindConnectSession(ctx, key)
}

func (s *spread) MoveConnectSession(
	ctx context.Context, moved partner.ConnectSession, event keys.Event, from ...partner.SessionState,
) (bool, error) {
	return s.next().MoveConnectSession(ctx, moved, event, from...)
}

func (s *spread) CompleteConnectSession(
	ctx context.Context, done partner.ConnectSession, grant partner.Grant, event keys.Event,
) (string, error) {
	return s.next().CompleteConnectSession(ctx, done, grant, event)
}

func (s *spread) StandingGrant(ctx context.Context, serviceID, id, externalID string) (partner.Grant, error) {
	return s.next().StandingGrant(ctx, serviceID, id, externalID)
}

func (s *spread) Grants(ctx context.Context, filter partner.GrantFilter) ([]partner.Grant, error) {
	return s.next().Grants(ctx, filter)
}

func (s *spread) NarrowGrant(
	ctx context.Context, filter partner.GrantFilter, event keys.Event, narrow func(*partner.Grant) error,
) (partner.Grant, error) {
	return s.next().NarrowGrant(ctx, filter, event, narrow)
}

func (s *spread) RevokeGrants(
	ctx context.Context, filter partner.GrantFilter, by string, event keys.Event,
) (int, error) {
	return s.next().RevokeGrants(ctx, filter, by, event)
}

func (s *spread) TouchGrant(ctx context.Context, id, scope string, at time.Time) error {
	return s.next().TouchGrant(ctx, id, scope, at)
}

func (s *spread) GrantDatabases(ctx context.Context, grantID string) ([]partner.GrantDatabase, error) {
	return s.next().GrantDatabases(ctx, grantID)
}

func (s *spread) EraseConnection(ctx context.Context, connectionID string, event keys.Event) error {
	return s.next().EraseConnection(ctx, connectionID, event)
}

func (s *spread) ConnectionsOf(ctx context.Context, emailOrID string) ([]keys.Connection, error) {
	return s.next().ConnectionsOf(ctx, emailOrID)
}
