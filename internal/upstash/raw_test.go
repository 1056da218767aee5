package upstash_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/upstash-connect/bff/internal/upstash"
)

// raw sends one raw request and reads its response.
func raw(t *testing.T, client *upstash.Client, method string, body []byte) (*upstash.RawResponse, string, error) {
	t.Helper()

	path, err := upstash.ParseRawPath("/redis/database/x")
	if err != nil {
		t.Fatal(err)
	}

	response, err := client.Raw(
		t.Context(), somebody, upstash.RawRequest{Method: method, Path: path, Body: body},
	)
	if err != nil {
		return nil, "", err
	}

	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)

	return response, string(text), err
}

func TestRawSendsAndReturnsBytesUnchanged(t *testing.T) {
	const sent, answered = "{ \"name\" : \"<a>\", \"n\":1e3 }\n", "\"bare string\"\x01 and more\n"

	for _, method := range upstash.RawMethods() {
		for _, status := range []int{200, 201, 204, 400, 401, 404, 409, 422, 500} {
			var got string
			far := newFar(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				user, key, _ := r.BasicAuth()
				got = fmt.Sprint(r.Header.Get("Content-Type"), string(body), user, key)

				w.Header().Set("X-Odd", "odd")
				says(status, answered)(w, r)
			})
			body, want := []byte(sent), "application/json"+sent+somebody.Email+somebody.Key.Reveal()

			if method == http.MethodGet {
				body, want = nil, somebody.Email+somebody.Key.Reveal()
			}

			response, text, err := raw(t, newClient(t, far.URL), method, body)
			if err != nil || response.Status != status || response.Header.Get("X-Odd") != "odd" || got != want ||
				(text != answered && status != 204) {
				t.Fatalf("%s: got %+v, %q and %v after sending %q; want %d", method, response, text, err, got, status)
			}
		}
	}
}

func TestRawRepeatsReadsOnly(t *testing.T) {
	for method, want := range map[string]int{"GET": 3, "POST": 1, "PUT": 1, "PATCH": 1, "DELETE": 1} {
		far := newFar(t, says(http.StatusServiceUnavailable, "busy"))

		response, text, err := raw(t, newClient(t, far.URL), method, nil)
		if err != nil || response.Status != 503 || text != "busy" || far.count(method) != want {
			t.Errorf(
				"%s: got %v, %q and %v after %d requests, want %d", method, response, text, err, far.count(method), want,
			)
		}
	}

	far := newFar(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	client := newClient(t, far.URL)

	_, _, err := raw(t, client, "DELETE", nil)
	if !errors.Is(err, upstash.ErrOutcomeUnknown) || far.count("DELETE") != 1 {
		t.Errorf("a cut write: got %v after %d requests", err, far.count("DELETE"))
	}
}

func TestRawFollowsNoRedirect(t *testing.T) {
	var reached atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(elsewhere.Close)

	for _, method := range upstash.RawMethods() {
		for _, status := range []int{301, 302, 303, 307, 308} {
			far := newFar(t, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, elsewhere.URL, status)
			})

			response, _, err := raw(t, newClient(t, far.URL), method, nil)
			if err != nil || response.Status != status || far.count(method) != 1 {
				t.Errorf("%s %d: got %+v and %v", method, status, response, err)
			}
		}
	}

	if reached.Load() != 0 {
		t.Errorf("%d requests followed a redirect", reached.Load())
	}
}

