package server

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// The default bounds, with the virtual clock of synctest: no client can hold a connection indefinitely, and a response
// that takes the time of a connect is not cut off.
//
// Threat model: H05.
func TestServerTimeoutsAreSet(t *testing.T) {
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

				start := time.Now()

				select {
				case <-closed:
				case <-time.After(tc.most):
					t.Errorf("the connection is still open after %s", tc.most)
				}

				if took := time.Since(start); took < tc.least {
					t.Errorf("the connection was closed after %s, want %s at least", took, tc.least)
				}

				_ = peer.Close()
				traffic.Wait() // synctest's clock stops when the test returns
			})
		})
	}

	t.Run("a response that takes the longest time of a connect", func(t *testing.T) {
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

// usuallyServed opens an in-memory connection to a server with the usual bounds, so that synctest's clock advances
// while the connection is idle. closed is closed when the server closes the connection.
func usuallyServed(t *testing.T, handler http.HandlerFunc) (peer net.Conn, closed <-chan struct{}) {
	t.Helper()
	peer, served := net.Pipe()
	connection := &noticedConn{Conn: served, closed: make(chan struct{})}
	listener := &onePeer{peer: make(chan net.Conn, 1), closed: make(chan struct{})}
	listener.peer <- connection

	httpServer := newHTTPServer(handler, UsualBounds(), slog.New(slog.DiscardHandler))
	go func() { _ = httpServer.Serve(listener) }()

	t.Cleanup(func() {
		_ = peer.Close()
		_ = httpServer.Close()
	})

	return peer, connection.closed
}

// onePeer is a listener that accepts one connection.
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

// noticedConn reports when it is closed.
type noticedConn struct {
	net.Conn
	closed chan struct{}
	once   sync.Once
}

func (c *noticedConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// trickle writes single bytes slowly until the other side closes the connection.
func trickle(ctx context.Context, connection net.Conn, content string) {
	for i := range len(content) {
		if _, err := connection.Write([]byte{content[i]}); err != nil || ctx.Err() != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
