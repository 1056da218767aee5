package upstash

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstash-connect/bff/internal/secret"
)

var writer = Credential{Email: "someone@example.com", Key: secret.New("a-key-that-is-one")}

// protocols are those that a write may be sent over.
func protocols() []string { return []string{"HTTP/1.1", "HTTP/1.1 over TLS", "HTTP/2"} }

// startFar starts a server for the protocol, and a client whose writes go there.
func startFar(tb testing.TB, protocol string, answer http.HandlerFunc) (*httptest.Server, *Client) {
	tb.Helper()

	server := httptest.NewUnstartedServer(answer)
	server.Config.ErrorLog = silent()

	if protocol == "HTTP/1.1" {
		server.Start()
	} else {
		server.EnableHTTP2 = protocol == "HTTP/2"
		server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(tb)}, MinVersion: tls.VersionTLS12}
		server.StartTLS()
	}
	tb.Cleanup(server.Close)

	return server, clientOf(tb, server, server.URL)
}

// certificate is one for loopback with a key that signs quickly: each write shakes hands anew.
func certificate(tb testing.TB) tls.Certificate {
	tb.Helper()

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}

	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}

	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// clientOf makes a client that trusts the server, and calls it at the URL.
func clientOf(tb testing.TB, server *httptest.Server, url string) *Client {
	tb.Helper()

	client, err := New(Options{BaseURL: url})
	if err != nil {
		tb.Fatal(err)
	}

	if server.TLS != nil {
		trusting := server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		trusting.NextProtos = nil // net/http's own choice, as in production
		client.writes.(*writeTransport).connections.TLSClientConfig = trusting
	}

	return client
}

// register counts the creates that came in, by name.
type register struct {
	mu     sync.Mutex
	counts map[string]int
}

