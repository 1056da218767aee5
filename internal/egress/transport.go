package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
)

// ProxyError means that a call did not get past the proxy: nothing of it reached the far end.
type ProxyError struct {
	Proxy string // scheme, host and port: no user info
	cause string // in our words, as the end of a sentence that the proxy begins
	err   error
}

// Error names the proxy and what it did.
func (e *ProxyError) Error() string { return "the proxy " + e.Proxy + " " + e.cause }

func (e *ProxyError) Unwrap() error { return e.err }

// Transport sends what the transport sends through the proxies. Only errors are read: where no proxy is named it is the
// transport itself. The transport becomes this function's.
func (p *Proxies) Transport(transport *http.Transport) http.RoundTripper {
	p.Lead(transport)

	if !p.Any() {
		return transport
	}

	return &roundTripper{proxies: p, transport: transport}
}

// Lead makes the transport send through the proxies. Whoever does not send by its RoundTrip watches each call: see
// Watch.
func (p *Proxies) Lead(transport *http.Transport) {
	transport.Proxy = nil

	if p.Any() {
		transport.Proxy = p.Proxy
		transport.OnProxyConnectResponse = connected
	}
}

// connected hears how a proxy answered CONNECT.
func connected(ctx context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return &ProxyError{Proxy: shown(proxy), cause: refusal(proxy, answer)}
	}

	if way, ok := ctx.Value(wayKey{}).(*way); ok {
		way.through.Store(true)
	}

	return nil
}

type roundTripper struct {
	proxies   *Proxies
	transport *http.Transport
}

// way is how far a request got. A connection may be made by another goroutine than the request's.
type way struct{ through atomic.Bool } // the proxy: what fails from there on is the far end's

type wayKey struct{}

// RoundTrip blames the proxy for what fails before the far end is reached.
func (r *roundTripper) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, blame := r.proxies.Watch(request.Context(), request)

	response, err := r.transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return response, blame(err)
	}

	return response, nil
}

// Watch returns the context to make a request's connection with, and what tells whose fault an error of that is: it
// returns a *ProxyError where the far end was not reached, and any other error as it is.
func (p *Proxies) Watch(ctx context.Context, request *http.Request) (context.Context, func(error) error) {
	proxy, err := p.Proxy(request)
	if err != nil || proxy == nil {
		return ctx, func(err error) error { return err }
	}

	taken := &way{}
	ctx = httptrace.WithClientTrace(context.WithValue(ctx, wayKey{}, taken), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { taken.through.Store(true) },
		TLSHandshakeStart: func() {
			if proxy.Scheme != "https" { // whose own handshake comes first
				taken.through.Store(true)
			}
		},
	})

	return ctx, func(err error) error {
		if taken.through.Load() || errors.Is(err, context.Canceled) {
			return err
		}

		if known, ok := errors.AsType[*ProxyError](err); ok {
			return known
		}

		return &ProxyError{Proxy: shown(proxy), cause: causeOf(err), err: err}
	}
}

// CloseIdleConnections is for http.Client.
func (r *roundTripper) CloseIdleConnections() { r.transport.CloseIdleConnections() }

// refusal words an answer to CONNECT (RFC 9110 section 9.3.6) that says no. Of what the proxy says, the status is read
// alone, and whether it takes Basic.
func refusal(proxy *url.URL, answer *http.Response) string {
	status := " (" + strconv.Itoa(answer.StatusCode) + ")"

	if answer.StatusCode != http.StatusProxyAuthRequired {
		return "refused to connect us" + status
	}

	asked := strings.ToLower(strings.Join(answer.Header.Values("Proxy-Authenticate"), ","))
	switch {
	case asked != "" && !strings.Contains(asked, "basic"):
		return "asks for a kind of authentication other than Basic, which is the one offered" + status
	case proxy.User == nil:
		return "asks for a user name and a password" + status
	default:
		return "rejected the user name or the password" + status
	}
}

// causeOf says in our words why a proxy was of no use. The error's own may quote what it sent.
func causeOf(err error) string {
	var (
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		timeout     net.Error
	)
	switch {
	case errors.As(err, &name):
		return "cannot be reached: its name does not resolve"
	case errors.As(err, &certificate):
		return "cannot be used: its certificate is not accepted"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "did not answer in time"
	case in(err, "dial") != nil:
		return "cannot be reached: no connection"
	case in(err, "socks connect") != nil: // the words are those of net/http
		return fmt.Sprintf("refused to connect us (%v)", in(err, "socks connect").Err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), in(err, "read") != nil, in(err, "write") != nil:
		return "ended the connection"
	}

	return "does not answer as a proxy does"
}

// in finds the step of a connection that failed, in whatever it is wrapped.
func in(err error, step string) *net.OpError {
	for {
		var operation *net.OpError
		if !errors.As(err, &operation) {
			return nil
		}

		if operation.Op == step {
			return operation
		}
		err = operation.Err
	}
}
