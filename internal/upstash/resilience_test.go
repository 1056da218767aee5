package upstash_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

func TestReadsAreRetriedAndWritesAreNot(t *testing.T) {
	t.Parallel()

	rows := map[string]struct {
		status     int
		retryAfter string
		attempts   int
		least      time.Duration
		wait       time.Duration // what the caller receives
	}{
		"unavailable":                        {503, "", 3, 150 * time.Millisecond, 0},
		"a gateway's error":                  {502, "", 3, 150 * time.Millisecond, 0},
		"unavailable for a second":           {503, "1", 3, 2 * time.Second, time.Second},
		"unavailable for longer than a read": {503, "30", 1, 0, 30 * time.Second},
		"too many calls":                     {429, "", 1, 0, 0},
		"too many calls for a second":        {429, "1", 1, 0, time.Second},
		"refused":                            {400, "", 1, 0, -1},
		"unauthorized":                       {401, "", 1, 0, -1},
		"not found":                          {404, "", 1, 0, -1},
		"a redirect":                         {302, "", 1, 0, -1},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFar(t, func(w http.ResponseWriter, _ *http.Request) {
				if row.retryAfter != "" {
					w.Header().Set("Retry-After", row.retryAfter)
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(row.status)
			})
			start := time.Now()

			_, err := newClient(t, f.URL).List(t.Context(), somebody)
			if err == nil || f.count("GET") != row.attempts {
				t.Errorf("read: got %v after %d attempts, want an error after %d", err, f.count("GET"), row.attempts)
			}

			if took := time.Since(start); took < row.least {
				t.Errorf("read: took %s, want at least %s", took, row.least)
			}

			var unavailable *upstash.UnavailableError
			if errors.As(err, &unavailable) != (row.wait >= 0) || row.wait >= 0 && unavailable.RetryAfter != row.wait {
				t.Errorf("read: got %+v, want to wait %s", err, row.wait)
			}

			_, err = newClient(t, f.URL).CreateDatabase(t.Context(), somebody, upstash.CreateRequest{})
			if err == nil || f.count("POST") != 1 {
				t.Errorf("create: got %v after %d POSTs, want an error after one", err, f.count("POST"))
			}
		})
	}
}

func TestReadSucceedsOnTheSecondAttempt(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	f := newFar(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			w.WriteHeader(503)
			return
		}
		_, _ = w.Write([]byte("[" + vendorDatabase + "]"))
	})

	got, err := newClient(t, f.URL).List(t.Context(), somebody)
	if err != nil || len(got.Databases) != 1 {
		t.Errorf("got %+v, %v; want one database", got, err)
	}
}

func TestRetryAfterIsLimited(t *testing.T) {
	t.Parallel()

	rows := map[string]time.Duration{
		"0":                             0,
		"10":                            10 * time.Second,
		"1000000000":                    5 * time.Minute,
		"99999999999999999999999":       5 * time.Minute,
		"-5":                            0,
		"+5":                            0,
		"1.5":                           0,
		"soon":                          0,
		"":                              0,
		"Wed, 21 Oct 2015 07:28:00 GMT": 0,
		"Fri, 31 Dec 9999 23:59:59 GMT": 5 * time.Minute,
		"0x10":                          0,
		" 7 ":                           7 * time.Second,
	}
	for value, want := range rows {
		f := newFar(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", value)
			w.WriteHeader(429)
		})
		_, err := newClient(t, f.URL).List(t.Context(), somebody)

		var unavailable *upstash.UnavailableError
		if !errors.As(err, &unavailable) || unavailable.RetryAfter != want {
			t.Errorf("%q: got %+v, want %s", value, err, want)
		}
	}
}

// All callers of one account wait after upstream delays one of them; other accounts do not.
func TestPauseAppliesToTheWholeAccount(t *testing.T) {
	t.Parallel()
	f := newFar(t, func(w http.ResponseWriter, r *http.Request) {
		if email, _, _ := r.BasicAuth(); email == somebody.Email {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(429)
			return
		}
		_, _ = w.Write([]byte("[]"))
	})
	client := newClient(t, f.URL)

	limited := func() bool {
		_, err := client.List(t.Context(), somebody)
		var unavailable *upstash.UnavailableError

		return errors.As(err, &unavailable) && unavailable.RateLimit && unavailable.RetryAfter > 0 &&
			unavailable.RetryAfter <= time.Second
	}
	if !limited() {
		t.Fatal("the first call was not limited")
	}

	var working sync.WaitGroup
	for range 50 {
		working.Go(func() {
			if !limited() {
				t.Error("a call in the pause was not held back")
			}
		})
	}
	working.Wait()

	if _, err := client.CreateDatabase(
		t.Context(), somebody, upstash.CreateRequest{},
	); err == nil ||
		errors.Is(err, upstash.ErrOutcomeUnknown) {
		t.Errorf("create in the pause: got %v, want it held back, not sent", err)
	}

	if got := f.count(""); f.count("GET")+f.count("POST") != 1 {
		t.Errorf("%d requests were sent in the pause, want none but the first", got)
	}

	if _, err := client.List(
		t.Context(), upstash.Credential{Email: "another@example.com", Key: somebody.Key},
	); err != nil {
		t.Errorf("another account: got %v", err)
	}
	time.Sleep(1100 * time.Millisecond)
	_ = limited()

	if got := f.count("GET"); got != 3 {
		t.Errorf("after the pause: %d requests in all, want 3", got)
	}
}

