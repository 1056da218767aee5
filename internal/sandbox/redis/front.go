package redis

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxConnections limits the clients of one sandbox, HTTP and Redis together.
const maxConnections = 2048

// FrontOptions configure a Front. All but TLS are required.
type FrontOptions struct {
	Listener net.Listener
	Cluster  *Cluster
	// REST serves clients that speak HTTP.
	REST http.Handler
	// TLS, if set, is required of every client.
	TLS    *tls.Config
	Logger *slog.Logger
}

// Front is the listener of all databases. The first bytes of a client show whether it speaks TLS, HTTP or Redis' own
// protocol.
type Front struct {
	options FrontOptions
	web     *http.Server
	handed  forwarded
	room    chan struct{}

	serving sync.WaitGroup
	mutex   sync.Mutex
	raw     map[net.Conn]struct{}
	closed  bool
}

// NewFront makes a Front, which then owns the listener.
func NewFront(options FrontOptions) *Front {
	return &Front{
		options: options,
		web: &http.Server{
			Handler:           options.REST,
			ReadHeaderTimeout: 10 * time.Second,
			IdleTimeout:       2 * time.Minute,
		},
		handed: forwarded{
			address:  options.Listener.Addr(),
			accepted: make(chan net.Conn),
			closed:   make(chan struct{}),
		},
		room: make(chan struct{}, maxConnections),
		raw:  map[net.Conn]struct{}{},
	}
}

// Start accepts clients in the background until Close. The context is that of REST requests and of TLS handshakes.
func (f *Front) Start(ctx context.Context) {
	f.web.BaseContext = func(net.Listener) context.Context { return ctx }
	f.serving.Go(func() {
		if err := f.web.Serve(&f.handed); !errors.Is(err, http.ErrServerClosed) {
			f.options.Logger.Error("redis stand-in's REST server ended", "error", err)
		}
	})
	f.serving.Go(func() { f.accept(ctx) })
}

func (f *Front) accept(ctx context.Context) {
	for {
		conn, err := f.options.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}

		if err != nil { // out of file descriptors, say
			f.options.Logger.Error("redis stand-in cannot accept", "error", err)
			time.Sleep(100 * time.Millisecond)
			continue
		}

		if !f.remember(conn) {
			_ = conn.Close()
			continue
		}
		f.serving.Go(func() {
			defer f.forget(conn)
			f.handle(ctx, conn)
		})
	}
}

// remember records connections so that Close also reaches those that have sent nothing yet.
func (f *Front) remember(conn net.Conn) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()

	if !f.closed {
		f.raw[conn] = struct{}{}
	}

	return !f.closed
}

func (f *Front) forget(conn net.Conn) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	delete(f.raw, conn)
}

// handle serves one client until it disconnects, or until the REST server has closed it.
func (f *Front) handle(ctx context.Context, raw net.Conn) {
	select {
	case f.room <- struct{}{}:
		defer func() { <-f.room }()
	default:
		f.farewell(raw, raw, textClients)
		return
	}
	// The greeting includes the TLS handshake.
	_ = raw.SetDeadline(time.Now().Add(greetingPatience))
	client := peeked{raw, bufio.NewReader(raw)}

	spoken, err := sniff(client.reader)
	if err == nil && f.options.TLS != nil {
		if spoken != protocolTLS {
			f.refusePlain(raw, client, spoken)
			return
		}

		secured := tls.Server(client, f.options.TLS)
		if err = secured.HandshakeContext(ctx); err == nil {
			client = peeked{secured, bufio.NewReader(secured)}
			spoken, err = sniff(client.reader)
		}
	} else if err == nil && spoken == protocolTLS {
		// A client that expects TLS reports a plain reply as an error, which is correct.
		f.farewell(raw, client, textPlainOnly)
		return
	}

	_ = raw.SetDeadline(time.Time{})
	switch {
	case err != nil:
		_ = raw.Close()
	case spoken == protocolHTTP:
		gone := make(chan struct{})
		f.handed.hand(&handedConn{Conn: client, gone: gone})
		<-gone
	case spoken == protocolRESP:
		f.options.Cluster.newConnection(client, client.reader, raw).serve()
	default:
		_ = raw.Close()
	}
}

func (f *Front) refusePlain(raw net.Conn, client net.Conn, spoken protocol) {
	if spoken == protocolHTTP {
		_ = raw.SetDeadline(time.Now().Add(flushPatience))
		_, _ = client.Write(
			[]byte(
				"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
			),
		)
		linger(client, raw)

		return
	}
	f.farewell(raw, client, textTLSOnly)
}

// farewell sends a client the reason why it is not served.
func (f *Front) farewell(raw, client net.Conn, text string) {
	_ = raw.SetDeadline(time.Now().Add(flushPatience))
	_, _ = client.Write([]byte("-" + text + "\r\n"))
	linger(client, raw)
}

// Close stops accepting, waits for REST requests in flight, closes every connection and waits for their ends. The
// context limits both waits.
func (f *Front) Close(ctx context.Context) error {
	err := f.options.Listener.Close()
	if f.web.Shutdown(ctx) != nil {
		err = errors.Join(err, f.web.Close())
	}
	f.mutex.Lock()

	f.closed = true
	for conn := range f.raw {
		_ = conn.Close()
	}
	f.mutex.Unlock()

	ended := make(chan struct{})
	go func() {
		f.serving.Wait()
		close(ended)
	}()

	select {
	case <-ended:
	case <-ctx.Done(): // a script that does not end
	}

	return err
}
