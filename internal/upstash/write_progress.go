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

var errWriteAborted = errors.New("the write was given up")

// passage knows how far one write has come: whether any byte of the request may have left for upstream. It watches the
// bottom of the write's own connection, below TLS, so that nothing can leave around it.
//
// Dialling, TLS and the opening frames of HTTP/2 are no part of the request. Over HTTP/1.1 everything is, from the
// unixTime the connection is there. Over HTTP/2 acknowledgements may still go out beside it, so there it begins with the
// first field of the header, which net/http reports before it writes any of it.
type writeProgress struct {
	target *url.URL

	mu       sync.Mutex
	http2    bool // what the last handshake of TLS agreed on: a proxy's comes before upstream's
	begun    bool // from here on, what is written counts as the request
	writing  bool // a byte of it may be leaving right now
	left     bool // a byte of it has left
	aborted  bool // nothing leaves any more
	answered bool // a byte of an answer has come
}

type writeProgressKey struct{}

// traceContext returns a context whose connection and request the passage watches.
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

// connected says that the connection is there.
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

// abort lets nothing leave from here on. It reports whether certainly nothing of the request has left, and whether a
// byte of an answer came.
func (p *writeProgress) abort() (untouched, answered bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.aborted = true

	return !p.left && !p.writing, p.answered
}

// beforeWrite lets a write through; counts says whether it may hold bytes of the request.
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

// trackedConn is the bottom of a write's connection. Whoever is above it writes one piece at a time.
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

// trackDials puts the passage that the context names at the bottom of the connections that are dialled with it.
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
