package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// impatient are bounds that a test can wait out.
func impatient() httpBounds {
	return httpBounds{header: 400 * time.Millisecond, read: 800 * time.Millisecond, write: 1500 * time.Millisecond, idle: 500 * time.Millisecond, bytes: 32 << 10}
}

func (p *product) dial(t *testing.T) net.Conn {
	t.Helper()
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", p.host())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

// closedWithin reports whether the server closes the connection in time, whatever it says before.
func closedWithin(connection net.Conn, limit time.Duration) bool {
	_ = connection.SetReadDeadline(time.Now().Add(limit))
	_, err := io.Copy(io.Discard, connection)
	return err == nil || !isDeadline(err)
}

func isDeadline(err error) bool {
	timeout, ok := err.(net.Error) //nolint:errorlint // a net.Conn returns it bare
	return ok && timeout.Timeout()
}

// trickle writes a byte now and then until the other side has closed.
func trickle(ctx context.Context, connection net.Conn, content string) {
	for i := range len(content) {
		if _, err := connection.Write([]byte{content[i]}); err != nil || ctx.Err() != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestH05SlowAndIdlePeersAreClosed(t *testing.T) {
	var f front
	m := startJoined(t, withBounds(impatient()), withFront(t, &f))
	m.client.CloseIdleConnections()
	f.CloseClientConnections()
	before := runtime.NumGoroutine()
	host := "Host: " + m.host() + "\r\n"
	post := "POST " + databasesPath + " HTTP/1.1\r\n" + host + "Authorization: " + m.header.Get("Authorization") + "\r\nContent-Type: application/json\r\n"
	for name, play := range map[string]func(*testing.T, net.Conn){
		"nothing is ever sent": func(*testing.T, net.Conn) {},
		"a header byte now and then": func(t *testing.T, c net.Conn) {
			t.Helper()
			go trickle(t.Context(), c, "GET /livez HTTP/1.1\r\nX: "+strings.Repeat("x", 1000))
		},
		"half of an HTTP/2 preface": func(_ *testing.T, c net.Conn) { _, _ = io.WriteString(c, "PRI * HTTP/2.0\r\n") },
		"a body byte now and then": func(t *testing.T, c net.Conn) {
			t.Helper()
			_, _ = io.WriteString(c, post+"Content-Length: 1000\r\n\r\n")
			go trickle(t.Context(), c, strings.Repeat(" ", 1000))
		},
		"a chunk now and then": func(t *testing.T, c net.Conn) {
			t.Helper()
			_, _ = io.WriteString(c, post+"Transfer-Encoding: chunked\r\n\r\n")
			go trickle(t.Context(), c, strings.Repeat("1\r\n \r\n", 200))
		},
		"a body that never comes": func(_ *testing.T, c net.Conn) { _, _ = io.WriteString(c, post+"Content-Length: 1000\r\n\r\n") },
		"idle after a request":    func(_ *testing.T, c net.Conn) { _, _ = io.WriteString(c, "GET /livez HTTP/1.1\r\n"+host+"\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			connection := m.dial(t)
			play(t, connection)
			if !closedWithin(connection, 5*time.Second) {
				t.Error("the connection is still open")
			}
		})
	}
	t.Run("an answer that is not read", func(t *testing.T) {
		element := `{"database_id":"a1","database_name":"` + strings.Repeat("x", 2000) + `"},`
		f.says("GET", upstreamList, 200, nil, "["+strings.Repeat(element, 3500)+`null]`)
		defer f.answers(nil)
		connection := m.dial(t)
		if err := connection.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(connection, "GET "+databasesPath+" HTTP/1.1\r\n"+host+"X-Request-ID: never-read\r\nAuthorization: "+m.header.Get("Authorization")+"\r\n\r\n")
		begun := time.Now()
		if !eventually(func() bool { return strings.Contains(m.log.String(), "never-read") }) {
			t.Error("the server still tries to write")
		}
		if took := time.Since(begun); took < impatient().write/2 {
			t.Errorf("the answer was written in %s: nothing was shown", took)
		}
	})
	t.Run("many idle connections, and others are served meanwhile", func(t *testing.T) {
		count := 400
		if os.Getenv("SOAK") == "1" {
			count = 10_000
		}
		var connections []net.Conn
		for range count {
			connection := m.dial(t)
			_, _ = io.WriteString(connection, "GET /livez HTTP/1.1\r\n"+host+"\r\n")
			connections = append(connections, connection)
		}
		m.do(t, "GET", "/livez", nil, "").is(t, 200)
		for n, connection := range connections {
			if !closedWithin(connection, 5*time.Second) {
				t.Fatalf("connection %d is still open", n)
			}
		}
	})
	m.client.CloseIdleConnections()
	f.CloseClientConnections()
	if !eventually(func() bool { return runtime.NumGoroutine() <= before+5 }) {
		t.Errorf("got %d goroutines, want about %d as before", runtime.NumGoroutine(), before)
	}
}

// The bounds as they are shipped, by the clock of a bubble: no peer keeps a connection for ever, and no answer that takes as long
// as a connect may is cut off.
func TestH05TheUsualBoundsAreSet(t *testing.T) {
	const get, post = "GET / HTTP/1.1\r\nHost: x\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"

	for name, tc := range map[string]struct {
		begin, trickle string
		unread         bool
		least, most    time.Duration
	}{
		"nothing is ever sent":       {most: 15 * time.Second},
		"a header byte now and then": {begin: get + "X: ", trickle: strings.Repeat("x", 1000), most: 15 * time.Second},
		"a body byte now and then":   {begin: post, trickle: strings.Repeat(" ", 900), most: time.Minute},
		"an answer that is not read": {begin: get + "\r\n", unread: true, most: 2 * time.Minute},
		"idle after a request":       {begin: get + "\r\n", least: time.Minute, most: 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				peer, closed := usuallyServed(t, func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = w.Write(make([]byte, 1<<20))
				})

				var traffic sync.WaitGroup
				if !tc.unread {
					traffic.Go(func() { _, _ = io.Copy(io.Discard, peer) })
				}
				traffic.Go(func() {
					_, _ = io.WriteString(peer, tc.begin)
					trickle(t.Context(), peer, tc.trickle)
				})

				begun := time.Now()
				select {
				case <-closed:
				case <-time.After(tc.most):
					t.Errorf("the connection is still open after %s", tc.most)
				}

				if took := time.Since(begun); took < tc.least {
					t.Errorf("the connection was closed after %s, want %s at least", took, tc.least)
				}

				_ = peer.Close()
				traffic.Wait() // a bubble's clock stands still once its test has returned
			})
		})
	}

	t.Run("an answer that takes as long as a connect may", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			peer, _ := usuallyServed(t, func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(30 * time.Second)
				w.WriteHeader(http.StatusNoContent)
			})

			go func() { _, _ = io.WriteString(peer, get+"\r\n") }()

			const status = "HTTP/1.1 204"
			if got, err := io.ReadAll(io.LimitReader(peer, int64(len(status)))); err != nil || string(got) != status {
				t.Errorf("got %q and %v, want the answer", got, err)
			}
		})
	})
}

