// Package faultproxy is a TCP proxy for tests that fails as it is told: it cuts a connection at an exact byte in either
// direction, by FIN or by RST, delays, trickles and stalls. It knows nothing of what passes through.
package faultproxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Never is for Way.Cut: all bytes pass.
const Never = -1

// Way is what happens to the bytes of one direction. Its zero value cuts before the first byte; Open lets all pass.
type Way struct {
	Cut   int           // after how many bytes the connection is cut, once there is any byte; Never for never
	Reset bool          // cut by RST, so that the other side sees an error and not an end
	Stall bool          // at Cut, pass nothing more and keep the connection open
	Delay time.Duration // before the first byte
	Pace  time.Duration // between single bytes
}

// Open lets everything pass.
func Open() Way { return Way{Cut: Never} }

// Plan is what happens to one connection.
type Plan struct{ ToServer, ToClient Way }

// Through passes everything on.
func Through() Plan { return Plan{ToServer: Open(), ToClient: Open()} }

// Proxy is a running proxy.
type Proxy struct {
	Address string

	target   string
	choose   atomic.Pointer[func(first []byte) Plan]
	accepted atomic.Int64
	upstream atomic.Int64

	listener net.Listener
	mu       sync.Mutex
	open     map[net.Conn]bool
	ended    chan struct{}
	work     sync.WaitGroup
}

// Start runs a proxy on a free loopback port until the test ends. At first it passes everything on.
func Start(tb testing.TB, target string) *Proxy {
	tb.Helper()

	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{
		listener: listener,
		Address:  listener.Addr().String(),
		target:   target,
		open:     map[net.Conn]bool{},
		ended:    make(chan struct{}),
	}
	p.Always(Through())
	p.work.Go(func() { p.accept(listener) })
	tb.Cleanup(func() {
		_ = listener.Close()
		p.mu.Lock()
		close(p.ended)
		p.mu.Unlock()
		p.CloseAll()
		p.work.Wait()
	})

	return p
}

// Always makes one plan for every connection from now on.
func (p *Proxy) Always(plan Plan) { p.Choose(func([]byte) Plan { return plan }) }

// Choose asks for the plan of every connection from now on, given the first bytes that the client sent. It may be
// called by several connections at once.
func (p *Proxy) Choose(choose func(first []byte) Plan) { p.choose.Store(&choose) }

// Accepted counts the connections that clients opened.
func (p *Proxy) Accepted() int { return int(p.accepted.Load()) }

// Forwarded counts the bytes that reached the server.
func (p *Proxy) Forwarded() int { return int(p.upstream.Load()) }

// CloseAll cuts every connection there is.
func (p *Proxy) CloseAll() {
	p.mu.Lock()
	defer p.mu.Unlock()

	for connection := range p.open {
		_ = connection.Close()
	}
}

// Refuse ends the listener and every connection: from now on nobody is there.
func (p *Proxy) Refuse() {
	_ = p.listener.Close()
	p.CloseAll()
}

func (p *Proxy) accept(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		p.accepted.Add(1)

		if p.track(client) {
			p.work.Go(func() { p.serve(client) })
		}
	}
}

func (p *Proxy) track(connection net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()

	select {
	case <-p.ended:
		_ = connection.Close()
		return false
	default:
	}
	p.open[connection] = true

	return true
}

func (p *Proxy) forget(connections ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()

	for _, connection := range connections {
		_ = connection.Close()
		delete(p.open, connection)
	}
}

const bufferSize = 64 << 10

func (p *Proxy) serve(client net.Conn) {
	defer p.forget(client)
	first := make([]byte, bufferSize)

	n, err := client.Read(first)
	if err != nil {
		return
	}
	plan := (*p.choose.Load())(first[:n])

	server, err := (&net.Dialer{Timeout: 5 * time.Second}).Dial("tcp", p.target)
	if err != nil || !p.track(server) {
		return
	}
	defer p.forget(server)
	var directions sync.WaitGroup
	directions.Go(func() {
		p.pass(server, io.MultiReader(bytes.NewReader(first[:n]), client), plan.ToServer, client, &p.upstream)
	})
	directions.Go(func() { p.pass(client, server, plan.ToClient, server, nil) })
	directions.Wait()
}

// pass copies from one side to the other as way says. When the source ends, the destination is told so; when the way
// cuts, both are closed.
func (p *Proxy) pass(to net.Conn, from io.Reader, way Way, other net.Conn, count *atomic.Int64) {
	buffer := make([]byte, bufferSize)

	passed := 0
	for {
		n, err := from.Read(buffer)
		if passed == 0 && n > 0 {
			time.Sleep(way.Delay)
		}

		allowed := n
		if way.Cut != Never {
			allowed = min(n, way.Cut-passed)
		}

		if count != nil {
			count.Add(int64(allowed)) // before they go: the answer to them may be here first
		}

		if write(to, buffer[:allowed], way.Pace) != nil {
			cut(true, to, other)
			return
		}

		passed += allowed
		switch {
		case way.Cut == Never || passed < way.Cut:
		case way.Stall:
			if err != nil {
				<-p.ended
			}
			continue
		default:
			cut(way.Reset, to, other)
			return
		}

		if err != nil {
			end(to, err)
			return
		}
	}
}

// end passes the end of one direction on.
func end(to net.Conn, err error) {
	if half, ok := to.(*net.TCPConn); ok && errors.Is(err, io.EOF) {
		_ = half.CloseWrite()
		return
	}
	_ = to.Close()
}

func write(to net.Conn, content []byte, pace time.Duration) error {
	if pace == 0 {
		_, err := to.Write(content)
		return err
	}

	for i := range content {
		if _, err := to.Write(content[i : i+1]); err != nil {
			return err
		}
		time.Sleep(pace)
	}

	return nil
}

func cut(reset bool, connections ...net.Conn) {
	for _, connection := range connections {
		if tcp, ok := connection.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0) // the close is an RST then
		}
		_ = connection.Close()
	}
}
