package storetest

import (
	"context"
	"crypto/sha256"
	"sync/atomic"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/rotation"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/session"
)

// RoundRobin combines several backends that share a database: each call uses the next one, as callers' requests reach
// different replicas.
func RoundRobin(backends ...Backend) Backend { return &roundRobin{backends: backends} }

type roundRobin struct {
	backends []Backend
	calls    atomic.Uint64
}

func (s *roundRobin) next() Backend { return s.backends[s.calls.Add(1)%uint64(len(s.backends))] }

func (s *roundRobin) FindConnection(ctx context.Context, account keys.Account) (keys.Connection, error) {
	return s.next().FindConnection(ctx, account)
}

func (s *roundRobin) EnsureConnection(
	ctx context.Context, account keys.Account, id string, at time.Time,
) (keys.Connection, error) {
	return s.next().EnsureConnection(ctx, account, id, at)
}

func (s *roundRobin) MoveConnection(
	ctx context.Context, id, keyName string, from, to keys.State, events ...keys.Event,
) (bool, error) {
	return s.next().MoveConnection(ctx, id, keyName, from, to, events...)
}

func (s *roundRobin) ReuseConnection(
	ctx context.Context, id, keyName string, from keys.State, email string, events ...keys.Event,
) (bool, error) {
	return s.next().ReuseConnection(ctx, id, keyName, from, email, events...)
}

func (s *roundRobin) DisconnectConnection(ctx context.Context, account keys.Account, at time.Time) (int, error) {
	return s.next().DisconnectConnection(ctx, account, at)
}

func (s *roundRobin) TakeLease(
	ctx context.Context, connectionID string, lease time.Duration,
) (keys.Connection, int64, error) {
	return s.next().TakeLease(ctx, connectionID, lease)
}

func (s *roundRobin) ReleaseLease(ctx context.Context, connectionID string, fence int64) error {
	return s.next().ReleaseLease(ctx, connectionID, fence)
}

func (s *roundRobin) OpenIntent(ctx context.Context, intent keys.Intent, lease time.Duration) error {
	return s.next().OpenIntent(ctx, intent, lease)
}

func (s *roundRobin) ResumeIntent(ctx context.Context, intent keys.Intent, lease time.Duration) error {
	return s.next().ResumeIntent(ctx, intent, lease)
}

func (s *roundRobin) CloseIntent(ctx context.Context, intent keys.Intent, state keys.IntentState) error {
	return s.next().CloseIntent(ctx, intent, state)
}

func (s *roundRobin) StoreKey(ctx context.Context, stored keys.StoredKey) (keys.Connection, error) {
	return s.next().StoreKey(ctx, stored)
}

func (s *roundRobin) FindIntent(ctx context.Context, intentID string) (keys.Intent, error) {
	return s.next().FindIntent(ctx, intentID)
}

func (s *roundRobin) RememberToken(
	ctx context.Context, connectionID string, digest [sha256.Size]byte, expires time.Time, events ...keys.Event,
) error {
	return s.next().RememberToken(ctx, connectionID, digest, expires, events...)
}

func (s *roundRobin) TokenSpent(ctx context.Context, connectionID string, digest [sha256.Size]byte) (bool, error) {
	return s.next().TokenSpent(ctx, connectionID, digest)
}

func (s *roundRobin) Record(ctx context.Context, event keys.Event) error {
	return s.next().Record(ctx, event)
}

func (s *roundRobin) Events(ctx context.Context, filter keys.EventFilter, each func(keys.Event) error) error {
	return s.next().Events(ctx, filter, each)
}

func (s *roundRobin) InsertSession(
	ctx context.Context, made session.Session, most int,
) ([][sha256.Size]byte, error) {
	return s.next().InsertSession(ctx, made, most)
}

func (s *roundRobin) FindSession(ctx context.Context, tokenHash [sha256.Size]byte) (session.Session, error) {
	return s.next().FindSession(ctx, tokenHash)
}

