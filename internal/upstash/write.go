package upstash

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/upstash-connect/bff/internal/egress"
)

// writeTransport sends each request once, over a new connection: a pooled connection may have been closed by the other
// side, and then it would be unknown whether the write arrived. It does not use Transport.RoundTrip, which retries
// requests by its own rules, and whose errors do not tell whether anything was sent. See
// docs/decisions/0019-upstream-transport.md.
type writeTransport struct {
	connections *http.Transport
	proxies     *egress.Proxies
}

func newWriteTransport(proxies *egress.Proxies) *writeTransport {
	connections := newTransport(false)
	connections.DialContext = trackDials(connections.DialContext)
	proxies.Configure(connections)

	if connections.Proxy != nil {
		connections.Proxy = forTarget(connections.Proxy)
	}

	return &writeTransport{connections: connections, proxies: proxies}
}

// forTarget selects the proxy by the URL of the write. NewClientConn asks with a URL without the port, which NO_PROXY
// may name.
func forTarget(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(asked *http.Request) (*url.URL, error) {
		if p, ok := asked.Context().Value(writeProgressKey{}).(*writeProgress); ok {
			return proxy(&http.Request{Method: http.MethodPost, URL: p.target})
		}

		return proxy(asked)
	}
}

// unsentError means that upstream certainly has not carried out the write, and will not.
type unsentError struct{ cause error }

func (e *unsentError) Error() string { return "not sent: " + e.cause.Error() }

func (e *unsentError) Unwrap() error { return e.cause }

// RoundTrip returns an *unsentError when upstream certainly did not and will not carry out the request. After any
// other error it may have.
func (t *writeTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	progress := &writeProgress{target: request.URL}
	ctx, blame := t.proxies.Watch(progress.traceContext(request.Context()), request)
	address := net.JoinHostPort(request.URL.Hostname(), request.URL.Port()) // no port: the scheme's

	connection, err := t.connections.NewClientConn(ctx, request.URL.Scheme, address)
	if err != nil {
		_ = request.Body.Close()
		return nil, &unsentError{blame(err)}
	}
	progress.connected()

	response, err := connection.RoundTrip(request.WithContext(ctx))
	if err != nil {
		untouched, answered := progress.abort() // before the connection closes, so that nothing leaves meanwhile
		_ = connection.Close()

		if untouched || (!answered && unprocessedByPeer(err)) {
			return nil, &unsentError{err}
		}

		return nil, err
	}
	response.Body = &singleAnswerBody{ReadCloser: response.Body, connection: connection}

	return response, nil
}

// singleAnswerBody is the body of a connection's only response; closing it closes the connection.
type singleAnswerBody struct {
	io.ReadCloser
	connection *http.ClientConn
}

func (a *singleAnswerBody) Close() error {
	return errors.Join(a.ReadCloser.Close(), a.connection.Close())
}

// streamError has the same fields as net/http's HTTP/2 stream error, which errors.As copies into it.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e streamError) Error() string { return "the stream was reset" }

// refusedStream: "the stream is being closed prior to any processing having occurred" (RFC 9113 section 8.7).
const refusedStream = 0x7

// unprocessedByPeer reports whether the error means that upstream rejected the request before processing it.
func unprocessedByPeer(err error) bool {
	var reset streamError
	if errors.As(err, &reset) {
		return reset.Code == refusedStream
	}

	// net/http has no error type for a GOAWAY whose last stream precedes ours, but uses this text only for it. Streams
	// after the last one "were not and will not be processed" (RFC 9113 section 6.8). If the text changes, such a
	// write becomes uncertain, and a test fails.
	words := err.Error()

	return words == "http2: Transport received Server's graceful shutdown GOAWAY" ||
		strings.HasPrefix(words, "http2: Transport received GOAWAY from server ErrCode:")
}
