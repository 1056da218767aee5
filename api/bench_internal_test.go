package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/fstest"
	"time"

	"github.com/upstash-connect/bff/internal/auth"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/session"
)

// known accepts every token and returns one list at no cost, so that the benchmark measures only this package.
type known struct {
	Tokens
	Databases
	Partners
	listing *proxy.Listing
}

func (k known) Verify(context.Context, string) (auth.Claims, error) {
	return auth.Claims{Issuer: "https://issuer.example/", Subject: "auth0|somebody"}, nil
}

func (k known) List(context.Context, keys.Account) (*proxy.Listing, error) { return k.listing, nil }

// loggedIn accepts every cookie.
type loggedIn struct{ Sessions }

func (loggedIn) Find(context.Context, string) (session.Session, error) {
	return session.Session{Issuer: "https://issuer.example/", Subject: "auth0|somebody"}, nil
}

func quickServer(tb testing.TB) *Server {
	tb.Helper()

	databases := make([]proxy.Database, 10)
	for n := range databases {
		databases[n] = oneDatabase()
	}
	all := known{listing: &proxy.Listing{Databases: databases}}

	rate, err := limit.ParseRate("1000000/s")
	if err != nil {
		tb.Fatal(err)
	}

	requests, err := limit.NewMemory("requests", rate)
	if err != nil {
		tb.Fatal(err)
	}

	server, err := NewServer(Options{
		PublicURL: &url.URL{Scheme: "http", Host: "localhost:3000"},
		Page:      PageConfig{Issuer: "https://issuer.example/"},
		Tokens:    all, Conns: struct{ Connections }{}, Sessions: loggedIn{}, Databases: all,
		Requests: requests, ServiceRequests: requests, Partners: all, Events: struct{ Events }{},
		Limits:   []Limit{{Name: "requests", Rate: rate}},
		Assets:   fstest.MapFS{"index.html": {Data: []byte(builtDocument)}},
		Contract: []byte("openapi: 3.0.3"), Observe: func(context.Context, CompletedRequest) {},
		Logger: slog.New(slog.NewJSONHandler(io.Discard, nil)),
	})
	if err != nil {
		tb.Fatal(err)
	}

	return server
}

// discarded is a ResponseWriter that discards the response. Unlike httptest's recorder, it copies nothing.
type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header              { return d.header }
func (d *discarded) WriteHeader(status int)           { d.status = status }
func (d *discarded) Write(body []byte) (int, error)   { return len(body), nil }
func (d *discarded) SetWriteDeadline(time.Time) error { return nil }

func benchmarkRequest(b *testing.B, request *http.Request, status int) {
	b.Helper()

	server := quickServer(b)
	b.ReportAllocs()

	for b.Loop() {
		answer := &discarded{header: http.Header{}}
		server.ServeHTTP(answer, request)

		if answer.status != status {
			b.Fatalf("got %d", answer.status)
		}
	}
}

func get(path string) *http.Request {
	request := httptest.NewRequest(http.MethodGet, "http://localhost:3000"+path, nil)
	request.Header.Set("Accept", "application/json")

	return request
}

// BenchmarkRequest measures the cost of a request in this package, with the access log but without sockets.
func BenchmarkRequest(b *testing.B) {
	b.Run("list-by-token", func(b *testing.B) {
		request := get("/api/v1/databases")
		request.Header.Set("Authorization", "Bearer token")
		benchmarkRequest(b, request, http.StatusOK)
	})
	b.Run("list-by-session", func(b *testing.B) {
		request := get("/api/v1/databases")
		request.Header.Set("X-Csrf", "1")
		request.AddCookie(&http.Cookie{Name: "session", Value: "value"})
		benchmarkRequest(b, request, http.StatusOK)
	})
	b.Run("problem", func(b *testing.B) {
		benchmarkRequest(b, get("/api/v1/databases"), problem.AuthenticationRequired.Row().Status)
	})
}
