package upstash

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptrace"
	"net/url"
	"sync"
)

var errWriteAborted = errors.New("the write was aborted")

// writeProgress tracks whether any byte of one write may have left for upstream. It observes the lowest layer of the
// write's own connection, below TLS, so that no byte can bypass it.
//
// Dialing, TLS and the opening frames of HTTP/2 are not part of the request. Over HTTP/1.1, everything written after
// the connection is established is. Over HTTP/2, acknowledgements may still be written at the same time, so the
// request begins with the first header field, which net/http reports before it writes any of the header.
type writeProgress struct {
	target *url.URL

	mu       sync.Mutex
	http2    bool // from the last TLS handshake, which is upstream's; a proxy's comes before
	begun    bool // bytes written from now on belong to the request
	writing  bool // a byte of the request may be leaving right now
	left     bool // a byte of the request has left
	aborted  bool // no further byte may leave
	answered bool // a byte of a response has arrived
}

type writeProgressKey struct{}

// traceContext returns a context whose connection and request are tracked.
func (p *writeProgress) traceContext(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(context.WithValue(ctx, writeProgressKey{}, p), &httptrace.ClientTrace{
		TLSHandshakeDone:     p.handshaken,
		WroteHeaderField:     func(string, []string) { p.begin() },
		GotFirstResponseByte: p.answer,
	})
}

func (p *writeProgress) handshaken(state tls.ConnectionState, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.http2 = state.NegotiatedProtocol == "h2"
}

// connected records that the connection is established.
func (p *writeProgress) connected() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun = p.begun || !p.http2
}

func (p *writeProgress) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun = true
}

func (p *writeProgress) answer() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answered = true
}

// abort blocks all further writes. It reports whether certainly no byte of the request has left, and whether a byte of
// a response arrived.
func (p *writeProgress) abort() (untouched, answered bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.aborted = true

	return !p.left && !p.writing, p.answered
}

// beforeWrite permits a write; counts tells whether it may contain bytes of the request.
func (p *writeProgress) beforeWrite() (counts bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()

	if p.aborted {
		return false, errWriteAborted
	}
	p.writing = p.writing || p.begun

	return p.begun, nil
}

func (p *writeProgress) afterWrite(counts bool, n int) {
	if !counts {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writing = false
	p.left = p.left || n > 0
}

// trackedConn is the lowest layer of a write's connection. The layer above writes one piece at a time.
type trackedConn struct {
	net.Conn
	progress *writeProgress
}

func (c trackedConn) Write(b []byte) (int, error) {
	counts, err := c.progress.beforeWrite()
	if err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(b)
	c.progress.afterWrite(counts, n)

	return n, err
}

// trackDials wraps the connections dialed with a context that has a writeProgress.
func trackDials(
	dial func(ctx context.Context, network, address string) (net.Conn, error),
) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}

		if p, ok := ctx.Value(writeProgressKey{}).(*writeProgress); ok {
			return trackedConn{Conn: conn, progress: p}, nil
		}

		return conn, nil
	}
}
