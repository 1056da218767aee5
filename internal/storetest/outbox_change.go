package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/webhook"
)

// told returns the types and states of a grant's events, oldest first.
func (m *mailed) told(t *testing.T, grant string) (told []string) {
	t.Helper()

	for _, event := range m.events(t) {
		if event.GrantID == grant {
			told = append(told, string(event.Type)+" "+read(t, event).Data.Grant.State)
		}
	}

	return told
}

func (m *mailed) wasTold(t *testing.T, grant string, want ...string) {
	t.Helper()

	if diff := cmp.Diff(want, m.told(t, grant)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func outboxMadePaused(t *testing.T, m *mailed) {
	t.Helper()
	before := m.granted(t, "before")
	m.move(t, keys.Active, keys.Suspect)
	during := m.granted(t, "during")
	m.granted(t, "before") // completed again: the same grant
	m.move(t, keys.Suspect, keys.Active)

	m.wasTold(t, before, "grant.created active", "grant.paused paused", "grant.created paused", "grant.recovered active")
	m.wasTold(t, during, "grant.created paused", "grant.recovered active")
}

func outboxWays(t *testing.T, m *mailed) {
	t.Helper()
	revoke := func(filter partner.GrantFilter, by string, action keys.Action) {
		t.Helper()

		if _, err := m.RevokeGrants(t.Context(), filter, by, event(action)); err != nil {
			t.Fatal(err)
		}
	}

	reused := m.granted(t, "reused")
	m.move(t, keys.Active, keys.Suspect)

	recovered, err := m.ReuseConnection(
		t.Context(), m.connection.ID, m.connection.KeyName, keys.Suspect, "a@example.com",
	)
	if err != nil || !recovered {
		t.Fatal(recovered, err)
	}
	m.wasTold(t, reused, "grant.created active", "grant.paused paused", "grant.recovered active")

	m.move(t, keys.Active, keys.ReconnectRequired)

	intent := openIntent(t, m.Backend, m.connection.ID, "NAME_2", takeLease(t, m.Backend, m.connection.ID))
	if _, err := m.StoreKey(t.Context(), stored(intent)); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"grant.created active", "grant.paused paused", "grant.recovered active", "grant.paused paused",
		"grant.recovered active",
	}
	m.wasTold(t, reused, want...)

	revoke(partner.GrantFilter{ID: reused}, partner.ByService, keys.ActionGrantRevoked)
	m.wasTold(t, reused, append(want, "grant.revoked revoked")...)

	indexed := m.granted(t, "indexed")
	record := m.bounded(indexed).claimUnder(t, "index", 0, proxy.ClaimFresh)

	err = m.FinishCreate(t.Context(), proxy.Finished{
		ID: record.ID, Fence: record.Fence, GrantID: indexed, Operation: "vector.create", DatabaseID: "vec-1",
		SealedAnswer: []byte("sealed"), Event: event(keys.ActionDatabaseCreated),
	})
	if err != nil {
		t.Fatal(err)
	}

	events := m.events(t)
	if got := read(t, events[len(events)-1]).Data; got.Product != "vector" || got.DatabaseID != "vec-1" {
		t.Errorf("got %+v, want the index", got)
	}

	moved := m.granted(t, "moved")
	other := active(t, m.Backend, m.n+100)
	successor := complete(t, m.Backend, allowed(t, m.Backend, m.service, "moved", other))
	m.wasTold(t, moved, "grant.created active", "grant.revoked revoked")
	m.wasTold(t, successor, "grant.created active")

	if _, err := m.DisconnectConnection(t.Context(), account(m.n), now()); err != nil {
		t.Fatal(err)
	}
	m.wasTold(t, indexed, "grant.created active", "database.created active", "grant.revoked revoked")
}

// A service has a grant for each of its users. An operator who revokes them all must succeed within the
// time limit of a transaction.
func outboxMany(t *testing.T, m *mailed) {
	t.Helper()
	m.hasEndpoint(t)

	const grants = 1201 // more than one transaction revokes, and than two batches

	for n := range grants {
		m.granted(t, fmt.Sprint("user-", n))
	}
	m.move(t, keys.Active, keys.Suspect)
	m.move(t, keys.Suspect, keys.Active)

	revoked, err := m.RevokeGrants(t.Context(), partner.GrantFilter{ServiceID: m.service}, partner.ByOperator,
		event(keys.ActionGrantRevoked))
	if err != nil || revoked != grants {
		t.Fatalf("revoked %d, %v; want %d", revoked, err, grants)
	}

	deliveries := m.deliveries(t)
	slices.Reverse(deliveries)

	byGrant := map[string][]string{}
	for _, delivery := range deliveries {
		byGrant[delivery.GrantID] = append(byGrant[delivery.GrantID],
			fmt.Sprint(delivery.Sequence, delivery.Type, delivery.State))
	}
	want := []string{
		"1grant.createdpending", "2grant.pausedpending", "3grant.recoveredpending", "4grant.revokedpending",
	}

	for grant, got := range byGrant {
		if !slices.Equal(got, want) {
			t.Fatalf("%s: got %v, want %v", grant, got, want)
		}
	}

	if len(byGrant) != grants {
		t.Errorf("got events of %d grants, want %d", len(byGrant), grants)
	}

	pending := webhook.Filter{ServiceID: m.service, States: []webhook.State{webhook.Pending}}
	if resent, err := m.Resend(t.Context(), pending, now()); err != nil || resent != len(deliveries) {
		t.Errorf("resent %d, %v; want %d", resent, err, len(deliveries))
	}

	if err := m.DeleteEndpoint(t.Context(), m.service); err != nil {
		t.Fatal(err)
	}

	for _, delivery := range m.deliveries(t) {
		if delivery.State != webhook.Unsent {
			t.Fatalf("after the endpoint was deleted: got %s", delivery.State)
		}
	}
}

func outboxDisabled(t *testing.T, m *mailed) {
	t.Helper()
	m.hasEndpoint(t)
	m.granted(t, "user")
	m.leases(t, "a", true)

	if err := m.DisableService(t.Context(), m.service, now(), event(keys.ActionServiceDisabled)); err != nil {
		t.Fatal(err)
	}
	m.extends(t, "a", false)

	if err := m.ReleaseEndpoint(t.Context(), "a", webhook.Endpoint{ServiceID: m.service}); err != nil {
		t.Fatal(err)
	}
	m.leases(t, "b", false)
}

func outboxChanged(t *testing.T, m *mailed) {
	t.Helper()
	m.hasEndpoint(t)
	m.granted(t, "user")
	m.leases(t, "a", true)

	var changing sync.WaitGroup

	const changes = 10
	for n := range changes { // concurrently: no change is lost
		changing.Go(func() {
			err := m.ChangeEndpoint(t.Context(), m.service,
				func(present webhook.Endpoint, exists bool) (webhook.Endpoint, error) {
					if !exists {
						t.Error("the endpoint exists")
					}
					present.URL += "+"
					present.Secrets = append(present.Secrets, webhook.SealedSecret{
						ID: fmt.Sprint("whk_", m.service, n), Sealed: sealedBy(1, m.service),
					})

					return present, nil
				})
			if err != nil {
				t.Error(err)
			}
		})
	}
	changing.Wait()

	got := m.extends(t, "a", true)
	if want := "https://hooks.example/" + m.service + "++++++++++"; got.URL != want || len(got.Secrets) != 1+changes {
		t.Errorf("got %s with %d secrets, want %s with %d", got.URL, len(got.Secrets), want, 1+changes)
	}

	// The last round went to the earlier URL, and failed: that delays nothing.
	earlier := webhook.Endpoint{
		ServiceID: m.service, URL: "https://hooks.example/" + m.service, Failures: 3, RetryAt: now().Add(time.Hour),
	}
	if err := m.ReleaseEndpoint(t.Context(), "a", earlier); err != nil {
		t.Fatal(err)
	}

	endpoint, found, err := m.LeaseEndpoint(t.Context(), "b", "", now(), lease)
	if err != nil || !found || endpoint.Failures != 0 {
		t.Errorf("got %+v, %t, %v; want the new URL due immediately", endpoint, found, err)
	}
}

func outboxExcept(t *testing.T, m *mailed) {
	t.Helper()
	m.hasEndpoint(t)
	m.granted(t, "user")

	if endpoint, found, err := m.LeaseEndpoint(t.Context(), "a", m.service, now(), lease); err != nil || found {
		t.Errorf("got %+v, %v; want no endpoint", endpoint, err)
	}
	m.leases(t, "b", true)
}

// A reader follows the feed while many transactions write. On Postgres they commit in another order than that of their
// cursors.
func outboxFeed(t *testing.T, m *mailed) {
	t.Helper()

	const writers, rounds = 12, 15

	var writing, reading sync.WaitGroup
	done := make(chan struct{})

	for n := range writers {
		connection := active(t, m.Backend, m.n+200+n) // completions on one connection wait for each other

		writing.Go(func() {
			for round := range rounds {
				complete(t, m.Backend, allowed(t, m.Backend, m.service, fmt.Sprint("user-", n, "-", round), connection))
			}
		})
	}
	seen := map[string]bool{}

	reading.Go(func() {
		var cursor int64

		for last := false; ; {
			events, err := m.EventsAfter(t.Context(), m.service, cursor, 7)
			if err != nil {
				t.Error(err)
				return
			}

			for _, event := range events {
				seen[event.ID], cursor = true, event.Cursor
			}

			if len(events) > 0 {
				continue
			}

			select {
			case <-done:
				if last {
					return
				}
				last = true
				m.events(t) // waits until all are visible
			default:
			}
		}
	})
	writing.Wait()
	close(done)
	reading.Wait()

	if want := writers * rounds; len(seen) != want {
		t.Errorf("the reader saw %d of %d events", len(seen), want)
	}

	events := m.events(t)
	latest := events[len(events)-1]

	for position, want := range map[string]webhook.Event{"": latest, latest.ID: latest, events[3].ID: events[3]} {
		got, found, err := m.FeedPosition(t.Context(), m.service, position)
		if err != nil || !found || got.Cursor != want.Cursor {
			t.Errorf("position of %q: got %+v, %t, %v; want %d", position, got, found, err, want.Cursor)
		}
	}

	if got, found, err := m.FeedPosition(t.Context(), m.service, "evt_unknown"); found || err != nil {
		t.Errorf("unknown event: got %+v, %v", got, err)
	}
}
