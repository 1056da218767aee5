package test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/test/harness"
)

// withLimits sets the limits as the environment would; an empty one stays as high as it is in other tests.
func withLimits(t *testing.T, requests, creates, mints string) harness.Option {
	t.Helper()
	parse := func(into *limit.Rate, value string) {
		if value == "" {
			return
		}

		rate, err := limit.ParseRate(value)
		if err != nil {
			t.Fatal(err)
		}
		*into = rate
	}

	return harness.WithConfig(func(c *config.Config) {
		parse(&c.LimitRequests, requests)
		parse(&c.LimitCreates, creates)
		parse(&c.LimitMints, mints)
	})
}

// Row I10: an account's limits apply whatever the caller changes about its requests.
//
// Threat model: I10.
func TestAllSessionsOfAnAccountShareItsLimit(t *testing.T) {
	const allowed = 30
	loopback := harness.WithConfig(
		func(c *config.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} },
	)
	// X-Forwarded-For is believed here
	p := harness.StartProduct(t, loopback, withLimits(t, fmt.Sprint(allowed, "/h"), "", ""))
	m := p.AddMember(t, "rotating@example.com")
	cookie := p.Login(t, p.TokenOf(t, m.Email))
	const used = 2

	var (
		group   sync.WaitGroup
		through atomic.Int64
	)
	for n := range 3 * allowed {
		header := p.FromPage(cookie)
		if n%2 == 0 {
			header = harness.Bearer(p.TokenOf(t, m.Email))
		}
		header.Set("User-Agent", fmt.Sprint("agent ", n))
		header.Set("X-Forwarded-For", fmt.Sprintf("203.0.113.%d", n))
		header.Set("Forwarded", fmt.Sprintf("for=198.51.100.%d", n))
		header.Set("X-Request-Id", fmt.Sprint("request-", n))
		from := &harness.Product{URL: p.URL, Client: fromAddress(fmt.Sprintf("127.0.0.%d", 2+n))}
		path := []string{"/api/v1/connection", "/api/v1/catalog", harness.DatabasesPath}[n%3]
		group.Go(func() {
			defer from.Client.CloseIdleConnections()

			switch got, err := from.Try(t.Context(), "GET", path, header, ""); {
			case err != nil:
				t.Error(err)
			case got.Status == 200:
				through.Add(1)
			case got.Status != 429:
				t.Errorf("GET %s: got %d %s", path, got.Status, got.Body)
			}
		})
	}
	group.Wait()

	if got := through.Load(); got != allowed-used {
		t.Errorf("%d calls got through, want %d", got, allowed-used)
	}
	m.HasNoEffect(t, func() {
		for _, header := range []http.Header{p.FromPage(cookie), harness.Bearer(p.TokenOf(t, m.Email))} {
			got := p.Do(t, "GET", harness.DatabasesPath, header, "")
			got.IsLimited(t, "requests", time.Second, 2*time.Minute)
			got.WantLimits(t, `"requests";q=30;w=3600`, `"requests";r=0;t=*`)
		}
	})
	p.AddMember(t, "another@example.com") // others are not touched
	p.Do(t, "DELETE", "/api/v1/session", p.FromPage(cookie), "").Is(t, 204)
}

// fromAddress is a client whose connections come from another address of this machine.
func fromAddress(address string) *http.Client {
	client := harness.NewClient()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, _, target string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(target)
		if err != nil {
			return nil, err
		}

		return dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", port))
	}

	return client
}

