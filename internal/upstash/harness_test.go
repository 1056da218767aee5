package upstash_test

import (
	_ "embed" // for the vendor's object
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
)

var somebody = upstash.Credential{Email: "someone@example.com", Key: secret.New("a-key-that-is-one")}

// far is a server whose responses the test decides. It records every request.
type far struct {
	*httptest.Server
	mu       sync.Mutex
	requests []string
}

func newFar(tb testing.TB, answer http.HandlerFunc) *far {
	tb.Helper()
	f := &far{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.requests = append(f.requests, r.Method+" "+r.URL.RequestURI())
		f.mu.Unlock()
		answer(w, r)
	}))
	tb.Cleanup(f.Close)

	return f
}

// count is how many requests of a method arrived.
func (f *far) count(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()

	n := 0
	for _, request := range f.requests {
		if strings.HasPrefix(request, method+" ") {
			n++
		}
	}

	return n
}

func newClient(tb testing.TB, url string) *upstash.Client {
	tb.Helper()

	client, err := upstash.New(upstash.Options{BaseURL: url})
	if err != nil {
		tb.Fatal(err)
	}

	return client
}

// says responds to every request with a status and a body.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

const goodID = "96ad0856-03b1-4ee7-9666-e81abd0349e1"

// vendorDatabase is a database object as the vendor sends it, secrets and oddities included.
//
//go:embed testdata/database.json
var vendorDatabase string
