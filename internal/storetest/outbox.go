package storetest

import (
	"bytes"
	"encoding/json"
	"errors"
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

// payload is what the outbox's scenarios check of an event's text.
type payload struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Data struct {
		Sequence int64 `json:"sequence"`
		Grant    struct {
			ID          string   `json:"id"`
			ServiceID   string   `json:"service_id"`
			ExternalID  string   `json:"external_id"`
			State       string   `json:"state"`
			DatabaseIDs []string `json:"database_ids"`
			RevokedBy   string   `json:"revoked_by"`
		} `json:"grant"`
		DatabaseID string `json:"database_id"`
		Product    string `json:"product"`
	} `json:"data"`
}

func testOutbox(t *testing.T, b Backend) {
	t.Helper()

	for n, row := range []struct {
		name string
		run  func(*testing.T, *mailed)
	}{
		{"each change of a grant writes one event with a snapshot", outboxFollowsGrant},
		{"a connection pauses and recovers its grants once", outboxPauses},
		{"without an endpoint, events are only recorded", outboxUnsent},
		{"only the holder of the lease delivers, in order", outboxLease},
		{"a grant whose event fails delays no other grant", outboxOrder},
		{"an operator resends; a deleted endpoint ends deliveries", outboxResend},
		{"G15 an erased user leaves nothing that was delivered", outboxErase},
		{"old events are deleted, failed ones later", outboxRetention},
		{"a grant made while its account is paused recovers too", outboxMadePaused},
		{"every way of recovery and revocation writes its event", outboxWays},
		{"any number of grants ends, with an event each", outboxMany},
		{"a disabled service gets no event, from the next round on", outboxDisabled},
		{"a changed endpoint applies from the next round", outboxChanged},
		{"a server without the built-in secrets leaves its events", outboxExcept},
		{"a reader of the feed misses no event of a slower transaction", outboxFeed},
		{"concurrent changes number a grant's events without gaps", outboxConcurrent},
	} {
		t.Run(row.name, func(t *testing.T) {
			id := fmt.Sprint("mailed-", n)
			insertService(t, b, id)

			m := &mailed{Backend: b, service: id, n: 700 + n}
			m.connection = active(t, b, m.n)
			row.run(t, m)
			_ = b.DeleteEndpoint(t.Context(), id) // the next scenario leases its own endpoint
		})
	}
}

// mailed is a service with a connection to which it gets grants.
type mailed struct {
	Backend
	service    string
	n          int
	connection keys.Connection
}

