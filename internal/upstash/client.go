// Package upstash is the client of Upstash's Developer API. Creating a key, and listing, reading and creating databases
// have typed calls, which decode responses in one pass. Send makes the catalogue's other calls, and Raw makes those of
// `bff api`. The package never follows redirects, and limits the size of bodies. Callers decide by the type of an
// error.
package upstash

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/secret"
)

// Timeouts of one call, in addition to the caller's deadline.
const (
	ReadTimeout   = 10 * time.Second
	CreateTimeout = 30 * time.Second
	MintTimeout   = 15 * time.Second

	dialTimeout      = 5 * time.Second // fail early enough to report that nothing was sent
	handshakeTimeout = 5 * time.Second
)

// Limits of a response in bytes.
const (
	maxListBytes   = 8 << 20 // thousands of databases; Upstash's plans allow hundreds
	maxObjectBytes = 1 << 20
	maxErrorBytes  = 16 << 10 // limit of an error body
	maxHeaderBytes = 64 << 10
)

// Credential is the user and password for HTTP Basic authentication at the Developer API.
type Credential struct {
	Email   string
	Key     secret.Text
	Account string // opaque, never sent: calls of one account share a queue and back-off; empty: the e-mail
}

// Options configure a Client.
type Options struct {
	BaseURL    string            // required: https://api.upstash.com
	Transport  http.RoundTripper // for reads and writes, in tests; default: a separate one for each
	Proxies    *egress.Proxies   // proxies of the default transports; default: none
	Concurrent int               // calls in progress at the same time; default 64
	Share      int               // the same for one account; default 8
	Logger     *slog.Logger      // default: silence
	Begin      Begin             // called for every attempt; optional
}

// Client is safe for concurrent use.
type Client struct {
	base       *url.URL
	reads      http.RoundTripper
	writes     http.RoundTripper
	queue      *fairQueue
	resilience *resilience
	begin      Begin
	rawWait    time.Duration
}

// New rejects an invalid base URL.
func New(options Options) (*Client, error) {
	base, err := url.Parse(options.BaseURL)
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return nil, fmt.Errorf("upstash: %q is not an http(s) URL", options.BaseURL)
	}

	if strings.ContainsFunc(base.Host, func(r rune) bool { return r >= utf8.RuneSelf }) {
		// NewClientConn does not convert it.
		return nil, fmt.Errorf("upstash: write the host of %q in ASCII, as xn--…", options.BaseURL)
	}

	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}

	if options.Concurrent == 0 {
		options.Concurrent = DefaultConcurrent
	}

	if options.Share == 0 {
		options.Share = DefaultShare
	}

	if options.Begin == nil {
		options.Begin = noBegin
	}

	reads, writes := options.Transport, options.Transport
	if options.Transport == nil {
		reads, writes = options.Proxies.Transport(newTransport(true)), newWriteTransport(options.Proxies)
	}

	return &Client{
		base:    base,
		reads:   reads,
		writes:  writes,
		queue:   newFairQueue(options.Concurrent, options.Share, maxQueueWait),
		begin:   options.Begin,
		rawWait: RawTimeout,
		resilience: newResilience(func(from, to string) {
			options.Logger.Warn("circuit breaker of the Developer API changed", "from", from, "to", to)
		}),
	}, nil
}

// newTransport makes a transport. It is used without an http.Client, which would follow redirects.
func newTransport(keepAlive bool) *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	transport.TLSHandshakeTimeout = handshakeTimeout
	transport.DisableCompression = true // a small gzip body may expand to a very large one
	transport.MaxResponseHeaderBytes = maxHeaderBytes
	transport.MaxIdleConnsPerHost = DefaultConcurrent
	transport.DisableKeepAlives = !keepAlive

	return transport
}

// BreakerState is closed (calls are made), open (calls are rejected) or half-open (one trial call is made).
func (c *Client) BreakerState() string { return c.resilience.breaker.State().String() }

// BreakerStates lists the values of BreakerState.
func BreakerStates() []string {
	return []string{
		circuitbreaker.ClosedState.String(),
		circuitbreaker.OpenState.String(),
		circuitbreaker.HalfOpenState.String(),
	}
}

// call is one request to the Developer API.
type call struct {
	operation     Operation
	method, path  string
	query         string // encoded
	body          any    // encoded as JSON when not nil
	authorization secret.Text
	account       [sha256.Size]byte // selects queue and back-off; a hash, so that no account data is stored here
	timeout       time.Duration
	limit         int64  // of the response, in bytes
	one           bool   // about one resource: 404 means that it does not exist
	redundant     string // part of the rejection of a change that is already in effect; empty: none
}

// basic is HTTP Basic authentication (RFC 7617).
func basic(credential Credential) secret.Text {
	pair := credential.Email + ":" + credential.Key.Reveal()
	return secret.New("Basic " + base64.StdEncoding.EncodeToString([]byte(pair)))
}

// do makes a call and reads its response. Its errors are those of this package; none quotes Upstash's text. The wait
// in the queue does not count towards the call's timeout.
func (c *Client) do(ctx context.Context, call call, read decodeFunc) error {
	slot, err := c.queue.acquire(ctx, call.account)
	if err != nil {
		_, end := c.begin(ctx, call.operation)
		end(outcomeOf(err))
		return err
	}
	defer slot.done()

	if call.method == http.MethodGet {
		return c.resilience.read(ctx, call.timeout, func(ctx context.Context) error {
			return c.attempt(ctx, &call, read)
		})
	}

	ctx, cancel := context.WithTimeout(ctx, call.timeout)
	defer cancel()

	return c.attempt(ctx, &call, read)
}

// attempt makes one attempt, unless the breaker or a pause holds it back, and reports the outcome.
func (c *Client) attempt(ctx context.Context, call *call, read decodeFunc) (err error) {
	ctx, end := c.begin(ctx, call.operation)
	defer func() { end(outcomeOf(err)) }()

	if err := c.resilience.admit(call.account); err != nil {
		return err
	}
	err = c.sendOnce(ctx, call, read)
	c.resilience.observe(call.account, err)

	return err
}

// sendOnce sends the request one time.
func (c *Client) sendOnce(ctx context.Context, call *call, read decodeFunc) error {
	response, err := c.send(ctx, call)
	if err != nil {
		return err
	}

	defer func() { _ = response.Body.Close() }()

	if !succeeded(response.StatusCode) {
		return statusError(call, response)
	}

	if encoding := response.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return answerError(call.method, errors.New("its content is encoded"))
	}

	return readAnswer(call.method, response.Body, call.limit, read)
}

// succeeded: Upstash documents 200 for everything; its own Terraform provider also accepts 201 and 202.
func succeeded(status int) bool {
	return status == http.StatusOK || status == http.StatusCreated || status == http.StatusAccepted
}
