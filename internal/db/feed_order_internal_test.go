package db

import (
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/partner"
	"github.com/upstash-connect/bff/internal/webhook"
)

// On Postgres, cursors are drawn in another order than their transactions begin and commit. A reader that has returned
// an event must never have skipped one with a lower cursor.
func TestFeedWaitsForLowerCursors(t *testing.T) {
	d, _ := openPostgresForTest(t)
	must := func(err error) {
		t.Helper()

		if err != nil {
			t.Fatal(err)
		}
	}
	at := time.Now()
	must(d.InsertService(t.Context(), partner.Service{ID: "shop", Name: "Shop", CreatedAt: at}, keys.Event{At: at}))

	for _, id := range []string{"first", "second"} {
		_, err := d.EnsureConnection(t.Context(), keys.Account{Issuer: "i", Subject: id}, "con_"+id, at)
		must(err)
		must(d.write.Create(&grantRow{
			ID: id, ServiceID: "shop", ExternalID: id, ConnectionID: "con_" + id, Asked: "{}", Consent: "{}",
			CreatedAt: millis(at),
		}).Error)
	}
	begin := func(grant string) *gorm.DB {
		tx := d.write.WithContext(t.Context()).Begin()
		must(tx.Error)
		must(tx.Exec("UPDATE grants SET display_name = 'x' WHERE id = ?", grant).Error) // it gets its transaction id

		return tx
	}
	write := func(tx *gorm.DB, grant string) {
		must(writeGrantEvents(tx, grantEvent{kind: webhook.GrantCreated, at: at}, grant))
	}
	sees := func(when string, want ...string) {
		t.Helper()

		events, err := d.EventsAfter(t.Context(), "shop", 0, 10)
		must(err)

		got := make([]string, 0, len(events))
		for _, event := range events {
			got = append(got, event.GrantID)
		}

		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", when, got, want)
		}

		latest, found, err := d.FeedPosition(t.Context(), "shop", "")
		must(err)

		if found != (len(want) > 0) || (found && latest.GrantID != want[len(want)-1]) {
			t.Errorf("%s: got position %+v, %t; want the last of %v", when, latest, found, want)
		}
	}

	older, younger := begin("second"), begin("first")
	write(younger, "first") // the lower cursor, in the transaction with the higher id
	write(older, "second")
	must(older.Commit().Error)
	sees("while the lower cursor is uncommitted")

	rolledBack := begin("second")
	write(rolledBack, "second")
	must(younger.Commit().Error)
	sees("while a higher cursor is uncommitted", "first", "second")
	must(rolledBack.Rollback().Error)
	sees("after a transaction was rolled back", "first", "second")

	// Cursors above 32 bits.
	must(d.write.Exec("SELECT setval('outbox_cursor_seq', 9000000000)").Error)
	low, high := begin("first"), begin("second")
	write(low, "first")
	write(high, "second")
	must(high.Commit().Error)
	sees("with large cursors", "first", "second")
	must(low.Commit().Error)
	sees("after their commits", "first", "second", "first", "second")
}
