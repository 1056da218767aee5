package rest_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/alicebob/miniredis/v2/proto"
)

// BenchmarkOneCommand is the cost of a GET over HTTP and over the Redis protocol, on the same database and open
// connections.
func BenchmarkOneCommand(b *testing.B) {
	handler, database := newHandler(b, 0)
	if err := database.Start(); err != nil {
		b.Fatal(err)
	}

	if err := database.Set("key", "a value of forty bytes, or nearly so...."); err != nil {
		b.Fatal(err)
	}
	b.Run("TCP", func(b *testing.B) {
		client, err := proto.Dial(database.Addr())
		if err != nil {
			b.Fatal(err)
		}
		defer client.Close()

		for b.Loop() {
			if _, err := client.Do("GET", "key"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("REST", func(b *testing.B) {
		server := httptest.NewServer(handler)
		defer server.Close()
		post(b, server, "/", `["GET","key"]`)
	})
	b.Run("REST, a hundred in a pipeline", func(b *testing.B) {
		server := httptest.NewServer(handler)
		defer server.Close()
		body := bytes.Repeat([]byte(`["GET","key"],`), 100)
		post(b, server, "/pipeline", "["+string(body[:len(body)-1])+"]")
	})
}

func post(b *testing.B, server *httptest.Server, path, body string) {
	b.Helper()

	for b.Loop() {
		request, err := http.NewRequestWithContext(
			b.Context(), http.MethodPost, server.URL+path, bytes.NewReader([]byte(body)),
		)
		if err != nil {
			b.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+fullToken)
		request.Header.Set("Upstash-Encoding", "base64")

		response, err := server.Client().Do(request)
		if err != nil {
			b.Fatal(err)
		}

		if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
			b.Fatalf("answered %d (%v)", response.StatusCode, err)
		}
		_ = response.Body.Close()
	}
}
