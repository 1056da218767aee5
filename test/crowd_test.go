package test

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/upstash"
	"github.com/upstash-connect/bff/test/harness"
)

// slowed is a slow upstream. It records the highest number of concurrent requests, in total and per account.
type slowed struct {
	mu   sync.Mutex
	now  map[string]int
	most map[string]int
}

// all is the name under which slowed counts every request.
const all = ""

// during counts a request of an account while it is served.
func (s *slowed) during(account string, serve func()) {
	s.change(account, 1)
	defer s.change(account, -1)
	serve()
}

func (s *slowed) change(account string, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.now == nil {
		s.now, s.most = map[string]int{}, map[string]int{}
	}

	for _, name := range []string{all, account} {
		s.now[name] += by
		s.most[name] = max(s.most[name], s.now[name])
	}
}

func (s *slowed) peak(account string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most[account]
}

// Row I11: many accounts connect within moments, with a slow upstream. Every connect succeeds, upstream is not
// overloaded, each account has one key, and connected accounts are served meanwhile.
//
// Threat model: I11.
func TestMintsOfManyAccountsAreFair(t *testing.T) {
	t.Parallel()

	users := 150
	if harness.Soak() {
		users = 1000
	}
	var (
		f    harness.Front
		slow slowed
		keys sync.Map // number of calls by name
	)
	p := harness.StartProduct(t, harness.WithFront(t, &f))
	quiet := p.AddMember(t, "already-here@example.com")

	tokens := make([]string, users)
	for n := range tokens {
		tokens[n] = p.TokenOf(t, fmt.Sprintf("crowd-%d@example.com", n))
	}
	f.Intercept(func(w http.ResponseWriter, r *http.Request) (answered bool) {
		slow.during("somebody", func() {
			if answered = r.URL.Path == "/apikey"; !answered {
				return
			}
			time.Sleep(400 * time.Millisecond)

			if _, twice := keys.LoadOrStore(r.Header.Get("Authorization"), true); twice {
				t.Error("one login requested two keys")
			}
			_, _ = fmt.Fprintf(w, `{"api_key":"key-%d-of-the-crowd"}`, f.Requests.Load())
		})

		return answered
	})
	var group, beside sync.WaitGroup

	var connected, told atomic.Int64
	for _, token := range tokens {
		group.Go(func() {
			for range 20 { // a caller that must wait does so
				got, err := p.Try(t.Context(), "PUT", "/api/v1/connection", harness.Bearer(token), "")
				if err != nil {
					t.Error(err)
					return
				}

				if got.Status == 201 || got.Status == 200 {
					connected.Add(1)
					return
				}

				wait, err := strconv.Atoi(got.Header.Get("Retry-After"))
				if err != nil || (got.Status != 503 && got.Status != 409) {
					t.Errorf("got %d with Retry-After %q: %s", got.Status, got.Header.Get("Retry-After"), got.Body)
					return
				}
				told.Add(1)
				time.Sleep(time.Duration(wait) * time.Second)
			}
			t.Error("never connected")
		})
	}
	working := make(chan struct{})
	beside.Go(func() {
		served := 0
		for {
			select {
			case <-working:
				if served == 0 {
					t.Error("nobody else was served meanwhile")
				}

				return
			case <-time.After(10 * time.Millisecond): // a caller, not a second crowd
			}

			got, err := quiet.Try(t.Context(), "GET", "/api/v1/connection", quiet.Header, "")
			if err != nil || got.Status != 200 {
				t.Errorf("during the crowd: got %d %s, %v", got.Status, got.Body, err)
				return
			}
			served++
		}
	})
	group.Wait()
	close(working)
	beside.Wait()

	if got := connected.Load(); got != int64(users) {
		t.Errorf("%d of %d are connected", got, users)
	}

	if got := slow.peak(all); got > upstash.DefaultConcurrent {
		t.Errorf("%d calls were upstream concurrently, want at most %d", got, upstash.DefaultConcurrent)
	}
	t.Logf("%d connected; at most %d calls upstream at once; %d times told to wait", users, slow.peak(all), told.Load())
}