func TestBreakerOpensAndCloses(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	broken.Store(true)
	f := newFar(t, func(w http.ResponseWriter, _ *http.Request) {
		if broken.Load() {
			w.WriteHeader(500)
			return
		}
		_, _ = w.Write([]byte("[]"))
	})

	client := newClient(t, f.URL)
	for range 20 {
		_, _ = client.CreateDatabase(t.Context(), somebody, upstash.CreateRequest{})
	}

	if got := client.BreakerState(); got != "open" {
		t.Fatalf("after 20 failures: got breaker %s, want open", got)
	}
	_, err := client.List(t.Context(), somebody)

	var unavailable *upstash.UnavailableError
	if !errors.As(err, &unavailable) || !unavailable.Paused || unavailable.RetryAfter <= 0 ||
		unavailable.RetryAfter > 5*time.Second {
		t.Errorf("while open: got %+v, want a pause of at most 5 s", err)
	}

	if got := f.count("GET"); got != 0 {
		t.Errorf("while open: %d reads were sent", got)
	}
	broken.Store(false)
	time.Sleep(unavailable.RetryAfter + 100*time.Millisecond)

	if _, err := client.List(t.Context(), somebody); err != nil || client.BreakerState() != "closed" {
		t.Errorf("after the pause: got %v, breaker %s; want a list and closed", err, client.BreakerState())
	}
}

// A caller that leaves while its call is the one that decides must not decide.
func TestLeavingCallerDoesNotCloseTheBreaker(t *testing.T) {
	t.Parallel()
	var hang atomic.Bool
	release := make(chan struct{})
	f := newFar(t, func(w http.ResponseWriter, _ *http.Request) {
		if hang.Load() {
			<-release
		}
		w.WriteHeader(500)
	})
	t.Cleanup(func() { close(release) })

	client := newClient(t, f.URL)
	for range 20 {
		_, _ = client.CreateDatabase(t.Context(), somebody, upstash.CreateRequest{})
	}
	hang.Store(true)
	time.Sleep(5100 * time.Millisecond)

	ctx, leave := context.WithCancel(t.Context())
	go func() { time.Sleep(100 * time.Millisecond); leave() }()

	if _, err := client.List(ctx, somebody); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the caller's own cancellation", err)
	}

	if got := client.BreakerState(); got != "open" {
		t.Errorf("got breaker %s, want open: nothing showed that upstream has recovered", got)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()

	elsewhere := newFar(t, says(200, "[]"))
	locations := map[string]string{
		"elsewhere": elsewhere.URL + "/v2", "metadata": "http://169.254.169.254/latest/meta-data/",
		"itself": "/v2/redis/databases", "nowhere": "", "nonsense": "http://[::1", "a file": "file:///etc/passwd",
	}

	for _, status := range []int{300, 301, 302, 303, 304, 305, 306, 307, 308} {
		want := upstash.ErrRedirect
		if status == http.StatusNotModified {
			want = upstash.ErrUnexpectedResponse // the fake has no response for this request
		}

		for name, location := range locations {
			f := newFar(t, func(w http.ResponseWriter, _ *http.Request) {
				if location != "" {
					w.Header().Set("Location", location)
				}
				w.WriteHeader(status)
			})
			client := newClient(t, f.URL)

			if _, err := client.List(t.Context(), somebody); !errors.Is(err, want) || f.count("GET") != 1 {
				t.Errorf("read, %d to %s: got %v after %d requests; want %v after one",
					status, name, err, f.count("GET"), want)
			}

			_, created := client.CreateDatabase(t.Context(), somebody, upstash.CreateRequest{})
			_, minted := client.CreateKey(t.Context(), "account", secret.New("a.b.c"), "A_KEY")

			for _, err := range []error{created, minted} {
				if !errors.Is(err, want) || !errors.Is(err, upstash.ErrOutcomeUnknown) || f.count("POST") != 2 {
					t.Errorf("write, %d to %s: got %v after %d requests; want an unknown outcome after one each",
						status, name, err, f.count("POST"))
				}
			}
		}
	}

	if got := elsewhere.count("GET") + elsewhere.count("POST"); got != 0 {
		t.Errorf("%d requests went elsewhere", got)
	}
}

func TestNotFoundAppliesOnlyToOneDatabase(t *testing.T) {
	client := newClient(t, newFar(t, says(404, `"database not found"`)).URL)
	if _, err := client.Database(t.Context(), somebody, goodID); !errors.Is(err, upstash.ErrNotFound) {
		t.Errorf("one: got %v, want ErrNotFound", err)
	}
	_, listErr := client.List(t.Context(), somebody)

	_, createErr := client.CreateDatabase(t.Context(), somebody, upstash.CreateRequest{})
	for name, err := range map[string]error{"list": listErr, "create": createErr} {
		var rejected *upstash.RejectedError
		if errors.Is(err, upstash.ErrNotFound) || !errors.As(err, &rejected) {
			t.Errorf("%s: got %v, want a RejectedError", name, err)
		}
	}
}

func TestUnsentWriteIsNotUncertain(t *testing.T) {
	t.Parallel()
	f := newFar(t, says(200, "[]"))
	f.Close() // nothing listens there any more
	_, err := newClient(t, f.URL).CreateDatabase(t.Context(), somebody, upstash.CreateRequest{})

	var unavailable *upstash.UnavailableError
	if errors.Is(err, upstash.ErrOutcomeUnknown) || !errors.As(err, &unavailable) ||
		!strings.Contains(err.Error(), "no connection") {
		t.Errorf("got %v, want unavailable, and nothing uncertain", err)
	}
}
