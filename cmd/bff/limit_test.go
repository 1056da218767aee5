package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/limit"
)

// withLimits sets the limits as the environment would; an empty one stays as high as it is in other tests.
func withLimits(t *testing.T, requests, creates, mints string) option {
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
	return withConfig(func(c *config.Config) {
		parse(&c.LimitRequests, requests)
		parse(&c.LimitCreates, creates)
		parse(&c.LimitMints, mints)
	})
}

// isLimited wants the problem of one limit, and a wait.
func (a answer) isLimited(t *testing.T, name string, least, most time.Duration) {
	t.Helper()
	if got := a.isProblem(t, 429, "rate_limited"); got.Limit != name {
		t.Errorf("%s %s: got the limit of %q, want %q", a.method, a.path, got.Limit, name)
	}
	a.retryAfter(t, least, most)
}

// wantLimits compares what the caller is told of its limits. An asterisk stands for a number that time changes.
func (a answer) wantLimits(t *testing.T, policy, left string) {
	t.Helper()
	got, stars := a.header.Get("RateLimit"), left
	if before, after, found := strings.Cut(left, "*"); found && strings.HasPrefix(got, before) {
		digits := strings.TrimLeft(got[len(before):], "0123456789")
		if strings.HasPrefix(digits, after) {
			stars = before + got[len(before):len(got)-len(digits)] + after
		}
	}
	if a.header.Get("RateLimit-Policy") != policy || got != stars {
		t.Errorf("%s %s: got RateLimit-Policy %s and RateLimit %s, want %s and %s", a.method, a.path, a.header.Get("RateLimit-Policy"), got, policy, left)
	}
}

// later lets the limits' time go by: their rows are as they would be after so long.
func (p *product) later(t *testing.T, passed time.Duration) {
	t.Helper()
	p.change(t, "UPDATE limits SET tat = tat - ?", passed.Microseconds())
}