func TestRawHidesARepeatedCredential(t *testing.T) {
	key := somebody.Key.Reveal()
	far := newFar(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Echo", r.Header.Get("Authorization"))
		w.Header().Set("Authorization", "x")

		_, _ = io.WriteString(w, key[:3]) // the rest arrives later
		_ = http.NewResponseController(w).Flush()

		time.Sleep(20 * time.Millisecond)

		_, _ = fmt.Fprintf(w, "%s%s|%s|%s%s", key[3:], key, r.Header.Get("Authorization"), strings.Repeat("x", 40_000), key)
	})
	path, _ := upstash.ParseRawPath("/x")

	response, err := newClient(t, far.URL).Raw(t.Context(), somebody, upstash.RawRequest{Method: "GET", Path: path})
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = response.Body.Close() }()

	text, err := io.ReadAll(iotest.OneByteReader(response.Body))
	if err != nil {
		t.Fatal(err)
	}
	stars := strings.Repeat("*", len(key))

	if !bytes.HasPrefix(text, []byte(stars+stars+"|Basic ****")) || !bytes.HasSuffix(text, []byte("x"+stars)) ||
		len(text) < 40_000 {
		t.Errorf("got %d bytes, %.100q", len(text), text)
	}

	if got := response.Header; !strings.HasPrefix(got.Get("X-Echo"), "Basic ***") || got.Get("Authorization") != "" {
		t.Errorf("got the headers %v", got)
	}
}

func TestRawResponsesAreBounded(t *testing.T) {
	for name, test := range map[string]struct {
		length int
		want   error
	}{
		"the longest":  {upstash.MaxRawBytes, nil},
		"one too many": {upstash.MaxRawBytes + 1, upstash.ErrRawTooLong},
	} {
		far := newFar(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(bytes.Repeat([]byte{'x'}, test.length))
		})

		_, text, err := raw(t, newClient(t, far.URL), "GET", nil)
		if !errors.Is(err, test.want) || len(text) != upstash.MaxRawBytes {
			t.Errorf("%s: got %d bytes and %v", name, len(text), err)
		}
	}
}

func TestRawResponseThatIsCut(t *testing.T) {
	far := newFar(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("a part"))
	})

	_, text, err := raw(t, newClient(t, far.URL), "GET", nil)
	if !errors.Is(err, upstash.ErrRawCut) || text != "a part" {
		t.Errorf("got %q and %v", text, err)
	}

	encoded := newFar(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Encoding", "gzip") })
	if _, _, err := raw(t, newClient(t, encoded.URL), "GET", nil); !errors.Is(err, upstash.ErrUnexpectedResponse) {
		t.Errorf("an encoded response: got %v", err)
	}
}

func TestRawRejectsWhatWasNotChecked(t *testing.T) {
	far := newFar(t, says(200, "{}"))
	client := newClient(t, far.URL)
	path, _ := upstash.ParseRawPath("/x")

	for _, request := range []upstash.RawRequest{
		{Method: "GET"},
		{Method: "CONNECT", Path: path},
		{Method: "get", Path: path},
		{Method: "GET", Path: path, Body: []byte("{}")},
	} {
		if response, err := client.Raw(t.Context(), somebody, request); err == nil {
			_ = response.Body.Close()
			t.Errorf("%+v was sent", request)
		}
	}

	if len(far.requests) != 0 {
		t.Errorf("got the requests %v", far.requests)
	}
}

func TestRawEndsWithItsCaller(t *testing.T) {
	far := newFar(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			_, _ = w.Write([]byte("a part"))
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	})

	client, err := upstash.New(upstash.Options{BaseURL: far.URL, Concurrent: 1, Share: 1})
	if err != nil {
		t.Fatal(err)
	}

	for _, method := range upstash.RawMethods() {
		for _, address := range []string{"/body", "/header"} {
			path, _ := upstash.ParseRawPath(address)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)

			response, err := client.Raw(ctx, somebody, upstash.RawRequest{Method: method, Path: path})
			want := context.Canceled

			if err == nil {
				_, err = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close() // the only slot is free again
			} else if method != http.MethodGet {
				want = upstash.ErrOutcomeUnknown // it was sent
			}

			if !errors.Is(err, want) || (response != nil) != (address == "/body") {
				t.Errorf("%s %s: got %v, want %v", method, address, err, want)
			}
		}
	}
}
