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

// ProxyError means that the proxy failed before the call reached the target.
type ProxyError struct {
	Proxy string // scheme, host and port, without user information
	cause string // predicate of a sentence whose subject is the proxy; contains no text from the proxy
	err   error
}

// Error names the proxy and the failure.
func (e *ProxyError) Error() string { return "the proxy " + e.Proxy + " " + e.cause }

func (e *ProxyError) Unwrap() error { return e.err }

// Transport returns a RoundTripper that sends through the proxies and returns a *ProxyError if a proxy fails. Without
// proxies it returns the transport itself. It modifies the transport.
func (p *Proxies) Transport(transport *http.Transport) http.RoundTripper {
	p.Configure(transport)

	if !p.Any() {
		return transport
	}

	return &roundTripper{proxies: p, transport: transport}
}

// Configure makes the transport send through the proxies. Callers that do not use its RoundTrip must call Watch for
// each request.
func (p *Proxies) Configure(transport *http.Transport) {
	transport.Proxy = nil

	if p.Any() {
		transport.Proxy = p.Proxy
		transport.OnProxyConnectResponse = checkConnect
	}
}

// checkConnect checks the proxy's response to CONNECT.
func checkConnect(ctx context.Context, proxy *url.URL, _ *http.Request, response *http.Response) error {
	if response.StatusCode != http.StatusOK {
		return &ProxyError{Proxy: shown(proxy), cause: connectFailure(proxy, response)}
	}

	if progress, ok := ctx.Value(progressKey{}).(*progress); ok {
		progress.passedProxy.Store(true)
	}

	return nil
}

type roundTripper struct {
	proxies   *Proxies
	transport *http.Transport
}

// progress records how far a request got. It is atomic, because another goroutine may open the connection.
type progress struct{ passedProxy atomic.Bool } // later errors are errors of the target

type progressKey struct{}

// RoundTrip returns a *ProxyError for an error before the request reaches the target.
func (r *roundTripper) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, attribute := r.proxies.Watch(request.Context(), request)

	response, err := r.transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return response, attribute(err)
	}

	return response, nil
}

// Watch returns the context in which to send a request, and a function for its error: the function returns a
// *ProxyError if the request did not reach the target, and other errors unchanged.
func (p *Proxies) Watch(ctx context.Context, request *http.Request) (context.Context, func(error) error) {
	proxy, err := p.Proxy(request)
	if err != nil || proxy == nil {
		return ctx, func(err error) error { return err }
	}

	reached := &progress{}
	ctx = httptrace.WithClientTrace(context.WithValue(ctx, progressKey{}, reached), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { reached.passedProxy.Store(true) },
		TLSHandshakeStart: func() {
			if proxy.Scheme != "https" { // with an https proxy, the first handshake is with the proxy
				reached.passedProxy.Store(true)
			}
		},
	})

	return ctx, func(err error) error {
		if reached.passedProxy.Load() || errors.Is(err, context.Canceled) {
			return err
		}

		if known, ok := errors.AsType[*ProxyError](err); ok {
			return known
		}

		return &ProxyError{Proxy: shown(proxy), cause: causeOf(err), err: err}
	}
}

// CloseIdleConnections implements the method that http.Client calls.
func (r *roundTripper) CloseIdleConnections() { r.transport.CloseIdleConnections() }

// connectFailure describes a failed response to CONNECT (RFC 9110 section 9.3.6). It uses only the status, and whether
// the proxy offers Basic authentication.
func connectFailure(proxy *url.URL, response *http.Response) string {
	status := " (" + strconv.Itoa(response.StatusCode) + ")"

	if response.StatusCode != http.StatusProxyAuthRequired {
		return "refused the connection" + status
	}

	schemes := strings.ToLower(strings.Join(response.Header.Values("Proxy-Authenticate"), ","))
	switch {
	case schemes != "" && !strings.Contains(schemes, "basic"):
		return "requires an authentication scheme other than Basic, which is not supported" + status
	case proxy.User == nil:
		return "requires a user name and a password" + status
	default:
		return "rejected the user name or the password" + status
	}
}

// causeOf describes why a proxy failed. It does not use the error's text, which may quote the proxy's response.
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
		return "cannot be used: its certificate is invalid"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "did not respond in time"
	case operation(err, "dial") != nil:
		return "cannot be reached: no connection"
	case operation(err, "socks connect") != nil:
		return fmt.Sprintf("refused the connection (%v)", operation(err, "socks connect").Err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		operation(err, "read") != nil, operation(err, "write") != nil:
		return "closed the connection"
	}

	return "does not respond like a proxy"
}

// operation finds the error of a network operation in a chain of errors.
func operation(err error, step string) *net.OpError {
	for {
		var found *net.OpError
		if !errors.As(err, &found) {
			return nil
		}

		if found.Op == step {
			return found
		}
		err = found.Err
	}
}
