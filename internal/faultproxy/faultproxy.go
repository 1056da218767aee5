// Package faultproxy is a TCP proxy for tests that injects faults: it cuts a connection at an exact byte in either
// direction, by FIN or RST, delays, slows down or stalls it. It does not interpret the data.
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

// Never is a value of Direction.Cut: all bytes pass.
const Never = -1

// Direction defines the faults of one direction. The zero value cuts before the first byte; Open lets everything pass.
type Direction struct {
	Cut   int           // bytes that pass before the cut; 0 cuts when the first byte arrives
	Reset bool          // cut by RST, so that the peer sees an error and not the end of the stream
	Stall bool          // at Cut, stop passing bytes but keep the connection open
	Delay time.Duration // delay before the first byte
	Pace  time.Duration // delay between single bytes
}

// Open lets everything pass.
func Open() Direction { return Direction{Cut: Never} }

// Plan defines the faults of one connection.
type Plan struct{ ToServer, ToClient Direction }

// Through passes everything.
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

// Start runs a proxy on a free loopback port until the test ends. Initially it passes everything.
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

// Always uses one plan for all new connections.
func (p *Proxy) Always(plan Plan) { p.Choose(func([]byte) Plan { return plan }) }

// Choose sets the function that chooses the plan of each new connection from the first bytes that the client sent. The
// proxy may call it concurrently.
func (p *Proxy) Choose(choose func(first []byte) Plan) { p.choose.Store(&choose) }

// Accepted returns the number of connections that clients opened.
func (p *Proxy) Accepted() int { return int(p.accepted.Load()) }

// Forwarded returns the number of bytes that were passed to the server.
func (p *Proxy) Forwarded() int { return int(p.upstream.Load()) }

// CloseAll closes all open connections.
func (p *Proxy) CloseAll() {
	p.mu.Lock()
	defer p.mu.Unlock()

	for connection := range p.open {
		_ = connection.Close()
	}
}

// Refuse closes the listener and all connections, so that new connections are refused.
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

// pass copies one direction with its faults. At the end of the source it closes the destination for writing. At a cut
// it closes both connections.
func (p *Proxy) pass(to net.Conn, from io.Reader, faults Direction, other net.Conn, count *atomic.Int64) {
	buffer := make([]byte, bufferSize)

	passed := 0
	for {
		n, err := from.Read(buffer)
		if passed == 0 && n > 0 {
			time.Sleep(faults.Delay)
		}

		allowed := n
		if faults.Cut != Never {
			allowed = min(n, faults.Cut-passed)
		}

		if count != nil {
			count.Add(int64(allowed)) // before the write, because the response may arrive before the write returns
		}

		if write(to, buffer[:allowed], faults.Pace) != nil {
			cut(true, to, other)
			return
		}

		passed += allowed
		switch {
		case faults.Cut == Never || passed < faults.Cut:
		case faults.Stall:
			if err != nil {
				<-p.ended
			}
			continue
		default:
			cut(faults.Reset, to, other)
			return
		}

		if err != nil {
			end(to, err)
			return
		}
	}
}

// end closes the destination at the end of the source.
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
			_ = tcp.SetLinger(0) // makes Close send an RST
		}
		_ = connection.Close()
	}
}
