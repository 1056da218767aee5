package test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/sandbox"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/server"
	"github.com/upstash-connect/bff/test/harness"
)

// BenchmarkPoll compares the cost of one poll of an unchanged list, over loopback from the caller to the complete
// server: with an upstream call each time, from memory, and from memory when the caller sends the entity tag it has.
// upstream/op counts the upstream calls, B/answer the bytes of the body.
func BenchmarkPoll(b *testing.B) {
	for _, count := range []int{10, 1000} {
		for _, way := range []struct {
			name  string
			fresh time.Duration
			named bool
		}{{"upstream", 0, false}, {"memory", time.Second, false}, {"memory+304", time.Second, true}} {
			b.Run(fmt.Sprintf("%d/%s", count, way.name), func(b *testing.B) {
				running := startPolled(b, count, way.fresh)

				header := running.Header
				if way.named {
					header = harness.Merged(
						header, http.Header{"If-None-Match": {running.Poll(b, header).Header.Get("ETag")}},
					)
				}
				before, _, _ := running.App.ListReads()
				size := 0
				b.ReportAllocs()

				for b.Loop() {
					size = len(running.Poll(b, header).Body)
				}
				after, _, _ := running.App.ListReads()
				b.ReportMetric(float64(after-before)/float64(b.N), "upstream/op")
				b.ReportMetric(float64(size), "B/answer")
			})
		}
	}
}

// startPolled starts the server with an upstream that immediately returns a list of this many databases.
func startPolled(b *testing.B, count int, fresh time.Duration, environ ...string) harness.Polled {
	b.Helper()
	dir := b.TempDir()

	standIns, err := sandbox.Start(b.Context(), sandbox.Options{
		IssuerListen:  "127.0.0.1:0",
		UpstashListen: "127.0.0.1:0",
		ControlListen: "127.0.0.1:0",
		RedisListen:   "127.0.0.1:0",
		SPAClientID:   harness.SpaClient,
		DataDir:       dir,
		NoSync:        true,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = standIns.Close(context.Background()) })
	one := `{"database_id":"96ad0856-03b1-4ee7-9666-%012d","database_name":"orders","region":"global","primary_region":"us-east-1","state":"active","endpoint":"beloved-stallion-58500.upstash.io","port":6379,"tls":true,"creation_time":1752649602}`

	all := make([]string, count)
	for i := range all {
		all[i] = fmt.Sprintf(one, i)
	}
	list := "[" + strings.Join(all, ",") + "]"
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/apikey" {
			_, _ = io.WriteString(w, `{"api_key":"0123456789abcdef"}`)
			return
		}
		_, _ = io.WriteString(w, list)
	}))
	b.Cleanup(upstream.Close)

	listener, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}

	keyset, err := seal.NewKeyset()
	if err != nil {
		b.Fatal(err)
	}
	p := &harness.Product{
		URL:      "http://localhost:" + harness.PortOf(listener.Addr()),
		Client:   harness.NewClient(),
		StandIns: standIns,
	}

	p.Config, err = config.Load(nil, append([]string{
		"BFF_PUBLIC_URL=" + p.URL,
		"BFF_DATABASE_URL=sqlite://" + filepath.Join(dir, "bff.db"),
		"BFF_AUTH_ISSUER=" + standIns.IssuerURL(),
		"BFF_AUTH_CLIENT_IDS=" + harness.SpaClient,
		"BFF_UPSTASH_API_URL=" + upstream.URL,
		"BFF_KEYSET=" + strings.TrimSpace(string(keyset)),
		"BFF_LIST_CACHE=" + fresh.String(),
		"BFF_LIMIT_REQUESTS=1000000/s",
	}, environ...), server.Checks()...)
	if err != nil {
		b.Fatal(err)
	}

	if p.App, err = server.New(
		b.Context(),
		server.Options{Config: p.Config, Logger: slog.New(slog.DiscardHandler), Version: harness.TestVersion},
	); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))

	ended := make(chan error, 1)
	go func() { ended <- p.App.Run(ctx, listener) }()
	b.Cleanup(func() {
		p.Client.CloseIdleConnections()
		cancel()

		if err := <-ended; err != nil {
			b.Errorf("the server ended with: %v", err)
		}
	})

	if err := p.App.WaitReady(b.Context()); err != nil {
		b.Fatal(err)
	}

	return p.PolledBy(b, "someone@example.com")
}
