package storetest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

// allowed inserts a connect session that awaits its completion.
func allowed(t *testing.T, b Backend, service, externalID string, connection keys.Connection) partner.ConnectSession {
	t.Helper()
	return allowedFor(t, b, service, externalID, "", connection)
}

func allowedFor(
	t *testing.T, b Backend, service, externalID, reconnect string, connection keys.Connection,
) partner.ConnectSession {
	t.Helper()

	id := "cs_" + rand.Text()
	session := aSession(id, service, externalID)
	session.State, session.Consent, session.ReconnectID = partner.SessionAwaitingCompletion, aPolicy(), reconnect
	session.ConnectionID, session.Epoch, session.CodeHash = connection.ID, connection.Epoch, hash("code "+id)
	insertConnectSession(t, b, session)

	return session
}

func grantOf(session partner.ConnectSession) partner.Grant {
	return partner.Grant{
		ID: "grt_" + session.ID, ServiceID: session.ServiceID, ExternalID: session.ExternalID,
		DisplayName: session.DisplayName, ConnectionID: session.ConnectionID, Epoch: session.Epoch,
		Asked: session.Asked, Consent: session.Consent, CreatedAt: now(),
	}
}

func complete(t *testing.T, b Backend, session partner.ConnectSession) string {
	t.Helper()

	id, err := b.CompleteConnectSession(t.Context(), session, grantOf(session), event(keys.ActionGrantCreated))
	if err != nil {
		t.Fatal(err)
	}

	return id
}

func uncompleted(t *testing.T, b Backend, session partner.ConnectSession, want error) {
	t.Helper()

	id, err := b.CompleteConnectSession(t.Context(), session, grantOf(session), event(keys.ActionGrantCreated))
	if !errors.Is(err, want) || id != "" {
		t.Errorf("got %q, %v; want %v", id, err, want)
	}
}

// validGrant returns the valid grant of an end user of the service "first".
func validGrant(t *testing.T, b Backend, externalID string) partner.Grant {
	t.Helper()

	grant, err := b.ActiveGrant(t.Context(), "first", "", externalID)
	if err != nil {
		t.Fatal(err)
	}

	return grant
}

func disconnectOnce(t *testing.T, b Backend, n int) int {
	t.Helper()

	ended, err := b.DisconnectConnection(t.Context(), account(n), now())
	if err != nil {
		t.Fatal(err)
	}

	return ended
}

func testCompletions(t *testing.T, b Backend) {
	t.Helper()
	insertService(t, b, "first")
	insertService(t, b, "second")

	rows := map[string]func(*testing.T, Backend, int){
		"a completion creates a grant":                           completionCreatesGrant,
		"G03 a code works once, only for a waiting session":      completionWorksOnce,
		"G06 rejected after a disconnect":                        completionAfterDisconnect,
		"a repeat on the same connection keeps the grant id":     completionKeepsGrant,
		"on another connection, the earlier grant is replaced":   completionReplacesGrant,
		"a reconnect does not change a valid grant":              completionReconnects,
		"fifty at once on two connections leave one valid grant": concurrentCompletions,
		"a concurrent disconnect leaves no valid grant":          completionRacesDisconnect,
	}

	n := 100
	for name, row := range rows {
		n += 100
		t.Run(name, func(t *testing.T) { row(t, b, n) })
	}
}

func completionCreatesGrant(t *testing.T, b Backend, n int) {
	t.Helper()
	connection := active(t, b, n)
	session := allowed(t, b, "first", "user 1", connection)
	want := grantOf(session)
	id := complete(t, b, session)

	want.Service, want.Account, want.Email = findService(t, b), account(n), "a@example.com"
	want.ConnectionState = keys.Active

	got := validGrant(t, b, "user 1")
	if diff := cmp.Diff(want, got, ignoreCreatedAt()); diff != "" || id != want.ID {
		t.Errorf("grant %s (-want +got):\n%s", id, diff)
	}

	if found := findConnectSession(t, b, session.ID); found.State != partner.SessionCompleted || found.GrantID != id {
		t.Errorf("got session %+v, want it completed", found)
	}

	written := eventsOf(t, b, keys.ActionGrantCreated)

	last := written[len(written)-1]
	if last.Actor.GrantID != id || last.ConnectionID != connection.ID || last.Actor.Kind != keys.ActorOperator {
		t.Errorf("got event %+v, want it of the grant", last)
	}
}