// Row I10: whatever a caller changes about itself, it is the same account.
func TestI10OneLimitForOneAccount(t *testing.T) {
	const allowed = 30
	loopback := withConfig(func(c *config.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	p := startProduct(t, loopback, withLimits(t, fmt.Sprint(allowed, "/h"), "", "")) // X-Forwarded-For is believed here
	m := p.joined(t, "rotating@example.com")
	cookie := p.login(t, p.tokenOf(t, m.email))
	const used = 2
	var (
		group   sync.WaitGroup
		through atomic.Int64
	)
	for n := range 3 * allowed {
		header := p.fromPage(cookie)
		if n%2 == 0 {
			header = bearer(p.tokenOf(t, m.email))
		}
		header.Set("User-Agent", fmt.Sprint("agent ", n))
		header.Set("X-Forwarded-For", fmt.Sprintf("203.0.113.%d", n))
		header.Set("Forwarded", fmt.Sprintf("for=198.51.100.%d", n))
		header.Set("X-Request-Id", fmt.Sprint("request-", n))
		from := &product{URL: p.URL, client: fromAddress(fmt.Sprintf("127.0.0.%d", 2+n))}
		path := []string{"/api/v1/connection", "/api/v1/catalog", databasesPath}[n%3]
		group.Go(func() {
			defer from.client.CloseIdleConnections()
			switch got, err := from.try(t.Context(), "GET", path, header, ""); {
			case err != nil:
				t.Error(err)
			case got.status == 200:
				through.Add(1)
			case got.status != 429:
				t.Errorf("GET %s: got %d %s", path, got.status, got.body)
			}
		})
	}
	group.Wait()
	if got := through.Load(); got != allowed-used {
		t.Errorf("%d calls got through, want %d", got, allowed-used)
	}
	m.leavesNothing(t, func() {
		for _, header := range []http.Header{p.fromPage(cookie), bearer(p.tokenOf(t, m.email))} {
			got := p.do(t, "GET", databasesPath, header, "")
			got.isLimited(t, "requests", time.Second, 2*time.Minute)
			got.wantLimits(t, `"requests";q=30;w=3600`, `"requests";r=0;t=*`)
		}
	})
	p.joined(t, "another@example.com") // others are not touched
	p.do(t, "DELETE", "/api/v1/session", p.fromPage(cookie), "").is(t, 204)
}

// fromAddress is a client whose connections come from another address of this machine.
func fromAddress(address string) *http.Client {
	client := newClient()
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

// Row I10: there is no window at whose edge twice the rate gets through, and no clock but the database's.
func TestI10NoDoubleBurst(t *testing.T) {
	m := startJoined(t, withLimits(t, "", "4/h", ""))
	made := 0
	burst := func() (through int) {
		for {
			got := m.create(t, "", createBody(fmt.Sprint("db", made)))
			if got.status == 429 {
				got.isLimited(t, "creates", time.Second, 15*time.Minute)
				return through
			}
			got.is(t, 201)
			made, through = made+1, through+1
		}
	}
	if got := burst(); got != 4 {
		t.Fatalf("%d at once, want 4", got)
	}
	m.later(t, 2*time.Second)
	if got := burst(); got != 0 {
		t.Errorf("%d two seconds later, want none", got)
	}
	inAnHour := 0
	for range 12 { // wherever in the hour an edge may be
		m.later(t, 5*time.Minute)
		inAnHour += burst()
	}
	if inAnHour != 4 {
		t.Errorf("%d in the hour after, want 4", inAnHour)
	}
	m.later(t, 100*time.Hour)
	if got := burst(); got != 4 {
		t.Errorf("%d after days, want 4: nothing is saved up", got)
	}
	m.later(t, -100*time.Hour) // the database's clock is set back
	if got := burst(); got != 0 {
		t.Errorf("%d after the clock was set back, want none", got)
	}
	m.create(t, "", createBody("after")).isLimited(t, "creates", time.Second, 15*time.Minute) // not for days
	m.later(t, 16*time.Minute)
	if got := burst(); got != 1 {
		t.Errorf("%d a quarter of an hour after that, want 1", got)
	}
}

func TestMintBeyondTheLimitAtTheDoor(t *testing.T) {
	p := startProduct(t, withLimits(t, "", "", "2/h"))
	const email = "minter@example.com"
	policies := `"requests";q=1000000;w=1, "mints";q=2;w=3600`
	for n := range 2 {
		p.connect(t, email).wantLimits(t, policies, fmt.Sprintf(`"requests";r=999999;t=1, "mints";r=%d;t=*`, 1-n))
		for range 3 { // a connect that reuses says what holds, and costs nothing
			p.connect(t, email).is(t, 200).wantLimits(t, policies, `"requests";r=999999;t=1`)
			p.login(t, p.tokenOf(t, email))
		}
		if n == 0 {
			p.do(t, "DELETE", "/api/v1/connection", bearer(p.tokenOf(t, email)), "").is(t, 200)
		}
	}
	p.do(t, "DELETE", "/api/v1/connection", bearer(p.tokenOf(t, email)), "").is(t, 200)
	before := p.connection(t, email)
	p.leavesNothing(t, func() {
		for _, door := range doors[:2] {
			got := p.do(t, door.method, door.path, bearer(p.tokenOf(t, email)), "")
			got.isLimited(t, "mints", 25*time.Minute, 30*time.Minute)
			got.wantLimits(t, policies, `"requests";r=999999;t=1, "mints";r=0;t=*`)
			if got.header.Get("Set-Cookie") != "" {
				t.Error("a refusal sets a cookie")
			}
		}
	})
	if after := p.connection(t, email); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("got %+v, want as before: %+v", after, before)
	}
	p.later(t, 31*time.Minute)
	p.connect(t, email).is(t, 201)
}

func TestCreateBeyondTheLimitAtTheDoor(t *testing.T) {
	m := startJoined(t, withLimits(t, "", "2/m", ""))
	policies := `"requests";q=1000000;w=1, "creates";q=2;w=60`
	m.create(t, "first", createBody("one")).wantLimits(t, policies, `"requests";r=999999;t=1, "creates";r=1;t=*`)
	m.leavesNothing(t, func() { // none of these is a create that goes upstream
		for range 3 {
			m.create(t, "first", createBody("one")).is(t, 201).wantLimits(t, policies, `"requests";r=999999;t=1`)
			m.create(t, "first", createBody("two")).isProblem(t, 422, "idempotency_key_reused")
			m.create(t, "other", `{"name":""}`).isProblem(t, 422, "validation_failed")
			m.create(t, "other", `{`).isProblem(t, 400, "invalid_json")
		}
	})
	m.create(t, "second", createBody("two")).is(t, 201)
	m.leavesNothing(t, func() { // not even a list
		for range 3 {
			m.create(t, "third", createBody("three")).isLimited(t, "creates", time.Second, 30*time.Second)
			m.create(t, "", createBody("three")).isLimited(t, "creates", time.Second, 30*time.Second)
		}
	})
	m.later(t, time.Minute)
	third := m.create(t, "third", createBody("three")).database(t, 201)
	if got := m.create(t, "third", createBody("three")).database(t, 201); got.ID != third.ID {
		t.Errorf("got %s, want %s again", got.ID, third.ID)
	}
	if got := len(m.list(t)); got != 3 {
		t.Errorf("got %d databases, want 3", got)
	}
}

// A create whose answer was lost was charged when it was sent. Looking what became of it costs nothing.
func TestSettlingACreateCostsNothing(t *testing.T) {
	m := startJoined(t, withLimits(t, "", "1/h", ""), withSettle(time.Hour))
	m.fault(t, map[string]any{"match": map[string]any{"target": "upstash", "method": "POST", "path": "/v2/redis/database"}, "do": map[string]any{"drop": "before_commit"}})
	m.create(t, "lost", createBody("lost")).isProblem(t, 504, "outcome_uncertain")
	m.create(t, "lost", createBody("lost")).isProblem(t, 504, "outcome_uncertain")
	m.create(t, "next", createBody("next")).isLimited(t, "creates", time.Minute, time.Hour)
}

// An upstream that cannot be reached costs nothing: once it is back, nobody is locked out.
func TestUpstreamThatIsDownCostsNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + listener.Addr().String()
	_ = listener.Close()
	p := startProduct(t, withLimits(t, "", "", "1/h"), withConfig(func(c *config.Config) { c.UpstashAPIURL = nobody }))
	for range 3 {
		p.connect(t, "patient@example.com").isProblem(t, 503, "upstream_unavailable")
	}
}

// Nor does a create that could not leave, although a list could: reads keep their connections, writes make one each.
func TestCreateThatNeverLeftCostsNothing(t *testing.T) {
	var f front
	m := startJoined(t, withLimits(t, "", "1/h", ""), withFront(t, &f))
	m.list(t)
	if err := f.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		m.create(t, "", createBody("mine")).isProblem(t, 503, "upstream_unavailable")
	}
}

// Row P15: what Upstash asks of an account holds for every log-in of it.
func TestP15ANewTokenDoesNotEndThePause(t *testing.T) {
	p := startProduct(t)
	const email = "paused@example.com"
	p.fault(t, map[string]any{
		"match": map[string]any{"target": "upstash", "path": "/apikey", "email": email}, "count": 1,
		"do": map[string]any{"status": 429, "headers": map[string]any{"Retry-After": "60"}},
	})
	for range 3 {
		p.do(t, "PUT", "/api/v1/connection", bearer(p.token(t, map[string]any{"email": email})), "").isLimited(t, "upstash", 50*time.Second, time.Minute)
	}
	if got := p.mints(t); got != 1 {
		t.Errorf("got %d calls for a key, want the one that was refused", got)
	}
	p.connect(t, "not-paused@example.com").is(t, 201)
}
