package storetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/session"
)

// repeated records an event several times, one second apart, each with its own address. It returns the time of the last
// one.
func repeated(t *testing.T, b Backend, event keys.Event, times int, address func(n int) string) time.Time {
	t.Helper()

	for n := range times {
		ctx := keys.WithActor(t.Context(), keys.Actor{
			Kind: keys.ActorUser, RequestID: fmt.Sprint("request ", n), Address: address(n),
		})
		if err := b.Record(ctx, event); err != nil {
			t.Fatal(err)
		}
		event.At = event.At.Add(time.Second)
	}

	return event.At.Add(-time.Second)
}

func sameAddress(int) string { return "192.0.2.1" }

// testFolding checks that the audit log does not grow with repetitions by one account.
func testFolding(t *testing.T, b Backend) {
	t.Helper()
	at := now()
	one := keys.Event{At: at, Action: keys.ActionCredentialsRevealed, ConnectionID: "con_1", Detail: "db-1"}

	rows := map[string]struct {
		act  func(t *testing.T, id string)
		want []int64 // the count of each stored event
	}{
		"equal events within an hour become one": {func(t *testing.T, id string) {
			t.Helper()
			event := one
			event.ConnectionID = id
			last := repeated(t, b, event, 40, sameAddress)

			if got := connectionEvents(t, b, id)[0]; !got.LastAt.Equal(last) || got.Actor.RequestID != "request 0" {
				t.Errorf("got %+v, want the first request, and the last at %s", got, last)
			}
		}, []int64{40}},
		"an hour later it is a new event": {func(t *testing.T, id string) {
			t.Helper()
			event := one
			event.ConnectionID = id
			repeated(t, b, event, 2, sameAddress)
			event.At = at.Add(61 * time.Minute)
			repeated(t, b, event, 3, sameAddress)
		}, []int64{2, 3}},
		"different events stay separate": {func(t *testing.T, id string) {
			t.Helper()
			event := one
			event.ConnectionID = id
			repeated(t, b, event, 2, sameAddress)
			event.Detail = "db-2"
			repeated(t, b, event, 2, sameAddress)
			repeated(t, b, event, 2, func(int) string { return "192.0.2.2" })
			event.Action = keys.ActionConnected
			repeated(t, b, event, 2, sameAddress)
		}, []int64{2, 2, 2, 2}},
		"state transitions keep their order": {func(t *testing.T, id string) {
			t.Helper()
			repeated(t, b, keys.Event{At: at, Action: keys.ActionStateChanged, ConnectionID: id, Detail: "a -> b"}, 5, sameAddress)
		}, []int64{1, 1, 1, 1, 1}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			id := "con_" + strings.ReplaceAll(name, " ", "_")
			row.act(t, id)

			var got []int64
			for _, event := range connectionEvents(t, b, id) {
				got = append(got, max(1, event.Times))
			}

			if fmt.Sprint(got) != fmt.Sprint(row.want) {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
	t.Run("events that differ each time are bounded", func(t *testing.T) { testFoldingBound(t, b) })
	t.Run("frequent events of one actor hide no others", func(t *testing.T) { testFoldingHidesNobody(t, b) })
	t.Run("events under new grants are bounded", func(t *testing.T) { testFoldingNewGrants(t, b) })
	t.Run("a long detail is truncated", func(t *testing.T) { testLongDetail(t, b) })
}

func testFoldingBound(t *testing.T, b Backend) {
	t.Helper()
	const many = 100

	for _, action := range []keys.Action{
		keys.ActionConnected, keys.ActionCredentialsRevealed, keys.ActionDatabasePinged, keys.ActionStateChanged,
		keys.ActionMintFailed,
	} {
		id := "con_apart_" + string(action)
		repeated(t, b, keys.Event{At: now(), Action: action, ConnectionID: id, Detail: "x"}, many,
			func(n int) string { return fmt.Sprintf("2001:db8::%x", n) })

		events, total := connectionEvents(t, b, id), int64(0)
		for _, event := range events {
			total += max(1, event.Times)
		}

		if last := events[len(events)-1]; len(events) > 40 || total != many || last.Actor.Address != "" ||
			last.Actor.Kind != keys.ActorUser || last.LastAt.IsZero() {
			t.Errorf("%s: got %d events of %d, the last %+v; want few that count %d", action, len(events), total, last, many)
		}
	}
}

// testFoldingHidesNobody checks that many decoy events of one actor do not hide other events: those of another actor
// are stored completely, and for the same actor and grant the log shows which database was revealed.
func testFoldingHidesNobody(t *testing.T, b Backend) {
	t.Helper()
	const many = 100
	id := "con_decoys"
	reveal := func(n int, database string, actor keys.Actor) {
		t.Helper()
		actor.RequestID, actor.Address = fmt.Sprint("request ", n), fmt.Sprintf("2001:db8::%x", n)

		err := b.Record(t.Context(), keys.Event{
			At: now(), Action: keys.ActionCredentialsRevealed, ConnectionID: id, Detail: database, Actor: actor,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	decoy := keys.Actor{Kind: keys.ActorService, ID: "decoy", GrantID: "grt_decoy"}

	for n := range many {
		reveal(n, "db-decoy", decoy)
	}
	others := []keys.Actor{
		{Kind: keys.ActorUser},
		{Kind: keys.ActorService, ID: "other", GrantID: "grt_other"},
		{Kind: keys.ActorService, ID: "decoy", GrantID: "grt_its_other"},
	}

	for n, other := range others {
		reveal(many+n, "db-taken", other)
	}
	reveal(many+len(others), "db-taken", decoy)

	events := connectionEvents(t, b, id)
	recorded := func(actor keys.Actor, detail, address string) bool {
		return slices.ContainsFunc(events, func(event keys.Event) bool {
			return event.Actor.Kind == actor.Kind && event.Actor.ID == actor.ID && event.Actor.GrantID == actor.GrantID &&
				strings.HasPrefix(event.Detail, detail) && event.Actor.Address == address
		})
	}

	for n, other := range others {
		if !recorded(other, "db-taken", fmt.Sprintf("2001:db8::%x", many+n)) {
			t.Errorf("%+v is not in the log", other)
		}
	}

	if !recorded(decoy, "db-taken", "") || !recorded(decoy, "db-decoy", "") {
		t.Error("what the same actor revealed is not in the log")
	}

	if len(events) > 40 {
		t.Errorf("got %d events, want few", len(events))
	}
}

// testFoldingNewGrants checks that an actor that keeps creating grants gets a bounded number of events, which name the
// actor.
func testFoldingNewGrants(t *testing.T, b Backend) {
	t.Helper()
	const many = 150
	id := "con_new_grants"

	for n := range many {
		err := b.Record(t.Context(), keys.Event{
			At: now(), Action: keys.ActionGrantCreated, ConnectionID: id, Detail: "service first",
			Actor: keys.Actor{Kind: keys.ActorService, ID: "first", GrantID: fmt.Sprint("grt_", n)},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	events, total := connectionEvents(t, b, id), int64(0)

	for _, event := range events {
		total += max(1, event.Times)
	}

	if last := events[len(events)-1]; len(events) > 65 || total != many || last.Actor.ID != "first" || last.Times < 80 {
		t.Errorf("got %d events of %d, the last %+v; want few that count %d", len(events), total, last, many)
	}
}

func testLongDetail(t *testing.T, b Backend) {
	t.Helper()

	event := keys.Event{
		At: now(), Action: keys.ActionCredentialsRevealed, ConnectionID: "con_long", Detail: strings.Repeat("é", 5000),
	}
	for range 2 {
		if err := b.Record(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	events := connectionEvents(t, b, "con_long")

	if len(events) != 1 || events[0].Times != 2 || len(events[0].Detail) > 1024 || !utf8.ValidString(events[0].Detail) {
		t.Errorf("got %d events, the first with %d bytes, want one that is cut", len(events), len(events[0].Detail))
	}
}

// testSessionLimit checks that a login ends the oldest sessions beyond the bound, only of its own account, also with
// concurrent logins.
func testSessionLimit(t *testing.T, b Backend) {
	t.Helper()
	const most, more = 4, 6
	mine, other := active(t, b, 1).ID, active(t, b, 2).ID
	start := func(connection string, n int) ([][sha256.Size]byte, error) {
		return b.InsertSession(context.WithoutCancel(t.Context()), session.Session{
			TokenHash: sha256.Sum256(fmt.Append(nil, connection, n)), ConnectionID: connection,
			CreatedAt: now().Add(time.Duration(n) * time.Second), IdleUntil: now().Add(time.Hour),
			ExpiresAt: now().Add(time.Hour),
		}, most)
	}
	lives := func(connection string, n int) bool {
		_, err := b.FindSession(t.Context(), sha256.Sum256(fmt.Append(nil, connection, n)))
		return err == nil
	}

	if _, err := start(other, 0); err != nil {
		t.Fatal(err)
	}

	for n := range most + more {
		ended, err := start(mine, n)
		if err != nil {
			t.Fatal(err)
		}

		if n >= most && (len(ended) != 1 || ended[0] != sha256.Sum256(fmt.Append(nil, mine, n-most))) {
			t.Errorf("login %d ended %d sessions, want the oldest", n, len(ended))
		}
	}

	for n := range most + more {
		if got := lives(mine, n); got != (n >= more) {
			t.Errorf("session %d lives: %t", n, got)
		}
	}

	if !lives(other, 0) {
		t.Error("a session of another account ended")
	}

	left := make(chan error, more)
	for n := range more {
		go func() {
			_, err := start(mine, 100+n)
			left <- err
		}()
	}

	for range more {
		if err := <-left; err != nil {
			t.Error(err)
		}
	}

	count := 0
	for n := range 100 + more {
		if lives(mine, n) {
			count++
		}
	}

	if count != most {
		t.Errorf("after concurrent logins: %d sessions live, want %d", count, most)
	}
}
