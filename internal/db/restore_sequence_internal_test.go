package db

import (
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/webhook"
)

// A receiver ignores events with a lower sequence than the highest it has seen. After a restoration, it must not ignore
// new events: the restored database does not know which numbers were sent before.
func TestRestoredGrantsContinueAboveTheirNumbers(t *testing.T) {
	for name, d := range map[string]*DB{
		"SQLite":   func() *DB { d, _ := openSQLiteForTest(t); return d }(),
		"Postgres": func() *DB { d, _ := openPostgresForTest(t); return d }(),
	} {
		t.Run(name, func(t *testing.T) {
			must := func(err error) {
				t.Helper()

				if err != nil {
					t.Fatal(err)
				}
			}
			ctx, at := t.Context(), time.Now()
			must(d.InsertService(ctx, partner.Service{ID: "shop", Name: "Shop", CreatedAt: at}, keys.Event{At: at}))
			_, err := d.EnsureConnection(ctx, keys.Account{Issuer: "i", Subject: "s"}, "con_1", at)
			must(err)
			must(d.write.Create(&grantRow{
				ID: "grt_1", ServiceID: "shop", ExternalID: "user", ConnectionID: "con_1", Asked: "{}", Consent: "{}",
				CreatedAt: millis(at), Sequence: 7,
			}).Error)

			_, err = d.MarkSuspect(ctx, keys.ActionRestored, at)
			must(err)
			must(writeGrantEvents(d.write, grantEvent{kind: webhook.GrantPaused, at: at}, "grt_1"))

			// The same backup is restored again an hour later.
			must(d.write.Exec("UPDATE grants SET sequence = 7").Error)
			_, err = d.MarkSuspect(ctx, keys.ActionRestored, at.Add(time.Hour))
			must(err)
			must(writeGrantEvents(d.write, grantEvent{kind: webhook.GrantRevoked, at: at}, "grt_1"))

			events, err := d.EventsAfter(ctx, "shop", 0, 10)
			if err != nil || len(events) != 2 || events[0].Sequence < 1_000_007 ||
				events[1].Sequence < events[0].Sequence+1000 {
				t.Errorf("got %+v, %v; want events far above 7, and above each other", events, err)
			}
		})
	}
}
