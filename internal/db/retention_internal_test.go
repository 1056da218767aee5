package db

import (
	"fmt"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// The triggers apply the retention setting: older events are deleted, and nobody can delete younger ones, whatever the
// setting was before.
func TestAuditRetentionIsConfigurable(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		d, _ := openSQLiteForTest(t)
		testRetention(t, d)
	})
	t.Run("Postgres", func(t *testing.T) {
		d, _ := openPostgresForTest(t)
		testRetention(t, d)
	})
}

func testRetention(t *testing.T, d *DB) {
	t.Helper()
	const day = 24 * time.Hour

	for _, age := range []int{6, 8, 31, 399, 401} {
		event := keys.Event{
			At: time.Now().Add(-time.Duration(age) * day), Action: keys.ActionMinted, Detail: fmt.Sprint(age),
		}
		if err := d.Record(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}

	for _, row := range []struct {
		retention time.Duration
		want      string
	}{
		{0, "[6 8 31 399]"}, // the default
		{500 * day, "[6 8 31 399]"},
		{30 * day, "[6 8]"},
		{7 * day, "[6]"},
	} {
		if row.retention > 0 {
			if err := d.SetAuditRetention(t.Context(), row.retention); err != nil {
				t.Fatal(err)
			}
		}

		if err := d.DeleteExpired(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		var left []string

		err := d.Events(t.Context(), keys.EventFilter{}, func(event keys.Event) error {
			left = append(left, event.Detail)
			return nil
		})
		if err != nil || fmt.Sprint(left) != row.want {
			t.Errorf("retention for %s: got %v and %v, want %s", row.retention, left, err, row.want)
		}

		if err := d.write.Exec("DELETE FROM audit_events").Error; err == nil {
			t.Error("a younger event was deleted")
		}
	}

	if err := d.SetAuditRetention(t.Context(), time.Hour); err == nil {
		t.Error("a retention of an hour was accepted")
	}
}

// An event is deleted in the same millisecond in which its retention ends: the trigger and the deleting statement read
// one clock.
func TestEventIsDeletedWhenItsRetentionEnds(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		d, _ := openSQLiteForTest(t)
		testJustOldEnough(t, d)
	})
	t.Run("Postgres", func(t *testing.T) {
		d, _ := openPostgresForTest(t)
		testJustOldEnough(t, d)
	})
}

func testJustOldEnough(t *testing.T, d *DB) {
	t.Helper()
	const retention = 30 * 24 * time.Hour

	if err := d.SetAuditRetention(t.Context(), retention); err != nil {
		t.Fatal(err)
	}

	for _, beyond := range []time.Duration{2 * time.Millisecond, 100 * time.Millisecond, 999 * time.Millisecond} {
		event := keys.Event{At: time.Now().Add(-retention - beyond), Action: keys.ActionMinted}
		if err := d.Record(t.Context(), event); err != nil {
			t.Fatal(err)
		}

		if err := d.DeleteExpired(t.Context(), time.Now()); err != nil {
			t.Fatalf("%s beyond the limit: %v", beyond, err)
		}
	}

	var left int64
	if err := d.read.Raw("SELECT count(*) FROM audit_events").Scan(&left).Error; err != nil || left != 0 {
		t.Errorf("got %d events, %v, want none", left, err)
	}

	// An error raised by a trigger does not affect readiness.
	if !d.file {
		return
	}

	young := keys.Event{At: time.Now(), Action: keys.ActionMinted}
	if err := d.Record(t.Context(), young); err != nil {
		t.Fatal(err)
	}

	if err := d.deleteWhere(t.Context(), &auditRow{}, "true"); err == nil {
		t.Error("a younger event was deleted")
	}

	if err := d.health.readinessError(); err != nil {
		t.Errorf("ready: %v", err)
	}
}
