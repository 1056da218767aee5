package db

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/webhook"
)

// exercisePartner calls everything that services cause, on the connection of exerciseAll.
func exercisePartner(t *testing.T, d *DB, canary string, at time.Time) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()

		if err != nil {
			t.Fatal(err)
		}
	}
	event := keys.Event{At: at, Action: keys.Action(canary), Detail: canary, Actor: keys.Actor{
		Kind: keys.ActorKind(canary), ID: canary, RequestID: canary, Address: canary,
	}}
	policy := partner.Policy{Scopes: []string{canary}, Regions: []string{canary}, MaxDatabases: 5, MaxBudget: 5}
	service := partner.Service{ID: canary, Name: canary, Policy: policy, ReturnURLs: []string{canary}, CreatedAt: at}
	must(d.InsertService(ctx, service, event))
	must(d.PutService(ctx, service))
	_, err := d.FindService(ctx, canary)
	must(err)
	hash := sha256.Sum256([]byte(canary))
	must(d.InsertToken(ctx, partner.Token{ID: canary, ServiceID: canary, Hash: hash, ExpiresAt: at}, event))
	_, _, err = d.FindToken(ctx, canary)
	must(err)
	_, err = d.Tokens(ctx, canary)
	must(err)
	must(d.RecordTokenUse(ctx, canary, at))
	must(d.EndToken(ctx, canary, at, true, event))

	session := partner.ConnectSession{
		ID: canary, ServiceID: canary, ExternalID: canary, DisplayName: canary, LoginHint: canary, ReturnURL: canary,
		Asked: policy, Consent: policy, InvitationHash: hash[:], StatusHash: hash[:], State: partner.SessionOpen,
		ExpiresAt: at.Add(time.Hour),
	}
	must(d.InsertConnectSession(ctx, session))
	must(d.PutEndpoint(ctx, webhook.Endpoint{ServiceID: canary, URL: canary, Secrets: []webhook.SealedSecret{
		{ID: canary, Sealed: []byte(canary)},
	}}))
	_, _, err = d.FindConnectSession(ctx, partner.SessionKey{ID: canary, ServiceID: canary})
	must(err)
	_, _, err = d.FindConnectSession(ctx, partner.SessionKey{InvitationHash: hash[:]})
	must(err)
	session.State, session.TransactionHash, session.ConnectionID = partner.SessionAwaitingCompletion, hash[:], canary
	_, err = d.MoveConnectSession(ctx, session, keys.Event{}, partner.SessionOpen)
	must(err)
	_, _, err = d.FindConnectSession(ctx, partner.SessionKey{Transaction: hash[:]})
	must(err)
	_, err = d.CompleteConnectSession(ctx, session, partner.Grant{
		ID: canary, ServiceID: canary, ExternalID: canary, DisplayName: canary, Asked: policy, Consent: policy,
	}, event)
	must(err)

	_, err = d.ActiveGrant(ctx, canary, "", canary)
	must(err)
	_, err = d.ActiveGrant(ctx, canary, canary, "")
	must(err)
	_, err = d.NarrowGrant(
		ctx, partner.GrantFilter{ID: canary}, event, func(*partner.Grant) error { return nil },
	)
	must(err)
	must(d.RecordGrantUse(ctx, canary, canary, at))
	under := canary + " under a grant"
	record, _, err := d.ClaimCreate(ctx, proxy.CreateRecord{
		Operation: "redis.create", Reserves: true,
		ID: under, ConnectionID: canary, GrantID: canary, Budget: 1, KeyHash: []byte(under), Name: under,
		PrimaryRegion: canary, State: proxy.CreatePrepared, CreatedAt: at, ExpiresAt: at.Add(time.Hour),
	}, proxy.ClaimTerms{Lease: time.Minute, Grant: &proxy.Grant{ID: canary, MaxDatabases: 5, MaxBudget: 5}})
	must(err)
	must(d.SuspendCreate(ctx, under, record.Fence, at))
	blocking, claim, err := d.ClaimCreate(ctx, proxy.CreateRecord{
		Operation: "redis.create", Reserves: true,
		ID: "other", ConnectionID: canary, GrantID: canary, Budget: 1, Name: "other", State: proxy.CreatePrepared,
		CreatedAt: at, ExpiresAt: at.Add(time.Hour),
	}, proxy.ClaimTerms{Lease: time.Minute, Grant: &proxy.Grant{ID: canary, MaxDatabases: 1}})
	must(err)

	if claim != proxy.ClaimBlocking {
		t.Fatalf("got claim %d, want ClaimBlocking", claim)
	}
	must(d.FinishCreate(ctx, proxy.Finished{
		ID: under, Fence: blocking.Fence, DatabaseID: under, SealedAnswer: []byte(canary),
	}))
	_, err = d.GrantDatabases(ctx, canary)
	must(err)
	_, err = d.Grants(ctx, partner.GrantFilter{ServiceID: canary, ExternalID: canary})
	must(err)
	_, err = d.Grants(ctx, partner.GrantFilter{ConnectionID: canary})
	must(err)
	_, err = d.RevokeGrants(ctx, partner.GrantFilter{ID: canary, ServiceID: canary}, "service", event)
	must(err)
	exerciseOutbox(t, d, canary, at)
	must(d.Events(
		ctx, keys.EventFilter{ConnectionID: canary, Last: 100}, func(keys.Event) error { return nil },
	))
	must(d.DeleteExpired(ctx, at))
}

// exerciseOutbox delivers, reads and resends events that exercisePartner has caused.
func exerciseOutbox(t *testing.T, d *DB, canary string, at time.Time) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()

		if err != nil {
			t.Fatal(err)
		}
	}
	later := at.Add(time.Minute)

	endpoint, found, err := d.LeaseEndpoint(ctx, canary, "another", later, time.Minute)
	must(err)

	if !found {
		t.Fatal("no endpoint is due")
	}
	_, _, err = d.ExtendLease(ctx, canary, canary, time.Minute)
	must(err)
	due, err := d.Due(ctx, canary, later, 10)
	must(err)
	_, err = d.RecordAttempt(ctx, canary, due[0])
	must(err)
	must(d.ReleaseEndpoint(ctx, canary, endpoint))
	must(d.ChangeEndpoint(ctx, canary, func(present webhook.Endpoint, _ bool) (webhook.Endpoint, error) {
		return present, nil
	}))

	events, err := d.EventsAfter(ctx, canary, 0, 10)
	must(err)
	_, _, err = d.FeedPosition(ctx, canary, events[0].ID)
	must(err)
	_, err = d.Deliveries(ctx, webhook.Filter{ServiceID: canary, EventID: canary, Most: 1})
	must(err)
	_, err = d.Resend(ctx, webhook.Filter{ServiceID: canary, EventID: events[0].ID}, at)
	must(err)
	_, _, err = d.Counts(ctx)
	must(err)
}
