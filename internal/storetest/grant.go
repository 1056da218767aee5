package storetest

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
)

func testGrants(t *testing.T, b Backend) {
	t.Helper()
	insertService(t, b, "first")
	insertService(t, b, "second")

	rows := map[string]func(*testing.T, Backend, int){
		"G04 found only by its own service":          grantOfService,
		"listed by filter":                           grantListed,
		"narrowed while it is valid":                 grantNarrowed,
		"concurrent narrowing is serialized":         concurrentNarrowing,
		"revoked, each with its event":               grantRevoked,
		"G06 a disconnect ends them permanently":     grantDisconnected,
		"a suspect connection keeps them":            grantPaused,
		"the last use and its scope are stored":      grantUseRecorded,
		"G13 external ids are compared byte by byte": grantBytes,
	}

	n := 100
	for name, row := range rows {
		n += 100
		t.Run(name, func(t *testing.T) { row(t, b, n) })
	}
}

func grantOfService(t *testing.T, b Backend, n int) {
	t.Helper()
	id := complete(t, b, allowed(t, b, "first", "g1", active(t, b, n)))

	for _, by := range [][2]string{{id, ""}, {"", "g1"}, {id, "g1"}} {
		if got, err := b.ActiveGrant(t.Context(), "first", by[0], by[1]); err != nil || got.ID != id {
			t.Errorf("%q: got %q, %v", by, got.ID, err)
		}
	}

	for _, by := range [][3]string{
		{"second", id, ""}, {"second", "", "g1"}, {"first", "", ""}, {"", id, ""}, {"first", id, "g2"}, {"first", "", "g2"},
	} {
		if _, err := b.ActiveGrant(t.Context(), by[0], by[1], by[2]); !errors.Is(err, partner.ErrGrantRequired) {
			t.Errorf("%q: got %v, want ErrGrantRequired", by, err)
		}
	}
}

func grantListed(t *testing.T, b Backend, n int) {
	t.Helper()
	first, second := active(t, b, n), active(t, b, n+1)
	early := complete(t, b, allowed(t, b, "first", "l1", first))
	time.Sleep(2 * time.Millisecond) // the order is by time
	late := complete(t, b, allowed(t, b, "second", "l1", second))

	if _, err := b.RevokeGrants(
		t.Context(), partner.GrantFilter{ID: early}, "operator", event(keys.ActionGrantRevoked),
	); err != nil {
		t.Fatal(err)
	}

	for _, row := range []struct {
		filter partner.GrantFilter
		want   []string
	}{
		{partner.GrantFilter{ExternalID: "l1"}, []string{late, early}},
		{partner.GrantFilter{ExternalID: "l1", ServiceID: "first"}, []string{early}},
		{partner.GrantFilter{ExternalID: "l1", Active: true}, []string{late}},
		{partner.GrantFilter{ConnectionID: first.ID}, []string{early}},
		{partner.GrantFilter{ID: late, Email: "a@example.com"}, []string{late}},
		{partner.GrantFilter{ID: late, Email: "b@example.com"}, nil},
		{partner.GrantFilter{ID: late, ServiceID: "first"}, nil},
	} {
		found, err := b.Grants(t.Context(), row.filter)
		if err != nil {
			t.Fatal(err)
		}

		var got []string
		for _, grant := range found {
			got = append(got, grant.ID)
		}

		if !slices.Equal(got, row.want) {
			t.Errorf("%+v: got %v, want %v", row.filter, got, row.want)
		}
	}
}

func grantNarrowed(t *testing.T, b Backend, n int) {
	t.Helper()
	id := complete(t, b, allowed(t, b, "first", "n1", active(t, b, n)))
	filter := partner.GrantFilter{ID: id, ServiceID: "first"}
	narrow := func(grant *partner.Grant) error {
		grant.Asked.MaxDatabases, grant.Consent.Scopes = 1, []string{}
		return nil
	}

	returned, err := b.NarrowGrant(t.Context(), filter, event(keys.ActionGrantNarrowed), narrow)
	if err != nil {
		t.Fatal(err)
	}

	got := validGrant(t, b, "n1")
	if got.Asked.MaxDatabases != 1 || len(got.Consent.Scopes) != 0 || !cmp.Equal(returned.Asked, got.Asked) {
		t.Errorf("got %+v, want it narrowed", got)
	}

	rejection := errors.New("no")

	_, err = b.NarrowGrant(t.Context(), filter, event(keys.ActionGrantNarrowed), func(grant *partner.Grant) error {
		grant.Asked.MaxDatabases = 99
		return rejection
	})
	if !errors.Is(err, rejection) || validGrant(t, b, "n1").Asked.MaxDatabases != 1 {
		t.Errorf("got %v, want the error and nothing changed", err)
	}

	foreign := partner.GrantFilter{ID: id, ServiceID: "second"}

	_, err = b.NarrowGrant(t.Context(), foreign, event(keys.ActionGrantNarrowed), narrow)
	if !errors.Is(err, partner.ErrGrantNotFound) {
		t.Errorf("got %v, want ErrGrantNotFound", err)
	}
	disconnectOnce(t, b, n)

	_, err = b.NarrowGrant(t.Context(), filter, event(keys.ActionGrantNarrowed), narrow)
	if !errors.Is(err, partner.ErrGrantNotFound) {
		t.Errorf("got %v, want ErrGrantNotFound", err)
	}

	if got := eventsOf(t, b, keys.ActionGrantNarrowed); len(got) == 0 || got[0].Actor.GrantID == "" {
		t.Errorf("got %+v, want an event of the grant", got)
	}
}