func completionWorksOnce(t *testing.T, b Backend, n int) {
	t.Helper()
	connection := active(t, b, n)
	session := allowed(t, b, "first", "user 2", connection)
	foreign := session
	foreign.CodeHash = hash("foreign")
	uncompleted(t, b, foreign, partner.ErrCodeUsed)
	complete(t, b, session)
	uncompleted(t, b, session, partner.ErrCodeUsed)

	rejected := allowed(t, b, "first", "user 2b", connection)
	moved := rejected
	moved.State = partner.SessionFailed

	if _, err := b.MoveConnectSession(t.Context(), moved, keys.Event{}, partner.SessionAwaitingCompletion); err != nil {
		t.Fatal(err)
	}
	uncompleted(t, b, rejected, partner.ErrNotReady)

	unknown := rejected
	unknown.ID = "cs_none"
	uncompleted(t, b, unknown, partner.ErrSessionNotFound)

	if found, err := b.Grants(t.Context(), partner.GrantFilter{ExternalID: "user 2b"}); err != nil || len(found) != 0 {
		t.Errorf("got %v, %v; want no grant", found, err)
	}
}

func completionAfterDisconnect(t *testing.T, b Backend, n int) {
	t.Helper()
	session := allowed(t, b, "first", "user 3", active(t, b, n))
	disconnectOnce(t, b, n)
	uncompleted(t, b, session, partner.ErrGrantRequired)

	intent := openIntent(t, b, session.ConnectionID, "NAME_2", takeLease(t, b, session.ConnectionID))
	if _, err := b.StoreKey(t.Context(), stored(intent)); err != nil { // the account reconnects
		t.Fatal(err)
	}
	uncompleted(t, b, session, partner.ErrGrantRequired)

	if _, err := b.ActiveGrant(t.Context(), "first", "", "user 3"); !errors.Is(err, partner.ErrGrantRequired) {
		t.Errorf("got %v, want ErrGrantRequired", err)
	}
}

func completionKeepsGrant(t *testing.T, b Backend, n int) {
	t.Helper()
	connection := active(t, b, n)
	id := complete(t, b, allowed(t, b, "first", "user 4", connection))
	created := validGrant(t, b, "user 4").CreatedAt

	again := allowed(t, b, "first", "user 4", connection)
	grant := grantOf(again)
	grant.CreatedAt = created.Add(1e9)
	grant.Consent.Scopes, grant.DisplayName = []string{partner.ScopeGet}, "Renamed"

	got, err := b.CompleteConnectSession(t.Context(), again, grant, event(keys.ActionGrantCreated))
	if err != nil || got != id {
		t.Fatalf("got %q, %v; want the grant %q", got, err, id)
	}

	found := validGrant(t, b, "user 4")
	if found.ID != id || found.DisplayName != "Renamed" || !found.CreatedAt.Equal(created) ||
		!cmp.Equal(found.Consent, grant.Consent) {
		t.Errorf("got %+v, want the new consent under the old id", found)
	}
	// The same external id at another service is another end user.
	if other := complete(t, b, allowed(t, b, "second", "user 4", connection)); other == id {
		t.Error("two services share a grant")
	}
}

func completionReplacesGrant(t *testing.T, b Backend, n int) {
	t.Helper()
	first, second := active(t, b, n), active(t, b, n+1)
	earlier := complete(t, b, allowed(t, b, "first", "user 5", first))
	later := complete(t, b, allowed(t, b, "first", "user 5", second))

	if got := validGrant(t, b, "user 5"); got.ID != later || got.ConnectionID != second.ID {
		t.Errorf("got %+v, want the later", got)
	}
	revokedAs(t, b, earlier, "replaced")

	written := eventsOf(t, b, keys.ActionGrantRevoked)

	last := written[len(written)-1]
	if last.Actor.GrantID != earlier || last.ConnectionID != first.ID {
		t.Errorf("got event %+v, want it of the replaced grant", last)
	}
}

