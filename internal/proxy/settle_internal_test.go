package proxy

import (
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/upstash"
)

// A database of the same name that somebody makes long after a lost create is not its outcome: it would be shown to
// anyone who sends the same key again.
func TestLostCreateAdoptsOnlyDatabasesFromItsTime(t *testing.T) {
	t.Parallel()

	service := &Service{options: Options{Settle: time.Minute}}
	start := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	record := CreateRecord{
		Name: "orders", PrimaryRegion: "us-east-1", CreatedAt: start, CutAt: start.Add(30 * time.Second),
	}

	for name, test := range map[string]struct {
		made time.Time
		want bool
	}{
		"during the call":             {start.Add(10 * time.Second), true},
		"late, while it settles":      {start.Add(80 * time.Second), true},
		"by a clock that is ahead":    {start.Add(9 * time.Minute), true},
		"by a clock that is behind":   {start.Add(-9 * time.Minute), true},
		"without a date":              {time.Time{}, true},
		"weeks later":                 {start.Add(14 * 24 * time.Hour), false},
		"an hour before":              {start.Add(-time.Hour), false},
		"a quarter of an hour later":  {start.Add(15 * time.Minute), false},
		"a quarter of an hour before": {start.Add(-15 * time.Minute), false},
	} {
		candidate := upstash.Database{ID: "db-1", Name: "orders", PrimaryRegion: "us-east-1", CreatedAt: test.made}
		if got := service.mayBeOutcome(candidate, record); got != test.want {
			t.Errorf("%s: got %t, want %t", name, got, test.want)
		}
	}
}

// A server that went silent before its lease ended may be alive and may wait for its response until the call's own
// timeout: until then, a database that a list does not show may still be created.
func TestCreateOfASilentServerCountsAsInProgress(t *testing.T) {
	t.Parallel()
	service := &Service{options: Options{Lease: createLease}}

	for name, row := range map[string]struct{ left, want time.Duration }{
		"the lease has ended":       {0, 0},
		"sent just now":             {createLease, upstash.CreateTimeout},
		"sent ten seconds ago":      {createLease - 10*time.Second, upstash.CreateTimeout - 10*time.Second},
		"sent longer ago than that": {createLease - upstash.CreateTimeout - time.Second, 0},
	} {
		if got := service.maxCallTimeLeft(CreateRecord{LeaseLeft: row.left}); got != row.want {
			t.Errorf("%s: got %s, want %s", name, got, row.want)
		}
	}
}
