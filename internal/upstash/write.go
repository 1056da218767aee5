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

// writeTransport sends each request one time, over a connection of its own: one kept from before may have been closed
// by the other side, and then it would be unknown whether the write arrived, for no good reason. It is not
// Transport.RoundTrip that sends, for that repeats requests by rules of its own, and an error of it does not tell
// whether anything has left. See docs/decisions/0019-upstream-transport.md.
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

// forTarget lets the choice of a proxy see the URL of the write. NewClientConn asks about one without the port, which
// NO_PROXY may name.
func forTarget(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(asked *http.Request) (*url.URL, error) {
		if p, ok := asked.Context().Value(writeProgressKey{}).(*writeProgress); ok {
			return proxy(&http.Request{Method: http.MethodPost, URL: p.target})
		}

		return proxy(asked)
	}
}

// unsentError means that upstream has certainly not carried out the write, nor will it.
type unsentError struct{ cause error }

func (e *unsentError) Error() string { return "not sent: " + e.cause.Error() }

func (e *unsentError) Unwrap() error { return e.cause }

// RoundTrip returns an *unsentError when it is certain that upstream did not and will not carry the request out. After
// any other error it may have.
func (t *writeTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	progress := &writeProgress{target: request.URL}
	ctx, blame := t.proxies.Watch(progress.traceContext(request.Context()), request)
	address := net.JoinHostPort(request.URL.Hostname(), request.URL.Port()) // without a port, the scheme's is taken

	connection, err := t.connections.NewClientConn(ctx, request.URL.Scheme, address)
	if err != nil {
		_ = request.Body.Close()
		return nil, &unsentError{blame(err)}
	}
	progress.connected()

	response, err := connection.RoundTrip(request.WithContext(ctx))
	if err != nil {
		untouched, answered := progress.abort() // before the connection closes: nothing may leave while we decide
		_ = connection.Close()

		if untouched || (!answered && unprocessedByPeer(err)) {
			return nil, &unsentError{err}
		}

		return nil, err
	}
	response.Body = &singleAnswerBody{ReadCloser: response.Body, connection: connection}

	return response, nil
}

// singleAnswerBody is the body of the one answer of a connection, which ends with it.
type singleAnswerBody struct {
	io.ReadCloser
	connection *http.ClientConn
}

func (a *singleAnswerBody) Close() error {
	return errors.Join(a.ReadCloser.Close(), a.connection.Close())
}

// streamError has the form of net/http's error of an HTTP/2 stream, which errors.As copies into it.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e streamError) Error() string { return "the stream was reset" }

// refusedStream: "the stream is being closed prior to any processing having occurred" (RFC 9113 section 8.7).
const refusedStream = 0x7

// unprocessedByPeer reports whether the error means that upstream refused the request before it did anything with it.
func unprocessedByPeer(err error) bool {
	var reset streamError
	if errors.As(err, &reset) {
		return reset.Code == refusedStream
	}

	// net/http has no error type for a GOAWAY whose last stream comes before ours, and these words for nothing else.
	// Streams behind the last one "were not and will not be processed" (RFC 9113 section 6.8). Should the words change,
	// such a write is uncertain again, and a test fails.
	words := err.Error()

	return words == "http2: Transport received Server's graceful shutdown GOAWAY" ||
		strings.HasPrefix(words, "http2: Transport received GOAWAY from server ErrCode:")
}
