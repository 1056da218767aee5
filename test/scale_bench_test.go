package test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/pgtest"
	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/server"
	"github.com/upstash-connect/bff/test/harness"
)

const (
	fewAccounts  = 1_000
	manyAccounts = 1_000_000
)

// BenchmarkScale compares the cost of the server's own work with a thousand connected accounts and with a million.
// One operation does the same work with both, alternately, so that both see the same noise; it reports the median of
// each and their ratio. Accounts are drawn from the entire database. Seeding takes minutes: BENCH_SCALE=1 go test
// -run '^$' -bench BenchmarkScale -benchtime 5s -timeout 60m ./test. `make bench-full` measures a complete server
// with a million accounts.
func BenchmarkScale(b *testing.B) {
	if os.Getenv("BENCH_SCALE") == "" {
		b.Skip("BENCH_SCALE is not set: it fills two databases with a million accounts")
	}
	b.Run("SQLite", func(b *testing.B) {
		benchmarkScale(b, func() string { return "sqlite://" + filepath.Join(b.TempDir(), "bff.db") })
	})
	b.Run("Postgres", func(b *testing.B) {
		benchmarkScale(b, func() string { return pgtest.URL(b) })
	})
}

func benchmarkScale(b *testing.B, address func() string) {
	b.Helper()
	world := startWorld(b)
	few := world.filled(b, address(), func(yield func(int) bool) {
		for n := 0; n < manyAccounts && yield(n); n += manyAccounts / fewAccounts {
			continue
		}
	})
	many := world.filled(b, address(), func(yield func(int) bool) {
		for n := 0; n < manyAccounts && yield(n); n++ {
			continue
		}
	})
	compare(b, "start", few, many, func(b *testing.B, s *scaled, _ int) {
		b.Helper()

		a, err := server.New(
			b.Context(),
			server.Options{Config: s.Config, Logger: slog.New(slog.DiscardHandler), Version: harness.TestVersion},
		)
		if err != nil {
			b.Fatal(err)
		}

		if err := a.Close(); err != nil {
			b.Fatal(err)
		}
	})
	few.serve(b)
	many.serve(b)
	compare(b, "connect", few, many, func(b *testing.B, s *scaled, n int) {
		b.Helper()
		s.want(b, 200, "PUT", "/api/v1/connection", s.bearers[n%fewAccounts])
	})
	compare(b, "session", few, many, func(b *testing.B, s *scaled, n int) {
		b.Helper()
		s.want(b, 200, "GET", "/api/v1/session", s.pages[n%fewAccounts])
	})
	compare(b, "list", few, many, func(b *testing.B, s *scaled, n int) {
		b.Helper()
		s.want(b, 200, "GET", harness.DatabasesPath, s.pages[n%fewAccounts])
	})
	compare(b, "DeleteExpired", few, many, func(b *testing.B, s *scaled, _ int) {
		b.Helper()

		if err := s.App.Store().DeleteExpired(b.Context(), time.Now()); err != nil {
			b.Fatal(err)
		}
	})
	compare(b, "count", few, many, func(b *testing.B, s *scaled, _ int) { // for the metrics, every ten seconds at most
		b.Helper()

		if _, err := s.App.Store().Count(b.Context()); err != nil {
			b.Fatal(err)
		}
	})
}

// compare does the same work at both.
func compare(b *testing.B, name string, few, many *scaled, work func(b *testing.B, s *scaled, n int)) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		took := map[*scaled][]time.Duration{}

		n := 0
		for b.Loop() {
			for _, s := range []*scaled{few, many} {
				start := time.Now()
				work(b, s, n*37) // 37 and a thousand have no divisor in common: all have their turn
				took[s] = append(took[s], time.Since(start))
			}
			n++
		}
		median := func(s *scaled) float64 {
			slices.Sort(took[s])
			return float64(took[s][len(took[s])/2].Microseconds()) / 1000
		}
		b.ReportMetric(0, "ns/op") // the sum means nothing
		b.ReportMetric(median(few), "ms-of-1k")
		b.ReportMetric(median(many), "ms-of-1M")
		b.ReportMetric(median(many)/max(median(few), 0.001), "times")
	})
}

