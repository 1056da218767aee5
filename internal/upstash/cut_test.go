package upstash_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/upstash-connect/bff/internal/faultproxy"
	"github.com/upstash-connect/bff/internal/upstash"
)

// fixedFar responds to every request with exactly these bytes and closes the connection; it reports how many complete
// requests arrived.
func fixedFar(t *testing.T, answer string) string {
	t.Helper()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })

	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}

			go func() {
				defer func() { _ = connection.Close() }()

				if _, err := connection.Read(make([]byte, 4096)); err == nil {
					_, _ = io.WriteString(connection, answer)
				}
			}()
		}
	}()

	return listener.Addr().String()
}

// A connection that ends at any byte of a response is a clear failure: a read is unavailable, a create's outcome
// unknown, and neither succeeds.
func TestResponseCutAtEveryByte(t *testing.T) {
	t.Parallel()
	body := `[{"database_id":"a1","database_name":"x","state":"active"}]`
	object := strings.Trim(body, "[]")
	head := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"

	chunked := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
	for name, shape := range map[string]string{"by length": head, "in chunks": chunked} {
		for _, reset := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, reset %t", name, reset), func(t *testing.T) {
				list := fmt.Sprintf(shape, len(body), body)
				made := fmt.Sprintf(shape, len(object), object)
				lists, creates := fixedFar(t, list), fixedFar(t, made)
				var working sync.WaitGroup

				gate := make(chan struct{}, 32)
				for at := range len(list) {
					gate <- struct{}{}
					working.Go(func() {
						defer func() { <-gate }()
						way := faultproxy.Direction{Cut: at, Reset: reset}
						p := faultproxy.Start(t, lists)
						p.Always(faultproxy.Plan{ToServer: faultproxy.Open(), ToClient: way})

						var unavailable *upstash.UnavailableError
						if got, err := newClient(
							t,
							"http://"+p.Address,
						).List(
							t.Context(), somebody,
						); !errors.As(
							err, &unavailable,
						) {
							t.Errorf("list cut at byte %d: got %+v, %v; want an UnavailableError", at, got, err)
						}

						if p.Accepted() != 3 {
							t.Errorf("list cut at byte %d: %d attempts, want 3", at, p.Accepted())
						}

						if at >= len(made) {
							return
						}
						p = faultproxy.Start(t, creates)
						p.Always(faultproxy.Plan{ToServer: faultproxy.Open(), ToClient: way})

						if got, err := newClient(
							t,
							"http://"+p.Address,
						).CreateDatabase(
							t.Context(), somebody, upstash.CreateRequest{},
						); !errors.Is(
							err, upstash.ErrOutcomeUnknown,
						) {
							t.Errorf("create cut at byte %d: got %+v, %v; want ErrOutcomeUnknown", at, got, err)
						}

						if p.Accepted() != 1 {
							t.Errorf("create cut at byte %d: sent %d times, want once", at, p.Accepted())
						}
					})
				}
				working.Wait()
				// The same responses are accepted when they are complete.
				if got, err := newClient(
					t,
					"http://"+lists,
				).List(
					t.Context(), somebody,
				); err != nil ||
					len(got.Databases) != 1 {
					t.Errorf("whole list: got %+v, %v", got, err)
				}

				if got, err := newClient(
					t,
					"http://"+creates,
				).CreateDatabase(
					t.Context(), somebody, upstash.CreateRequest{},
				); err != nil ||
					got.ID != "a1" {
					t.Errorf("whole create: got %+v, %v", got, err)
				}
			})
		}
	}
}

// Go's transport automatically resends a request when a reused connection fails, if the method is idempotent or the
// request has an Idempotency-Key. It must not resend a create.
func TestTransportNeverRepeatsAPost(t *testing.T) {
	f := newFar(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte("[]"))
			return
		}
		_, _ = io.ReadAll(r.Body)

		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = connection.Close() // read completely, without a response
	})
	// One transport for reads and writes, which keeps connections, and a key on every request: the worst case.
	transport := &keyed{from: &http.Transport{MaxIdleConnsPerHost: 1}}

	client, err := upstash.New(upstash.Options{BaseURL: f.URL, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}

	if _, err := client.List(t.Context(), somebody); err != nil { // leaves a connection to be used again
		t.Fatal(err)
	}

	if _, err := client.CreateDatabase(
		t.Context(), somebody, upstash.CreateRequest{},
	); !errors.Is(
		err, upstash.ErrOutcomeUnknown,
	) {
		t.Errorf("got %v, want ErrOutcomeUnknown", err)
	}

	if !transport.reused {
		t.Error("the POST had its own connection: nothing was shown")
	}

	if got := f.count("POST"); got != 1 {
		t.Errorf("the POST arrived %d times, want once", got)
	}
}
