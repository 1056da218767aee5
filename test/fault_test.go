package test

import (
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/faultproxy"
	"github.com/upstash-connect/bff/test/harness"
)

// startWithFaultProxy starts the product with a proxy between it and upstream, and a database to read.
func startWithFaultProxy(t *testing.T) (harness.Member, *faultproxy.Proxy, string) {
	t.Helper()
	var between *faultproxy.Proxy
	m := harness.StartWithMember(t, harness.WithFaultProxy(t, &between), harness.WithSettle(time.Second))

	return m, between, harness.DatabasesPath + "/" + m.Create(t, "", harness.CreateBody("mine")).Database(t, 201).ID
}

// responsePlan is a fault plan for responses; requests pass.
func responsePlan(way faultproxy.Direction) faultproxy.Plan {
	return faultproxy.Plan{ToServer: faultproxy.Open(), ToClient: way}
}

// Tests in internal/upstash cut responses at every byte; this test checks what a caller receives.
func TestUpstreamResponsesCutShort(t *testing.T) {
	t.Parallel()

	m, between, path := startWithFaultProxy(t)
	// no more: each is tried three times, and twenty failures open the breaker
	for n, at := range []int{0, 9, 100, 400, 1200} {
		between.CloseAll() // the next call opens a new connection
		between.Always(responsePlan(faultproxy.Direction{Cut: at, Reset: n%2 == 0}))
		start := time.Now()
		got := m.Do(t, "GET", path, m.Header, "")
		got.IsProblem(t, 503, "upstream_unavailable")
		got.RetryAfter(t, time.Second, 5*time.Second)

		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("cut at byte %d: took %s", at, took)
		}
	}
	between.CloseAll()
	between.Always(faultproxy.Through())
	m.Do(t, "GET", path, m.Header, "").Database(t, 200)
}

func TestUpstreamRequestsCutShort(t *testing.T) {
	t.Parallel()

	m, between, path := startWithFaultProxy(t)
	for _, at := range []int{0, 1, 60} {
		between.CloseAll()
		between.Always(faultproxy.Plan{ToServer: faultproxy.Direction{Cut: at}, ToClient: faultproxy.Open()})
		m.Do(t, "GET", path, m.Header, "").IsProblem(t, 503, "upstream_unavailable")
	}
	between.CloseAll()
	between.Always(faultproxy.Through())
	m.Do(t, "GET", path, m.Header, "").Database(t, 200)
}

func TestUpstreamResponsesThatTrickle(t *testing.T) {
	t.Parallel()
	m, between, path := startWithFaultProxy(t)
	between.CloseAll()
	between.Always(
		responsePlan(faultproxy.Direction{
			Cut: faultproxy.Never, Pace: 200 * time.Microsecond, Delay: 100 * time.Millisecond,
		}),
	)
	m.Do(t, "GET", path, m.Header, "").Database(t, 200)
	between.CloseAll()
	// some minutes for the whole
	between.Always(responsePlan(faultproxy.Direction{Cut: faultproxy.Never, Pace: 50 * time.Millisecond}))
	start := time.Now()
	got := m.Do(t, "GET", path, m.Header, "")
	got.IsProblem(t, 504, "upstream_timeout")
	got.RetryAfter(t, time.Second, 10*time.Second)

	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("took %s, want about 10 s", took)
	}
}

func TestUpstreamResponsesThatStall(t *testing.T) {
	t.Parallel()
	m, between, path := startWithFaultProxy(t)
	between.CloseAll()
	between.Always(responsePlan(faultproxy.Direction{Cut: 300, Stall: true}))
	start := time.Now()
	m.Do(t, "GET", path, m.Header, "").IsProblem(t, 504, "upstream_timeout")

	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("took %s, want about 10 s", took)
	}
	between.CloseAll()
	between.Always(faultproxy.Through())
	m.Do(t, "GET", path, m.Header, "").Database(t, 200)
}

// Nobody listens: nothing was sent, and a create reports so too.
func TestUpstreamConnectionRefused(t *testing.T) {
	t.Parallel()
	m, between, path := startWithFaultProxy(t)
	between.Refuse()
	m.Do(t, "GET", path, m.Header, "").IsProblem(t, 503, "upstream_unavailable")
	got := m.Create(t, "one", harness.CreateBody("x"))
	got.IsProblem(t, 503, "upstream_unavailable")

	if rows := m.Rows(t)["creates"]; rows != 1 { // the harness's own
		t.Errorf("got %d records, want no trace of what was not sent", rows)
	}
}