func concurrentNarrowing(t *testing.T, b Backend, n int) {
	t.Helper()
	session := allowed(t, b, "first", "n2", active(t, b, n))
	session.Asked.MaxDatabases = 1000
	id := complete(t, b, session)

	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			_, err := b.NarrowGrant(
				t.Context(), partner.GrantFilter{ID: id}, event(keys.ActionGrantNarrowed),
				func(grant *partner.Grant) error {
					grant.Asked.MaxDatabases--
					return nil
				},
			)
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()

	if got := validGrant(t, b, "n2").Asked.MaxDatabases; got != 980 {
		t.Errorf("got %d, want 980: a concurrent change was lost", got)
	}
}

func grantRevoked(t *testing.T, b Backend, n int) {
	t.Helper()
	connection := active(t, b, n)
	ids := []string{
		complete(t, b, allowed(t, b, "first", "r1", connection)), complete(t, b, allowed(t, b, "second", "r1", connection)),
	}
	ended := event(keys.ActionGrantRevoked)
	ended.Actor.RequestID = "req_revoke"

	for _, want := range []int{2, 0} {
		got, err := b.RevokeGrants(t.Context(), partner.GrantFilter{ConnectionID: connection.ID}, "user", ended)
		if err != nil || got != want {
			t.Errorf("got %d, %v; want %d", got, err, want)
		}
	}
	var named []string

	for _, event := range eventsOf(t, b, keys.ActionGrantRevoked) {
		if event.Actor.RequestID == "req_revoke" && event.ConnectionID == connection.ID {
			named = append(named, event.Actor.GrantID)
		}
	}
	slices.Sort(named)
	slices.Sort(ids)

	if !slices.Equal(named, ids) {
		t.Errorf("got events of %v, want of %v", named, ids)
	}

	for _, id := range ids {
		revokedAs(t, b, id, "user")
	}
}

func grantDisconnected(t *testing.T, b Backend, n int) {
	t.Helper()
	connection := active(t, b, n)
	id := complete(t, b, allowed(t, b, "first", "d1", connection))
	complete(t, b, allowed(t, b, "second", "d1", connection))

	for _, want := range []int{2, 0} {
		if got := disconnectOnce(t, b, n); got != want {
			t.Errorf("got %d ended, want %d", got, want)
		}
	}
	revokedAs(t, b, id, "disconnect")

	if got := find(t, b, n).Epoch; got != connection.Epoch+2 {
		t.Errorf("got epoch %d, want one more for each disconnect", got)
	}

	intent := openIntent(t, b, connection.ID, "NAME_2", takeLease(t, b, connection.ID))
	if _, err := b.StoreKey(t.Context(), stored(intent)); err != nil {
		t.Fatal(err)
	}

	if _, err := b.ActiveGrant(t.Context(), "first", id, ""); !errors.Is(err, partner.ErrGrantRequired) {
		t.Errorf("after a reconnect: got %v, want ErrGrantRequired", err)
	}
	written := 0

	for _, event := range eventsOf(t, b, keys.ActionGrantRevoked) {
		if event.ConnectionID == connection.ID && event.Actor.GrantID != "" {
			written++
		}
	}

	if written != 2 {
		t.Errorf("got %d events, want one for each grant", written)
	}

	if again := complete(t, b, allowed(t, b, "first", "d1", find(t, b, n))); again == id {
		t.Error("the old grant was reused")
	}
}

func grantPaused(t *testing.T, b Backend, n int) {
	t.Helper()
	id := complete(t, b, allowed(t, b, "first", "p1", active(t, b, n)))

	for _, edge := range [][2]keys.State{{keys.Active, keys.Suspect}, {keys.Suspect, keys.ReconnectRequired}} {
		if _, err := b.MoveConnection(t.Context(), find(t, b, n).ID, "NAME_1", edge[0], edge[1]); err != nil {
			t.Fatal(err)
		}

		if got := validGrant(t, b, "p1"); got.ID != id || got.ConnectionState != edge[1] {
			t.Errorf("got %s in state %s, want %s", got.ID, got.ConnectionState, edge[1])
		}
	}
}

func grantUseRecorded(t *testing.T, b Backend, n int) {
	t.Helper()
	id := complete(t, b, allowed(t, b, "first", "t1", active(t, b, n)))

	at := now()
	if err := b.RecordGrantUse(t.Context(), id, partner.ScopeList, at); err != nil {
		t.Fatal(err)
	}

	if got := validGrant(t, b, "t1"); !got.LastUsedAt.Equal(at) || got.LastUsedFor != partner.ScopeList {
		t.Errorf("got %v for %q", got.LastUsedAt, got.LastUsedFor)
	}
}

func grantBytes(t *testing.T, b Backend, n int) {
	t.Helper()
	id := complete(t, b, allowed(t, b, "first", "Caf\u00e9", active(t, b, n)))

	for _, other := range []string{"Cafe\u0301", "caf\u00e9", "Caf\u00e9 ", "Caf_", "Caf%"} {
		if got, err := b.ActiveGrant(t.Context(), "first", "", other); !errors.Is(err, partner.ErrGrantRequired) {
			t.Errorf("%q: got %q, %v; want ErrGrantRequired", other, got.ID, err)
		}
	}

	if validGrant(t, b, "Caf\u00e9").ID != id {
		t.Error("it is not found by its own name")
	}
}
