// Package dataplane makes the one call that the server sends to a database itself: PING over Upstash's REST protocol.
// The Developer API names the host, so the call goes only to hosts of Upstash at public addresses, unless the operator
// has configured where databases are.
package dataplane

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/secret"
)

// Limits of a ping.
const (
	PingTimeout    = 5 * time.Second
	maxBodyBytes   = 4 << 10
	maxHeaderBytes = 16 << 10
)

// ErrNoToken means that there is no token to send, or one that cannot be sent in a header.
var ErrNoToken = errors.New("dataplane: no usable token")

// Options configure a Client.
type Options struct {
	// RestURL is the template of REST URLs: the operator's setting, or that of a sandbox. {endpoint} is replaced by the
	// host that the Developer API reports. Required.
	RestURL string
	Proxies *egress.Proxies // default: none
	CAFile  string          // the authority of a sandbox's databases; default: the system's authorities
	// Resolver and RootCAs replace the system's in tests.
	Resolver *net.Resolver
	RootCAs  *x509.CertPool
	// Guard limits direct connections to a host that the Developer API reports; its zero value allows public addresses
	// only, as a server needs it.
	Guard egress.Guard
}

// Client is safe for concurrent use. It keeps no connection: each ping proves that the name resolves, that the address
// accepts connections and that the certificate is valid now.
type Client struct {
	template        string
	proxies         *egress.Proxies
	direct, proxied http.RoundTripper
}

// New rejects an unusable template, and a CAFile that cannot be read.
func New(options Options) (*Client, error) {
	address, err := url.Parse(strings.ReplaceAll(options.RestURL, placeholder, "endpoint.example"))
	if err != nil || address.Host == "" || (address.Scheme != "https" && address.Scheme != "http") {
		return nil, errors.New("dataplane: the template is not an http(s) URL")
	}

	roots := options.RootCAs
	if options.CAFile != "" {
		if roots, err = readAuthority(options.CAFile); err != nil {
			return nil, err
		}
	}

	// Where the Developer API names the host. Otherwise the operator has chosen it.
	dialer := &net.Dialer{Timeout: PingTimeout, Resolver: options.Resolver}
	if strings.Contains(options.RestURL, placeholder) && strings.HasSuffix(address.Hostname(), "endpoint.example") {
		dialer.ControlContext = options.Guard.Control
	}

	// The proxy is the operator's choice, is usually at a private address, and resolves the host itself.
	toProxy := &net.Dialer{Timeout: PingTimeout, Resolver: options.Resolver}

	return &Client{
		template: options.RestURL, proxies: options.Proxies,
		direct:  newTransport(dialer, roots),
		proxied: options.Proxies.Transport(newTransport(toProxy, roots)),
	}, nil
}

func readAuthority(file string) (*x509.CertPool, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the databases' authority: %w", err)
	}

	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(content) {
		return nil, fmt.Errorf("%s contains no certificate", file)
	}

	return roots, nil
}

// newTransport makes a transport. It is used without an http.Client, which would follow redirects.
func newTransport(dialer *net.Dialer, roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		DialContext:            dialWithDeadline(dialer),
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DisableKeepAlives:      true,
		DisableCompression:     true, // a small gzip body may expand to a very large one
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// dialWithDeadline ends a connection soon after PingTimeout: net/http continues a dial and its handshakes after the
// request's context has ended, so a silent peer would keep the connection open. The request ends first and names the
// reason.
func dialWithDeadline(dialer *net.Dialer) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}

		if err := conn.SetDeadline(time.Now().Add(PingTimeout + time.Second)); err != nil {
			_ = conn.Close()
			return nil, err
		}

		return conn, nil
	}
}

// Ping sends PING to the database at an endpoint, as the Developer API reports it. It returns the time from the moment
// at which the connection is ready until the first byte of the answer: one round trip and the database's work, without
// DNS, TCP and TLS. Errors: *Error, ErrNoToken, and that of ctx.
func (c *Client) Ping(ctx context.Context, endpoint string, token secret.Text) (time.Duration, error) {
	if token.IsZero() || !httpguts.ValidHeaderFieldValue(token.Reveal()) {
		return 0, ErrNoToken
	}

	address, allowed := c.address(endpoint)
	if !allowed {
		return 0, failed(AddressNotAllowed)
	}

	pinging, cancel := context.WithTimeout(ctx, PingTimeout)
	defer cancel()

	progress := &progress{}

	request, err := http.NewRequestWithContext(progress.watch(pinging), http.MethodGet, address+"/ping", nil)
	if err != nil {
		return 0, failed(AddressNotAllowed)
	}
	request.Header.Set("Authorization", "Bearer "+token.Reveal())
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "upstash-connect")

	response, err := c.transport(request).RoundTrip(request)
	if err != nil {
		return 0, progress.failure(ctx, pinging, err)
	}
	defer func() { _ = response.Body.Close() }()

	if err := judge(response); err != nil {
		return 0, progress.failure(ctx, pinging, err)
	}

	return progress.took(), nil
}

// transport returns the one for direct connections, unless a proxy applies to the request.
func (c *Client) transport(request *http.Request) http.RoundTripper {
	if proxy, err := c.proxies.Proxy(request); err == nil && proxy == nil {
		return c.direct
	}

	return c.proxied
}

// progress records how far a request got. It is atomic, because another goroutine may open the connection.
type progress struct {
	handshake       atomic.Bool // begun, and not succeeded yet
	ready, answered atomic.Int64
}

func (p *progress) watch(ctx context.Context) context.Context {
	start := time.Now()
	since := func() int64 { return int64(time.Since(start)) }

	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		TLSHandshakeStart: func() { p.handshake.Store(true) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err == nil {
				p.handshake.Store(false)
			}
		},
		GotConn:              func(httptrace.GotConnInfo) { p.ready.Store(since()) },
		GotFirstResponseByte: func() { p.answered.Store(since()) },
	})
}

func (p *progress) took() time.Duration {
	return time.Duration(max(0, p.answered.Load()-p.ready.Load()))
}

// failure is the error of a ping: that of ctx if the caller left, else *Error. pinging is the context of the request.
func (p *progress) failure(ctx, pinging context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}

	// When its context ends, the transport returns one of several errors, or the server's reaction as the answer.
	expired := pinging.Err() != nil
	if judged, ok := errors.AsType[*Error](err); ok && !expired {
		return judged
	}

	return failed(reasonOf(err, expired, p.handshake.Load()))
}
