package upstash

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/secret"
)

func TestRawTimesOut(t *testing.T) {
	far := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(far.Close)

	client, err := New(Options{BaseURL: far.URL})
	if err != nil {
		t.Fatal(err)
	}
	client.rawWait = 50 * time.Millisecond

	path, err := ParseRawPath("/x")
	if err != nil {
		t.Fatal(err)
	}
	credential := Credential{Email: "someone@example.com", Key: secret.New("a-key-that-is-one")}

	for _, method := range RawMethods() {
		want := ErrOutcomeUnknown
		if method == http.MethodGet {
			want = ErrTimeout
		}

		response, err := client.Raw(t.Context(), credential, RawRequest{Method: method, Path: path})
		if response != nil || !errors.Is(err, want) || !errors.Is(err, ErrTimeout) {
			t.Errorf("%s: got %v, want %v", method, err, want)
		}
	}
}