// Row I10: no window edge lets twice the rate through, and only the database's clock counts.
//
// Threat model: I10.
func TestLimitsAllowNoDoubleBurst(t *testing.T) {
	m := harness.StartWithMember(t, withLimits(t, "", "4/h", ""))
	made := 0

	burst := func() (through int) {
		for {
			got := m.Create(t, "", harness.CreateBody(fmt.Sprint("db", made)))
			if got.Status == 429 {
				got.IsLimited(t, "creates", time.Second, 15*time.Minute)
				return through
			}
			got.Is(t, 201)
			made, through = made+1, through+1
		}
	}
	if got := burst(); got != 4 {
		t.Fatalf("%d at once, want 4", got)
	}
	m.AgeLimits(t, 2*time.Second)

	if got := burst(); got != 0 {
		t.Errorf("%d two seconds later, want none", got)
	}

	inAnHour := 0
	for range 12 { // wherever in the hour an edge may be
		m.AgeLimits(t, 5*time.Minute)
		inAnHour += burst()
	}

	if inAnHour != 4 {
		t.Errorf("%d in the hour after, want 4", inAnHour)
	}
	m.AgeLimits(t, 100*time.Hour)

	if got := burst(); got != 4 {
		t.Errorf("%d after days, want 4: nothing is saved up", got)
	}
	m.AgeLimits(t, -100*time.Hour) // the database's clock is set back

	if got := burst(); got != 0 {
		t.Errorf("%d after the clock was set back, want none", got)
	}
	m.Create(t, "", harness.CreateBody("after")).IsLimited(t, "creates", time.Second, 15*time.Minute) // not for days
	m.AgeLimits(t, 16*time.Minute)

	if got := burst(); got != 1 {
		t.Errorf("%d a quarter of an hour after that, want 1", got)
	}
}

func TestMintBeyondTheLimitOverHTTP(t *testing.T) {
	p := harness.StartProduct(t, withLimits(t, "", "", "2/h"))
	const email = "minter@example.com"

	policies := `"requests";q=1000000;w=1, "mints";q=2;w=3600`
	for n := range 2 {
		p.Connect(t, email).WantLimits(t, policies, fmt.Sprintf(`"requests";r=999999;t=1, "mints";r=%d;t=*`, 1-n))

		for range 3 { // a connect that reuses the key reports the limits and is not counted
			p.Connect(t, email).Is(t, 200).WantLimits(t, policies, `"requests";r=999999;t=1`)
			p.Login(t, p.TokenOf(t, email))
		}

		if n == 0 {
			p.Do(t, "DELETE", "/api/v1/connection", harness.Bearer(p.TokenOf(t, email)), "").Is(t, 200)
		}
	}
	p.Do(t, "DELETE", "/api/v1/connection", harness.Bearer(p.TokenOf(t, email)), "").Is(t, 200)
	before := p.Connection(t, email)
	p.HasNoEffect(t, func() {
		for _, endpoint := range harness.TokenEndpoints[:2] {
			got := p.Do(t, endpoint.Method, endpoint.Path, harness.Bearer(p.TokenOf(t, email)), "")
			got.IsLimited(t, "mints", 25*time.Minute, 30*time.Minute)
			got.WantLimits(t, policies, `"requests";r=999999;t=1, "mints";r=0;t=*`)

			if got.Header.Get("Set-Cookie") != "" {
				t.Error("an error response sets a cookie")
			}
		}
	})

	if after := p.Connection(t, email); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("got %+v, want as before: %+v", after, before)
	}
	p.AgeLimits(t, 31*time.Minute)
	p.Connect(t, email).Is(t, 201)
}

