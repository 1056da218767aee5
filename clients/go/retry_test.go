package connect_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	connect "github.com/upstash-connect/bff/clients/go"
)

func TestRetriesOnlyWhatCanBeRepeated(t *testing.T) {
	list := func(ctx context.Context, c *connect.Client) error { _, err := c.ListDatabases(ctx); return err }
	create := func(ctx context.Context, c *connect.Client) error {
		_, err := c.CreateDatabase(ctx, connect.CreateDatabaseRequest{Name: "a"}, "key")
		return err
	}
	open := func(ctx context.Context, c *connect.Client) error {
		_, err := c.OpenConnectSession(ctx, connect.ConnectSessionRequest{})
		return err
	}
	date := time.Now().Add(time.Second).UTC().Format(http.TimeFormat)

	for name, row := range map[string]struct {
		call  func(context.Context, *connect.Client) error
		first func(http.ResponseWriter, *http.Request)
		calls int
	}{
		"a read, limited":                  {list, busy(429, "1"), 2},
		"a read, with a date":              {list, busy(503, date), 2},
		"a read, without a time":           {list, busy(503, ""), 2},
		"a read, of a proxy":               {list, says(503, "busy"), 2},
		"a create with a key":              {create, busy(504, "0"), 2},
		"a read after a long time":         {list, busy(429, "3600"), 1},
		"a read after more than 2^31 s":    {list, busy(429, "2147483648"), 1},
		"a read after more than 2^64 s":    {list, busy(429, "99999999999999999999"), 1},
		"a read in the year 9999":          {list, busy(429, "Fri, 31 Dec 9999 23:59:59 GMT"), 1},
		"a read that is rejected":          {list, busy(409, "0"), 1},
		"a call that cannot be repeated":   {open, busy(503, "0"), 1},
		"a read that the server fails for": {list, busy(500, "0"), 1},
	} {
		url, calls := answers(t, row.first, fine)

		err := row.call(t.Context(), newClient(t, url, "upc_test"))
		if *calls != row.calls || (err == nil) != (row.calls == 2) {
			t.Errorf("%s: %d calls, %v; want %d", name, *calls, err, row.calls)
		}
	}

	url, calls := answers(t, busy(503, "30"))

	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()

	var found *connect.Problem
	if err := list(ctx, newClient(t, url, "upc_test")); !errors.As(err, &found) ||
		found.RetryAfter != 30*time.Second || *calls != 1 {
		t.Errorf("a context that ends: %v after %d calls", err, *calls)
	}
}

// A caller that waits for RetryAfter never comes too early because of an overflow.
func TestRetryAfter(t *testing.T) {
	in := func(wait time.Duration, form string) string { return time.Now().Add(wait).UTC().Format(form) }
	rfc850 := "Monday, 02-Jan-06 15:04:05 GMT" // obsolete, but a recipient must accept it

	for header, want := range map[string]time.Duration{
		"":                              0,
		"0":                             0,
		"90":                            90 * time.Second,
		"604800":                        connect.MaxRetryAfter,
		"604801":                        connect.MaxRetryAfter,
		"2147483648":                    connect.MaxRetryAfter,
		"9223372036854775807":           connect.MaxRetryAfter,
		"99999999999999999999999999999": connect.MaxRetryAfter,
		"-1":                            0,
		"1.5":                           0,
		"soon":                          0,
		in(time.Hour, http.TimeFormat):  time.Hour,
		in(time.Hour, rfc850):           time.Hour,
		in(time.Hour, time.ANSIC):       time.Hour,
		in(-time.Hour, http.TimeFormat): 0,
		"Fri, 31 Dec 9999 23:59:59 GMT": connect.MaxRetryAfter,
	} {
		url, _ := answers(t, busy(409, header))

		_, err := newClient(t, url, "upc_test").ListDatabases(t.Context())

		var found *connect.Problem
		if !errors.As(err, &found) || (found.RetryAfter-want).Abs() > 10*time.Second {
			t.Errorf("%q: got %v, want a problem with %v", header, err, want)
		}
	}
}