func (m *mailed) hasEndpoint(t *testing.T) {
	t.Helper()

	err := m.PutEndpoint(t.Context(), webhook.Endpoint{
		ServiceID: m.service, URL: "https://hooks.example/" + m.service,
		Secrets: []webhook.SealedSecret{{ID: "whk_" + m.service, Sealed: sealedBy(1, m.service)}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (m *mailed) granted(t *testing.T, user string) string {
	t.Helper()
	return complete(t, m.Backend, allowed(t, m.Backend, m.service, user, m.connection))
}

// events returns the service's events, oldest first.
func (m *mailed) events(t *testing.T) []webhook.Event {
	t.Helper()

	var events []webhook.Event

	eventually(t, "every event is visible", func() bool { // on Postgres, a transaction of another test may be in progress
		var err error
		if events, err = m.EventsAfter(t.Context(), m.service, 0, 1000); err != nil {
			t.Fatal(err)
		}
		deliveries, err := m.Deliveries(t.Context(), webhook.Filter{ServiceID: m.service})

		return err == nil && len(deliveries) == len(events)
	})

	return events
}

// bounded creates databases under a grant.
func (m *mailed) bounded(grant string) *bounded {
	return &bounded{
		creator: &creator{Backend: m.Backend, account: account(m.n), connection: m.connection.ID},
		n:       m.n, grant: proxy.Grant{ID: grant},
	}
}

func read(t *testing.T, event webhook.Event) (text payload) {
	t.Helper()

	if err := json.Unmarshal(event.Payload, &text); err != nil {
		t.Fatal(err)
	}

	return text
}

func outboxFollowsGrant(t *testing.T, m *mailed) {
	t.Helper()
	m.hasEndpoint(t)

	session := allowed(t, m.Backend, m.service, "user", m.connection)
	session.Select, session.DatabaseID = partner.SelectDatabase, "db-1"
	grant := complete(t, m.Backend, session)
	record := m.bounded(grant).claimUnder(t, "made", 0, proxy.ClaimFresh)

	for range 2 { // repeated, as after a commit whose result was lost
		err := m.FinishCreate(t.Context(), proxy.Finished{
			ID: record.ID, Fence: record.Fence, GrantID: grant, Operation: "redis.create", DatabaseID: "db-2",
			SealedAnswer: []byte("sealed"), Event: event(keys.ActionDatabaseCreated),
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	for range 2 {
		_, err := m.RevokeGrants(
			t.Context(), partner.GrantFilter{ID: grant}, partner.ByUser, event(keys.ActionGrantRevoked),
		)
		if err != nil {
			t.Fatal(err)
		}
	}

	var got []string

	for _, event := range m.events(t) {
		text := read(t, event)
		got = append(got, fmt.Sprint(text.Data.Sequence, " ", text.Type, " ", text.Data.Grant.State, " ",
			text.Data.Grant.DatabaseIDs, " ", text.Data.Product, " ", text.Data.DatabaseID, text.Data.Grant.RevokedBy))

		if text.ID != event.ID || text.Type != string(event.Type) || text.Data.Sequence != event.Sequence ||
			text.Data.Grant.ID != grant || text.Data.Grant.ServiceID != m.service ||
			text.Data.Grant.ExternalID != "user" {
			t.Errorf("the event's text differs from its row: %+v, %+v", text, event)
		}

		for _, personal := range []string{"a@example.com", "Name of user"} {
			if bytes.Contains(event.Payload, []byte(personal)) {
				t.Errorf("%s contains %s", event.Payload, personal)
			}
		}
	}

	want := []string{
		"1 grant.created active [db-1]  ",
		"2 database.selected active [db-1] redis db-1",
		"3 database.created active [db-1 db-2] redis db-2",
		"4 grant.revoked revoked [db-1 db-2]  user",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func (m *mailed) move(t *testing.T, from, to keys.State) {
	t.Helper()

	if _, err := m.MoveConnection(t.Context(), m.connection.ID, m.connection.KeyName, from, to); err != nil {
		t.Fatal(err)
	}
}

func outboxPauses(t *testing.T, m *mailed) {
	t.Helper()
	first, second := m.granted(t, "one"), m.granted(t, "two")
	m.move(t, keys.Active, keys.Suspect)
	m.move(t, keys.Suspect, keys.ReconnectRequired)
	m.move(t, keys.ReconnectRequired, keys.Active)
	m.move(t, keys.ReconnectRequired, keys.Active) // not the state

	byGrant := map[string][]string{}
	for _, event := range m.events(t) {
		text := read(t, event)
		byGrant[event.GrantID] = append(byGrant[event.GrantID], text.Type+" "+text.Data.Grant.State)
	}

	want := []string{"grant.created active", "grant.paused paused", "grant.recovered active"}
	if diff := cmp.Diff(map[string][]string{first: want, second: want}, byGrant); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func outboxUnsent(t *testing.T, m *mailed) {
	t.Helper()
	m.granted(t, "before")
	m.hasEndpoint(t)
	m.granted(t, "after")

	var states []webhook.State
	for _, delivery := range m.deliveries(t) {
		states = append(states, delivery.State)
	}

	if want := []webhook.State{webhook.Pending, webhook.Unsent}; !slices.Equal(states, want) {
		t.Errorf("newest first: got %v, want %v", states, want)
	}
}

func (m *mailed) deliveries(t *testing.T) []webhook.Delivery {
	t.Helper()

	deliveries, err := m.Deliveries(t.Context(), webhook.Filter{ServiceID: m.service})
	if err != nil {
		t.Fatal(err)
	}

	return deliveries
}

func (m *mailed) leases(t *testing.T, holder string, want bool) {
	t.Helper()

	endpoint, found, err := m.LeaseEndpoint(t.Context(), holder, "", now(), lease)
	if err != nil || found != want || (found && endpoint.ServiceID != m.service) {
		t.Fatalf("lease by %s: got %+v, %t, %v; want %t", holder, endpoint, found, err, want)
	}
}

func (m *mailed) extends(t *testing.T, holder string, want bool) webhook.Endpoint {
	t.Helper()

	endpoint, held, err := m.ExtendLease(t.Context(), m.service, holder, lease)
	if err != nil || held != want {
		t.Errorf("%s extends: got %t, %v; want %t", holder, held, err, want)
	}

	return endpoint
}

func (m *mailed) due(t *testing.T) []webhook.Delivery {
	t.Helper()

	due, err := m.Due(t.Context(), m.service, now(), 10)
	if err != nil {
		t.Fatal(err)
	}

	return due
}

func (m *mailed) records(t *testing.T, holder string, delivery webhook.Delivery, want bool) {
	t.Helper()

	recorded, err := m.RecordAttempt(t.Context(), holder, delivery)
	if err != nil || recorded != want {
		t.Errorf("attempt by %s: got %t, %v; want %t", holder, recorded, err, want)
	}
}

func delivered(delivery webhook.Delivery) webhook.Delivery {
	delivery.State, delivery.Attempts, delivery.LastStatus = webhook.Delivered, delivery.Attempts+1, 204
	delivery.NextAttempt, delivery.DeliveredAt = time.Time{}, now()

	return delivery
}

func outboxLease(t *testing.T, m *mailed) {
	t.Helper()
	m.hasEndpoint(t)
	grant := m.granted(t, "user")
	m.move(t, keys.Active, keys.Suspect)

	m.leases(t, "a", true)
	m.leases(t, "b", false)

	due := m.due(t)
	if len(due) != 1 || due[0].Type != webhook.GrantCreated || due[0].GrantID != grant {
		t.Fatalf("got %+v, want only the grant's first event", due)
	}
	m.records(t, "b", delivered(due[0]), false)
	m.records(t, "a", delivered(due[0]), true)
	m.records(t, "a", delivered(due[0]), false) // it is no longer pending

	if due := m.due(t); len(due) != 1 || due[0].Type != webhook.GrantPaused {
		t.Errorf("got %+v, want the next event", due)
	}

	m.extends(t, "b", false)

	if got := m.extends(t, "a", true); got.URL != "https://hooks.example/"+m.service || len(got.Secrets) != 1 {
		t.Errorf("got %+v, want the endpoint", got)
	}

	endpoint := webhook.Endpoint{
		ServiceID: m.service, URL: "https://hooks.example/" + m.service, Failures: 3, RetryAt: now().Add(time.Hour),
	}
	if err := m.ReleaseEndpoint(t.Context(), "a", endpoint); err != nil {
		t.Fatal(err)
	}
	m.leases(t, "b", false) // not before RetryAt

	endpoint, found, err := m.LeaseEndpoint(t.Context(), "b", "", now().Add(2*time.Hour), time.Millisecond)
	if err != nil || !found || endpoint.Failures != 3 || endpoint.URL == "" || len(endpoint.Secrets) != 1 {
		t.Errorf("after RetryAt: got %+v, %t, %v", endpoint, found, err)
	}

	eventually(t, "a lease that ended goes to another holder", func() bool {
		_, found, err := m.LeaseEndpoint(t.Context(), "c", "", now().Add(2*time.Hour), lease)
		return err == nil && found
	})
	m.records(t, "b", delivered(m.due(t)[0]), false)
}

func outboxOrder(t *testing.T, m *mailed) {
	t.Helper()
	m.hasEndpoint(t)
	first := m.granted(t, "one")
	m.granted(t, "two")
	m.move(t, keys.Active, keys.Suspect)
	m.leases(t, "a", true)

	failed := m.due(t)[0]
	failed.Attempts, failed.LastStatus, failed.LastError = 1, 500, "HTTP status 500"
	failed.NextAttempt = now().Add(time.Hour)
	m.records(t, "a", failed, true)

	for want := range slices.Values([]webhook.Type{webhook.GrantCreated, webhook.GrantPaused}) {
		due := m.due(t)
		if len(due) != 1 || due[0].GrantID == first || due[0].Type != want {
			t.Fatalf("got %+v, want %s of the other grant alone", due, want)
		}
		m.records(t, "a", delivered(due[0]), true)
	}

	due, err := m.Due(t.Context(), m.service, now().Add(2*time.Hour), 10)
	if err != nil || len(due) != 1 || due[0].ID != failed.ID || due[0].Attempts != 1 || due[0].LastStatus != 500 {
		t.Errorf("later: got %+v, %v; want the failed event", due, err)
	}
}

func outboxResend(t *testing.T, m *mailed) {
	t.Helper()
	m.hasEndpoint(t)
	m.granted(t, "user")
	m.leases(t, "a", true)

	failed := m.due(t)[0]
	failed.State, failed.Attempts = webhook.Failed, 90
	m.records(t, "a", failed, true)

	if due := m.due(t); len(due) != 0 {
		t.Errorf("got %+v, want nothing due", due)
	}

	for want := range slices.Values([]int{1, 0}) {
		resent, err := m.Resend(t.Context(), webhook.Filter{
			ServiceID: m.service, States: []webhook.State{webhook.Failed},
		}, now())
		if err != nil || resent != want {
			t.Errorf("got %d, %v; want %d", resent, err, want)
		}
	}

	if due := m.due(t); len(due) != 1 || due[0].ID != failed.ID || due[0].Attempts != 0 ||
		due[0].GiveUpAt.Before(now().Add(webhook.Retention-time.Minute)) {
		t.Errorf("got %+v, want the event as new", due)
	}

	if err := m.DeleteEndpoint(t.Context(), m.service); err != nil {
		t.Fatal(err)
	}

	if err := m.DeleteEndpoint(t.Context(), m.service); !errors.Is(err, webhook.ErrNoEndpoint) {
		t.Errorf("deleted again: got %v, want ErrNoEndpoint", err)
	}

	if got := m.deliveries(t); len(got) != 1 || got[0].State != webhook.Unsent {
		t.Errorf("got %+v, want the event unsent", got)
	}

	err := m.PutEndpoint(t.Context(), webhook.Endpoint{ServiceID: "nobody"})
	if !errors.Is(err, partner.ErrServiceNotFound) {
		t.Errorf("unknown service: got %v, want ErrServiceNotFound", err)
	}
}

func outboxErase(t *testing.T, m *mailed) {
	t.Helper()
	m.hasEndpoint(t)
	grant := m.granted(t, "user")
	m.move(t, keys.Active, keys.Suspect)
	m.leases(t, "a", true)
	m.records(t, "a", delivered(m.due(t)[0]), true)

	if err := m.EraseConnection(t.Context(), m.connection.ID, event(keys.ActionUserErased)); err != nil {
		t.Fatal(err)
	}

	var got []string
	for _, event := range m.events(t) {
		text := read(t, event)
		got = append(got, fmt.Sprint(text.Data.Sequence, text.Type, text.Data.Grant.State, text.Data.Grant.RevokedBy))

		if event.GrantID != grant {
			t.Errorf("got %+v", event)
		}
	}

	want := []string{fmt.Sprint(2, "grant.paused", "paused", ""), fmt.Sprint(3, "grant.revoked", "revoked", "operator")}

	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}

	if err := m.DeleteExpired(t.Context(), now().Add(webhook.Retention+2*time.Hour)); err != nil {
		t.Fatal(err)
	}

	if got := m.deliveries(t); len(got) != 0 {
		t.Errorf("after the time for their delivery: got %+v, want no event of the erased user", got)
	}
}

func outboxRetention(t *testing.T, m *mailed) {
	t.Helper()
	m.hasEndpoint(t)

	for _, user := range []string{"delivered", "failed", "pending"} {
		m.granted(t, user)
	}
	m.leases(t, "a", true)

	due := m.due(t)
	m.records(t, "a", delivered(due[0]), true)
	due[1].State = webhook.Failed
	m.records(t, "a", due[1], true)

	for _, row := range []struct {
		after time.Duration
		want  []webhook.State // newest first
	}{
		{webhook.Retention - time.Hour, []webhook.State{webhook.Pending, webhook.Failed, webhook.Delivered}},
		{webhook.Retention + time.Minute, []webhook.State{webhook.Pending, webhook.Failed}},
		{webhook.Retention + 2*time.Hour, []webhook.State{webhook.Failed, webhook.Failed}}, // nobody attempts it
		{31 * 24 * time.Hour, nil},
	} {
		if err := m.DeleteExpired(t.Context(), now().Add(row.after)); err != nil {
			t.Fatal(err)
		}

		var got []webhook.State
		for _, delivery := range m.deliveries(t) {
			got = append(got, delivery.State)
		}

		if !slices.Equal(got, row.want) {
			t.Errorf("after %s: got %v, want %v", row.after, got, row.want)
		}
	}
}

func outboxConcurrent(t *testing.T, m *mailed) {
	t.Helper()
	m.hasEndpoint(t)
	grant := m.granted(t, "user")

	const callers = 20

	var working sync.WaitGroup
	for n := range callers {
		working.Go(func() {
			session := allowed(t, m.Backend, m.service, "user", m.connection)
			session.DatabaseID = fmt.Sprint("db-", n)

			_, err := m.CompleteConnectSession(t.Context(), session, grantOf(session), event(keys.ActionGrantCreated))
			if err != nil {
				t.Error(err)
			}
		})
	}
	working.Wait()

	events := m.events(t)
	if len(events) != 1+2*callers {
		t.Errorf("got %d events, want %d", len(events), 1+2*callers)
	}

	for n, event := range events {
		if event.Sequence != int64(n+1) || event.GrantID != grant {
			t.Errorf("event %d has number %d of %s", n, event.Sequence, event.GrantID)
		}
	}

	counts, oldest, err := m.Counts(t.Context())
	if err != nil || counts[webhook.Pending] < int64(len(events)) || oldest.IsZero() || oldest.After(now()) {
		t.Errorf("got %v, %v, %v; want the pending events and the time of the oldest", counts, oldest, err)
	}
}