func (a *register) add(r *http.Request) error {
	var body struct {
		Name string `json:"database_name"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()

	if a.counts == nil {
		a.counts = map[string]int{}
	}
	a.counts[body.Name]++

	return nil
}

func (a *register) of(name string) int {
	a.mu.Lock()
	defer a.mu.Unlock()

	return a.counts[name]
}

const made = `{"database_id":"a1","database_name":"x","state":"active"}`

// Eight concurrent calls of one account, to a server that needs 3 ms for each.
func TestNoWriteIsUncertainWhenThePeerResponds(t *testing.T) {
	rows := map[string]int{"HTTP/1.1": 50, "HTTP/1.1 over TLS": 50, "HTTP/2": 300}
	if os.Getenv("SOAK") == "1" {
		rows["HTTP/2"] = 20_000
	}

	for protocol, writes := range rows {
		t.Run(protocol, func(t *testing.T) {
			var (
				came    register
				working sync.WaitGroup
			)

			_, client := startFar(t, protocol, func(w http.ResponseWriter, r *http.Request) {
				if (protocol == "HTTP/2") != (r.ProtoMajor == 2) {
					t.Errorf("the far end was spoken to in %s", r.Proto)
				}

				if err := came.add(r); err != nil {
					t.Error(err)
				}
				time.Sleep(3 * time.Millisecond)
				_, _ = w.Write([]byte(made))
			})
			start := time.Now()
			names := make(chan string)

			for range 8 {
				working.Go(func() {
					for name := range names {
						_, err := client.CreateDatabase(t.Context(), writer, CreateRequest{Name: name})
						if err != nil || came.of(name) != 1 {
							t.Errorf("%s: got %v, and it arrived %d times; want a database and once", name, err, came.of(name))
						}
					}
				})
			}

			for n := range writes {
				names <- fmt.Sprintf("database-%d", n)
			}
			close(names)
			working.Wait()
			t.Logf("%d writes in %s", writes, time.Since(start).Round(time.Millisecond))
		})
	}
}

// failing is a connection whose writes fail from the n-th one on, before they have written anything or after one
// byte.
type failing struct {
	net.Conn
	left    int
	partial bool
	missed  *atomic.Bool // set once a write has failed
}

var errBroken = errors.New("broken on purpose")

func (c *failing) Write(b []byte) (n int, err error) {
	if c.left--; c.left >= 0 {
		return c.Conn.Write(b)
	}
	c.missed.Store(true)

	if c.left == -1 && c.partial {
		n, _ = c.Conn.Write(b[:1])
	}
	_ = c.Close()

	return n, errBroken
}

// Each write to the socket fails in turn: the client's report of the call matches what the server received.
func TestBrokenWriteIsUnsentOnlyIfNoByteLeft(t *testing.T) {
	for _, protocol := range protocols() {
		t.Run(protocol, func(t *testing.T) {
			var came atomic.Int64

			_, client := startFar(t, protocol, func(w http.ResponseWriter, r *http.Request) {
				came.Add(1)
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = w.Write([]byte(made))
			})
			for turn := 0; ; turn++ {
				before, missed, headerLeft := came.Load(), new(atomic.Bool), new(atomic.Bool)
				client.breakAt(turn, false, missed)
				ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteHeaders: func() {
					headerLeft.Store(protocol == "HTTP/2" && !missed.Load()) // HTTP/1.1 reports it before the write
				}})

				_, err := client.CreateDatabase(ctx, writer, CreateRequest{Name: "x"})
				arrived := came.Load() > before || headerLeft.Load()

				if err == nil && !missed.Load() {
					return // the call is done with fewer writes
				}

				if arrived && NotSent(err) {
					t.Errorf("write %d to the socket fails: got %v, but the request arrived", turn, err)
				}

				if err != nil && !arrived && !NotSent(err) {
					t.Errorf("write %d to the socket fails: got %v, but nothing of the request had left", turn, err)
				}
			}
		})
	}
}

// One byte of a record or a frame is useless to the server, but the sender cannot know how many bytes arrived.
func TestWriteWithOneByteSentIsUncertain(t *testing.T) {
	for _, protocol := range protocols() {
		t.Run(protocol, func(t *testing.T) {
			_, client := startFar(t, protocol, says200)
			uncertain := 0

			for turn := 0; ; turn++ {
				missed := new(atomic.Bool)
				client.breakAt(turn, true, missed)

				_, err := client.CreateDatabase(t.Context(), writer, CreateRequest{Name: "x"})
				if err == nil && !missed.Load() {
					break
				}

				if errors.Is(err, ErrOutcomeUnknown) {
					uncertain++
				} else if uncertain > 0 && NotSent(err) {
					t.Errorf("write %d to the socket is cut: got %v, but an earlier one held a part of the request", turn, err)
				}
			}

			if uncertain == 0 {
				t.Error("no cut was uncertain")
			}
		})
	}
}

func says200(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = w.Write([]byte(made))
}

// breakAt lets this many writes to the socket of the next call succeed, and no more.
func (c *Client) breakAt(turn int, partial bool, missed *atomic.Bool) {
	c.writes.(*writeTransport).connections.DialContext = trackDials(
		func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return &failing{Conn: conn, left: turn, partial: partial, missed: missed}, err
		},
	)
}

// A write to the socket that does not return may have sent data; a rejected one never does.
func TestWriteInProgressCountsAsSent(t *testing.T) {
	near, far := net.Pipe()
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	_ = near.SetDeadline(time.Now().Add(5 * time.Second))

	p := &writeProgress{}
	conn := trackedConn{Conn: near, progress: p}
	p.connected()

	var writing sync.WaitGroup
	writing.Go(func() { _, _ = conn.Write([]byte("POST")) })

	if _, err := io.ReadFull(far, make([]byte, 1)); err != nil { // it waits for somebody to read the rest
		t.Fatal(err)
	}

	if untouched, _ := p.abort(); untouched {
		t.Error("the write is in progress, and the request counts as untouched")
	}

	if n, err := conn.Write([]byte("more")); n != 0 || !errors.Is(err, errWriteAborted) {
		t.Errorf("after it was given up: %d bytes left, %v", n, err)
	}
	_ = far.Close()
	writing.Wait()
}

// A call that is given up before its turn on the socket sends nothing afterwards, whatever its goroutines continue to
// do.
func TestAbortedWriteSendsNothingLater(t *testing.T) {
	for _, protocol := range protocols() {
		t.Run(protocol, func(t *testing.T) {
			var came atomic.Int64

			server, client := startFar(t, protocol, func(w http.ResponseWriter, r *http.Request) {
				came.Add(1)
				says200(w, r)
			})

			unsent := int64(0)
			for wait := time.Duration(0); wait < 6*time.Millisecond; wait += 50 * time.Microsecond {
				ctx, leave := context.WithTimeout(t.Context(), wait)

				if _, err := client.CreateDatabase(ctx, writer, CreateRequest{Name: "x"}); err != nil && NotSent(err) {
					unsent++
				} else if err == nil || errors.Is(err, ErrOutcomeUnknown) {
					came.Add(-1) // it may have arrived
				}
				leave()
			}
			server.Close() // waits for what has arrived

			if extra := came.Load(); extra > 0 {
				t.Errorf("%d calls arrived that were not sent; %d were not", extra, unsent)
			}
		})
	}
}

// Without a connection nothing was sent, whatever prevented the first byte of the request.
func TestWriteWithoutAConnectionIsUnsent(t *testing.T) {
	hangsUp := func(tb testing.TB) string {
		tb.Helper()

		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = listener.Close() })

		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				_ = conn.Close()
			}
		}()

		return listener.Addr().String()
	}
	closed := func() string {
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()

		return server.Listener.Addr().String()
	}
	refuses := func(tb testing.TB) string {
		tb.Helper()

		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusProxyAuthRequired)
		}))
		tb.Cleanup(server.Close)

		return server.Listener.Addr().String()
	}
	strange := func(tb testing.TB) string {
		tb.Helper()

		server := httptest.NewTLSServer(http.NotFoundHandler()) // its certificate is nobody's that we know
		server.Config.ErrorLog = silent()
		tb.Cleanup(server.Close)

		return server.Listener.Addr().String()
	}
	rows := map[string]struct{ url, proxy string }{
		"nobody listens":                   {url: "http://" + closed()},
		"the handshake is cut":             {url: "https://" + hangsUp(t)},
		"the certificate is not trusted":   {url: "https://" + strange(t)},
		"plain HTTP where TLS is wanted":   {url: "https://" + refuses(t)},
		"the proxy is not there":           {url: "https://" + closed(), proxy: "http://" + closed()},
		"the proxy hangs up":               {url: "https://" + closed(), proxy: "http://" + hangsUp(t)},
		"the proxy refuses the connection": {url: "https://" + closed(), proxy: "http://" + refuses(t)},
	}

	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			client, err := New(Options{BaseURL: row.url})
			if err != nil {
				t.Fatal(err)
			}

			if row.proxy != "" {
				proxy, _ := url.Parse(row.proxy)
				client.writes.(*writeTransport).connections.Proxy = http.ProxyURL(proxy)
			}

			if _, err := client.CreateDatabase(t.Context(), writer, CreateRequest{}); !NotSent(err) {
				t.Errorf("got %v, want that nothing was sent", err)
			}
		})
	}
}

// A write goes the way that a read goes: the same proxy, or none.
func TestWriteProxyIsSelectedByTheFullURL(t *testing.T) {
	server, client := startFar(t, "HTTP/1.1", says200)
	asked := ""
	client.writes.(*writeTransport).connections.Proxy = forTarget(func(r *http.Request) (*url.URL, error) {
		asked = r.URL.Scheme + "://" + r.URL.Host
		return nil, nil
	})

	_, err := client.CreateDatabase(t.Context(), writer, CreateRequest{Name: "x"})
	if err != nil || asked != server.URL {
		t.Errorf("got %v, and was asked about %q; want %q", err, asked, server.URL)
	}
}

// net/http spells a host for reads, and not for the connections of writes: both go to one place, or nowhere.
func TestNonASCIIHostIsRejected(t *testing.T) {
	for url, taken := range map[string]bool{
		"https://api.upstash.com": true, "https://xn--bcher-kva.example": true, "https://[::1]:8080": true,
		"https://bücher.example": false, "https://b%C3%BCcher.example": false, "ftp://api.upstash.com": false, "": false,
	} {
		if _, err := New(Options{BaseURL: url}); (err == nil) != taken {
			t.Errorf("%q: got %v, want it taken: %t", url, err, taken)
		}
	}
}

func silent() *log.Logger { return log.New(io.Discard, "", 0) }