func (s *roundRobin) ExtendSession(ctx context.Context, tokenHash [sha256.Size]byte, idleUntil time.Time) error {
	return s.next().ExtendSession(ctx, tokenHash, idleUntil)
}

func (s *roundRobin) DeleteSessions(ctx context.Context, tokenHashes ...[sha256.Size]byte) error {
	return s.next().DeleteSessions(ctx, tokenHashes...)
}

func (s *roundRobin) DeleteSessionsOf(ctx context.Context, connectionID string) error {
	return s.next().DeleteSessionsOf(ctx, connectionID)
}

func (s *roundRobin) ClaimCreate(
	ctx context.Context, wanted proxy.CreateRecord, terms proxy.ClaimTerms,
) (proxy.CreateRecord, proxy.Claim, error) {
	return s.next().ClaimCreate(ctx, wanted, terms)
}

func (s *roundRobin) OpenCreates(ctx context.Context, connectionID string) ([]proxy.CreateRecord, error) {
	return s.next().OpenCreates(ctx, connectionID)
}

func (s *roundRobin) SendCreate(ctx context.Context, sending proxy.Sending) (bool, error) {
	return s.next().SendCreate(ctx, sending)
}

func (s *roundRobin) SuspendCreate(ctx context.Context, id string, fence int64, cutAt time.Time) error {
	return s.next().SuspendCreate(ctx, id, fence, cutAt)
}

func (s *roundRobin) FinishCreate(ctx context.Context, finished proxy.Finished) error {
	return s.next().FinishCreate(ctx, finished)
}

func (s *roundRobin) DropCreate(ctx context.Context, id string, fence int64) error {
	return s.next().DropCreate(ctx, id, fence)
}

func (s *roundRobin) Charge(
	ctx context.Context, name string, caller limit.Caller, rate limit.Rate,
) (bool, time.Duration, error) {
	return s.next().Charge(ctx, name, caller, rate)
}

func (s *roundRobin) Ahead(ctx context.Context, name string, caller limit.Caller) (time.Duration, error) {
	return s.next().Ahead(ctx, name, caller)
}

func (s *roundRobin) Refund(ctx context.Context, name string, caller limit.Caller, rate limit.Rate) error {
	return s.next().Refund(ctx, name, caller, rate)
}

func (s *roundRobin) RefuseEvents(ctx context.Context) error { return s.next().RefuseEvents(ctx) }

func (s *roundRobin) DeleteExpired(ctx context.Context, at time.Time) error {
	return s.next().DeleteExpired(ctx, at)
}

func (s *roundRobin) Heartbeat(ctx context.Context, server rotation.Server) error {
	return s.next().Heartbeat(ctx, server)
}

func (s *roundRobin) Leave(ctx context.Context, id string) error { return s.next().Leave(ctx, id) }

func (s *roundRobin) Servers(ctx context.Context, within time.Duration) ([]rotation.Server, error) {
	return s.next().Servers(ctx, within)
}

func (s *roundRobin) SealedColumns() []seal.Cell { return s.next().SealedColumns() }

func (s *roundRobin) SealedRows(
	ctx context.Context, column seal.Cell, after string, except []byte, most int,
) ([]rotation.Row, error) {
	return s.next().SealedRows(ctx, column, after, except, most)
}

func (s *roundRobin) Reseal(ctx context.Context, changes []rotation.Change) (int, error) {
	return s.next().Reseal(ctx, changes)
}

func (s *roundRobin) KeysInUse(ctx context.Context, most int) ([]rotation.Use, error) {
	return s.next().KeysInUse(ctx, most)
}

func (s *roundRobin) KeyUses(ctx context.Context) ([]rotation.Use, error) {
	return s.next().KeyUses(ctx)
}

func (s *roundRobin) RetireKeys(ctx context.Context, ids []seal.KeyID) error {
	return s.next().RetireKeys(ctx, ids)
}

func (s *roundRobin) RetiredKey(ctx context.Context, id seal.KeyID) (bool, error) {
	return s.next().RetiredKey(ctx, id)
}