func TestCreateBeyondTheLimitOverHTTP(t *testing.T) {
	m := harness.StartWithMember(t, withLimits(t, "", "2/m", ""))
	policies := `"requests";q=1000000;w=1, "creates";q=2;w=60`
	m.Create(
		t, "first", harness.CreateBody("one"),
	).WantLimits(
		t,
		policies,
		`"requests";r=999999;t=1, "creates";r=1;t=*`,
	)
	m.HasNoEffect(t, func() { // none of these is a create that goes upstream
		for range 3 {
			m.Create(
				t, "first", harness.CreateBody("one"),
			).Is(
				t, 201,
			).WantLimits(
				t,
				policies,
				`"requests";r=999999;t=1`,
			)
			m.Create(t, "first", harness.CreateBody("two")).IsProblem(t, 422, "idempotency_key_reused")
			m.Create(t, "other", `{"name":""}`).IsProblem(t, 422, "validation_failed")
			m.Create(t, "other", `{`).IsProblem(t, 400, "invalid_json")
		}
	})
	m.Create(t, "second", harness.CreateBody("two")).Is(t, 201)
	m.HasNoEffect(t, func() { // not even a list
		for range 3 {
			m.Create(t, "third", harness.CreateBody("three")).IsLimited(t, "creates", time.Second, 30*time.Second)
			m.Create(t, "", harness.CreateBody("three")).IsLimited(t, "creates", time.Second, 30*time.Second)
		}
	})
	m.AgeLimits(t, time.Minute)

	third := m.Create(t, "third", harness.CreateBody("three")).Database(t, 201)
	if got := m.Create(t, "third", harness.CreateBody("three")).Database(t, 201); got.ID != third.ID {
		t.Errorf("got %s, want %s again", got.ID, third.ID)
	}

	if got := len(m.List(t)); got != 3 {
		t.Errorf("got %d databases, want 3", got)
	}
}

// A create with a lost response was counted when it was sent. Settling it is not counted.
func TestSettlingACreateCostsNothing(t *testing.T) {
	m := harness.StartWithMember(t, withLimits(t, "", "1/h", ""), harness.WithSettle(time.Hour))
	m.Fault(
		t,
		map[string]any{
			"match": map[string]any{"target": "upstash", "method": "POST", "path": "/v2/redis/database"},
			"do":    map[string]any{"drop": "before_commit"},
		},
	)
	m.Create(t, "lost", harness.CreateBody("lost")).IsProblem(t, 504, "outcome_uncertain")
	m.Create(t, "lost", harness.CreateBody("lost")).IsProblem(t, 504, "outcome_uncertain")
	m.Create(t, "next", harness.CreateBody("next")).IsLimited(t, "creates", time.Minute, time.Hour)
}

// Failed calls to an unreachable upstream use up no limit: once it is back, nobody is locked out.
func TestFailedUpstreamCallsDoNotCountAgainstLimits(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + listener.Addr().String()
	_ = listener.Close()

	p := harness.StartProduct(
		t, withLimits(t, "", "", "1/h"), harness.WithConfig(func(c *config.Config) { c.UpstashAPIURL = nobody }),
	)
	for range 3 {
		p.Connect(t, "patient@example.com").IsProblem(t, 503, "upstream_unavailable")
	}
}

// A create that could not be sent uses up no limit, although a list could be sent: reads reuse connections, each write
// opens one.
func TestUnsentCreateDoesNotCountAgainstLimits(t *testing.T) {
	var f harness.Front
	m := harness.StartWithMember(t, withLimits(t, "", "1/h", ""), harness.WithFront(t, &f))
	m.List(t)

	if err := f.Listener.Close(); err != nil {
		t.Fatal(err)
	}

	for range 3 {
		m.Create(t, "", harness.CreateBody("mine")).IsProblem(t, 503, "upstream_unavailable")
	}
}

// Row P15: a pause that Upstash requests for an account applies to every login of it.
//
// Threat model: P15.
func TestNewTokenDoesNotEndTheUpstreamPause(t *testing.T) {
	p := harness.StartProduct(t)
	const email = "paused@example.com"
	p.Fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "path": "/apikey", "email": email}, "count": 1,
		"do": map[string]any{"status": 429, "headers": map[string]any{"Retry-After": "60"}},
	})

	for range 3 {
		p.Do(
			t, "PUT", "/api/v1/connection", harness.Bearer(p.Token(t, map[string]any{"email": email})), "",
		).IsLimited(
			t, "upstash", 50*time.Second, time.Minute,
		)
	}

	if got := p.Mints(t); got != 1 {
		t.Errorf("got %d calls for a key, want the rejected one", got)
	}
	p.Connect(t, "not-paused@example.com").Is(t, 201)
}