// usuallyServed is the one connection of a server with the usual bounds. It is of memory, so that a bubble's clock goes on while it
// is silent; closed tells when the server has closed it.
func usuallyServed(t *testing.T, handler http.HandlerFunc) (peer net.Conn, closed <-chan struct{}) {
	t.Helper()
	peer, served := net.Pipe()
	connection := &noticedConn{Conn: served, closed: make(chan struct{})}
	listener := &onePeer{peer: make(chan net.Conn, 1), closed: make(chan struct{})}
	listener.peer <- connection

	server := newHTTPServer(handler, usualBounds(), slog.New(slog.DiscardHandler))
	go func() { _ = server.Serve(listener) }()

	t.Cleanup(func() {
		_ = peer.Close()
		_ = server.Close()
	})

	return peer, connection.closed
}

// onePeer is a listener to which one peer comes.
type onePeer struct {
	peer   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *onePeer) Accept() (net.Conn, error) {
	select {
	case peer := <-l.peer:
		return peer, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *onePeer) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (*onePeer) Addr() net.Addr { return &net.TCPAddr{} }

// noticedConn tells that it was closed.
type noticedConn struct {
	net.Conn
	closed chan struct{}
	once   sync.Once
}

func (c *noticedConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

func TestSlowBodiesAreTheCallersFault(t *testing.T) {
	m := startJoined(t, withBounds(impatient()))
	m.leavesNothing(t, func() {
		got := m.raw(t, "POST "+databasesPath+" HTTP/1.1\r\nHost: "+m.host()+"\r\nAuthorization: "+m.header.Get("Authorization")+"\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
		got.isProblem(t, 408, "invalid_request")
	})
}

func TestH06BodiesThatAreTooLargeOrPacked(t *testing.T) {
	m := startJoined(t)
	large := `{"name":"` + strings.Repeat("x", 1<<20-10) + `"}` // 1 MiB + 1
	packed := func(content string) string {
		var out bytes.Buffer
		writer := gzip.NewWriter(&out)
		_, _ = io.WriteString(writer, content)
		_ = writer.Close()
		return out.String()
	}
	if len(large) != 1<<20+1 {
		t.Fatalf("the large body has %d bytes", len(large))
	}
	rows := map[string]struct {
		lines, body string
	}{
		"with a length":           {fmt.Sprintf("Content-Length: %d\r\n", len(large)), large},
		"in chunks":               {"Transfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(large), large)},
		"in many chunks":          {"Transfer-Encoding: chunked\r\n", strings.Repeat("400\r\n"+strings.Repeat(" ", 1024)+"\r\n", 1025) + "0\r\n\r\n"},
		"a length that is a lie":  {"Content-Length: 1099511627776\r\n", "{}"},
		"gzip":                    {fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n", len(packed(createBody("x")))), packed(createBody("x"))},
		"a gzip bomb":             {fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n", len(packed(large))), packed(large)},
		"br":                      {"Content-Encoding: br\r\nContent-Length: 2\r\n", "{}"},
		"zstd":                    {"Content-Encoding: zstd\r\nContent-Length: 2\r\n", "{}"},
		"encodings in each other": {"Content-Encoding: gzip, gzip, gzip\r\nContent-Length: 2\r\n", "{}"},
		"two encodings":           {"Content-Encoding: gzip\r\nContent-Encoding: br\r\nContent-Length: 2\r\n", "{}"},
	}
	m.leavesNothing(t, func() {
		for _, route := range []string{"POST " + databasesPath, "POST /api/v1/session", "PUT /api/v1/connection"} {
			for name, row := range rows {
				t.Run(route+" "+name, func(t *testing.T) {
					got := m.raw(t, route+" HTTP/1.1\r\nHost: "+m.host()+"\r\nAuthorization: "+m.header.Get("Authorization")+"\r\nContent-Type: application/json\r\nConnection: close\r\n"+row.lines+"\r\n"+row.body)
					if got.status == 413 {
						got.isProblem(t, 413, "body_too_large")
					} else {
						got.isProblem(t, 415, "unsupported_media_type")
					}
				})
			}
		}
		for _, route := range []string{"GET " + databasesPath, "DELETE /api/v1/session", "POST /api/v1/none", "GET /livez"} {
			t.Run(route, func(t *testing.T) {
				got := m.raw(t, route+" HTTP/1.1\r\nHost: "+m.host()+"\r\nAuthorization: "+m.header.Get("Authorization")+fmt.Sprintf("\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", len(large))+large)
				got.isProblem(t, 413, "body_too_large")
			})
		}
	})
	m.create(t, "", createBody("x")+strings.Repeat(" ", 64<<10-len(createBody("x")))).is(t, 201)                            // 64 KiB are taken
	m.create(t, "", createBody("y")+strings.Repeat(" ", 64<<10-len(createBody("y"))+1)).isProblem(t, 413, "body_too_large") // one more is not
}