// Row I11: an account with many calls gets only its share of the upstream calls; the rest is for other accounts.
//
// Threat model: I11.
func TestOneAccountCannotFillTheUpstreamQueue(t *testing.T) {
	t.Parallel()
	var (
		f    harness.Front
		slow slowed
	)
	p := harness.StartProduct(t, harness.WithFront(t, &f))
	noisy := p.AddMember(t, "noisy@example.com")

	others := make([]harness.Member, 10)
	for n := range others {
		others[n] = p.AddMember(t, fmt.Sprintf("quiet-%d@example.com", n))
	}
	release := make(chan struct{})
	f.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		user, _, _ := r.BasicAuth()
		slow.during(user, func() {
			if user == noisy.Email {
				<-release // the noisy one's calls stay upstream until the others are done
			}
			w.WriteHeader(404)
		})

		return true
	})
	path := func(n int) string { return fmt.Sprintf("%s/00000000-0000-4000-8000-%012d", harness.DatabasesPath, n) }

	var group sync.WaitGroup
	for n := range 5 * upstash.DefaultShare {
		group.Go(func() {
			switch got, err := noisy.Try(t.Context(), "GET", path(n), noisy.Header, ""); {
			case err != nil:
				t.Error(err)
			case got.Status == 503: // it waited too long in the queue
				got.IsProblem(t, 503, "upstream_unavailable")
				got.RetryAfter(t, time.Second, 10*time.Second)
			default:
				got.IsProblem(t, 404, "database_not_found")
			}
		})
	}

	if !harness.Eventually(func() bool { return slow.peak(noisy.Email) == upstash.DefaultShare }) {
		t.Errorf("the noisy account has %d calls upstream, want %d", slow.peak(noisy.Email), upstash.DefaultShare)
	}

	for _, other := range others {
		for n := range 3 {
			other.Do(t, "GET", path(n), other.Header, "").IsProblem(t, 404, "database_not_found")
		}
	}
	close(release)
	group.Wait()

	if got := slow.peak(noisy.Email); got != upstash.DefaultShare {
		t.Errorf("the noisy account had %d calls upstream concurrently, want %d", got, upstash.DefaultShare)
	}
}

// Row I11: a caller that waits too long gets an error, and nothing was sent upstream.
//
// Threat model: I11.
func TestFullUpstreamQueueIsReported(t *testing.T) {
	t.Parallel()
	var f harness.Front
	m := harness.StartWithMember(t, harness.WithFront(t, &f))
	release := make(chan struct{})
	var upstream atomic.Int64
	f.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		upstream.Add(1)
		<-release
		w.WriteHeader(400)

		return true
	})

	var group sync.WaitGroup
	for n := range upstash.DefaultShare { // creates are waited for the longest
		group.Go(func() {
			_, _ = m.Try(
				t.Context(), "POST", harness.DatabasesPath, m.Header, harness.CreateBody(fmt.Sprint("held-", n)),
			)
		})
	}

	if !harness.Eventually(func() bool { return upstream.Load() == upstash.DefaultShare }) {
		t.Errorf("%d calls reached upstream, want %d", upstream.Load(), upstash.DefaultShare)
	}
	before := f.Requests.Load()
	got := m.Create(t, "", harness.CreateBody("late"))
	got.IsProblem(t, 503, "upstream_unavailable")
	got.RetryAfter(t, time.Second, 10*time.Second)

	if sent := f.Requests.Load() - before; sent != 0 {
		t.Errorf("%d calls were sent for it, want none", sent)
	}
	close(release)
	group.Wait()
	f.Intercept(nil)
	m.Create(t, "", harness.CreateBody("late")).Is(t, 201) // and nothing of it is in the way
}