// world is the environment of the servers: an issuer, an upstream that responds immediately, a keyset, and logins of
// a thousand of the accounts.
type world struct {
	standIns *sandbox.Sandbox
	upstream string
	keyset   string
	bearers  []http.Header
}

func startWorld(b *testing.B) *world {
	b.Helper()

	standIns, err := sandbox.Start(b.Context(), sandbox.Options{
		IssuerListen:  "127.0.0.1:0",
		UpstashListen: "127.0.0.1:0",
		ControlListen: "127.0.0.1:0",
		RedisListen:   "127.0.0.1:0",
		SPAClientID:   harness.SpaClient,
		DataDir:       b.TempDir(),
		NoSync:        true,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = standIns.Close(context.Background()) })
	upstream := httptest.NewServer(
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "[]") }),
	)
	b.Cleanup(upstream.Close)

	keyset, err := seal.NewKeyset()
	if err != nil {
		b.Fatal(err)
	}

	w := &world{standIns: standIns, upstream: upstream.URL, keyset: strings.TrimSpace(string(keyset))}
	for n := range fewAccounts {
		subject := map[string]any{"sub": seedSubject(n * (manyAccounts / fewAccounts))}
		w.bearers = append(
			w.bearers,
			harness.Bearer(
				harness.TokenWith(b, standIns.ControlURL(), map[string]any{"email": seedEmail, "claims": subject}),
			),
		)
	}

	return w
}

// scaled is a server on a database with so many accounts.
type scaled struct {
	*harness.Product
	bearers, pages []http.Header // of a thousand of the accounts
}

// filled fills a database and configures a server for it.
func (w *world) filled(b *testing.B, address string, subjects func(yield func(int) bool)) *scaled {
	b.Helper()

	keyset, err := seal.ParseKeyset([]byte(w.keyset), nil)
	if err != nil {
		b.Fatal(err)
	}
	s := &scaled{
		bearers: w.bearers,
		Product: &harness.Product{URL: "http://localhost:9", Client: harness.NewClient(), StandIns: w.standIns},
	}

	s.Config, err = config.Load(nil, []string{
		"BFF_PUBLIC_URL=" + s.URL, "BFF_DATABASE_URL=sqlite://bff.db", "BFF_AUTH_ISSUER=" + w.standIns.IssuerURL(),
		"BFF_AUTH_CLIENT_IDS=" + harness.SpaClient, "BFF_UPSTASH_API_URL=" + w.upstream, "BFF_KEYSET=" + w.keyset,
		"BFF_LIST_CACHE=0", "BFF_LIMIT_REQUESTS=off",
	}, server.Checks()...)
	if err != nil {
		b.Fatal(err)
	}
	s.Config.DatabaseURL = secret.New(address)
	seed(b, address, keyset, s.Config.AuthIssuer, subjects)

	return s
}

// serve starts the server, and a session for each of its logins.
func (s *scaled) serve(b *testing.B) {
	b.Helper()

	listener, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}

	s.Client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, listener.Addr().String())
	}
	if s.App, err = server.New(
		b.Context(),
		server.Options{Config: s.Config, Logger: slog.New(slog.DiscardHandler), Version: harness.TestVersion},
	); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))

	ended := make(chan error, 1)
	go func() { ended <- s.App.Run(ctx, listener) }()
	b.Cleanup(func() {
		s.Client.CloseIdleConnections()
		cancel()

		if err := <-ended; err != nil {
			b.Errorf("the server ended with: %v", err)
		}
	})

	if err := s.App.WaitReady(b.Context()); err != nil {
		b.Fatal(err)
	}

	for _, header := range s.bearers {
		got := s.want(b, 201, "POST", "/api/v1/session", header)

		cookies := (&http.Response{Header: got.Header}).Cookies()
		if len(cookies) != 1 {
			b.Fatalf("got %d cookies", len(cookies))
		}
		s.pages = append(s.pages, s.FromPage(cookies[0]))
	}
}

func (s *scaled) want(b *testing.B, status int, method, path string, header http.Header) harness.Response {
	b.Helper()

	got, err := s.Try(b.Context(), method, path, header, "")
	if err != nil || got.Status != status {
		b.Fatalf("%s %s: got %d %s, %v; want %d", method, path, got.Status, got.Body, err, status)
	}

	return got
}