// revokedAs checks who revoked a grant.
func revokedAs(t *testing.T, b Backend, id, by string) {
	t.Helper()

	found, err := b.Grants(t.Context(), partner.GrantFilter{ID: id})
	if err != nil || len(found) != 1 || found[0].RevokedBy != by || found[0].RevokedAt.IsZero() {
		t.Errorf("got %+v, %v; want it revoked by %s", found, err, by)
	}
}

func completionReconnects(t *testing.T, b Backend, n int) {
	t.Helper()
	connection := active(t, b, n)
	id := complete(t, b, allowed(t, b, "first", "user 6", connection))
	before := validGrant(t, b, "user 6")

	session := allowedFor(t, b, "first", "user 6", id, connection)
	session.Consent.Scopes = partner.Operations()

	got, err := b.CompleteConnectSession(t.Context(), session, grantOf(session), keys.Event{})
	if err != nil || got != id {
		t.Fatalf("got %q, %v; want %q", got, err, id)
	}

	if diff := cmp.Diff(before, validGrant(t, b, "user 6")); diff != "" {
		t.Errorf("grant (-before +after):\n%s", diff)
	}

	uncompleted(t, b, allowedFor(t, b, "second", "user 6", id, connection), partner.ErrGrantRequired)
	uncompleted(t, b, allowedFor(t, b, "first", "user 6", id, active(t, b, n+1)), partner.ErrGrantRequired)
	uncompleted(t, b, allowedFor(t, b, "first", "user 6", "grt_none", connection), partner.ErrGrantRequired)

	if _, err := b.RevokeGrants(
		t.Context(), partner.GrantFilter{ID: id}, "user", event(keys.ActionGrantRevoked),
	); err != nil {
		t.Fatal(err)
	}
	uncompleted(t, b, allowedFor(t, b, "first", "user 6", id, connection), partner.ErrGrantRequired)
}

func concurrentCompletions(t *testing.T, b Backend, n int) {
	t.Helper()
	connections := []keys.Connection{active(t, b, n), active(t, b, n+1)}

	var group sync.WaitGroup
	for i := range 50 {
		session := allowed(t, b, "first", "user 7", connections[i%2])
		group.Go(func() {
			_, err := b.CompleteConnectSession(
				t.Context(), session, grantOf(session), event(keys.ActionGrantCreated),
			)
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()

	found, err := b.Grants(t.Context(), partner.GrantFilter{ExternalID: "user 7", Active: true})
	if err != nil || len(found) != 1 {
		t.Errorf("got %d valid grants, %v; want one", len(found), err)
	}
}

func completionRacesDisconnect(t *testing.T, b Backend, n int) {
	t.Helper()

	for round := range rounds {
		user := fmt.Sprintf("user 8 %d", round)
		session := allowed(t, b, "first", user, active(t, b, n+round))
		both(
			func() {
				_, err := b.CompleteConnectSession(
					t.Context(), session, grantOf(session), event(keys.ActionGrantCreated),
				)
				if err != nil && !errors.Is(err, partner.ErrGrantRequired) {
					t.Error(err)
				}
			},
			func() { disconnectOnce(t, b, n+round) },
		)

		if _, err := b.ActiveGrant(t.Context(), "first", "", user); !errors.Is(err, partner.ErrGrantRequired) {
			t.Errorf("got %v, want ErrGrantRequired", err)
		}
	}
}

// ignoreCreatedAt ignores when a grant was created, because each attempt of a test creates it again.
func ignoreCreatedAt() cmp.Option {
	return cmp.FilterPath(func(path cmp.Path) bool { return path.String() == "CreatedAt" }, cmp.Ignore())
}
