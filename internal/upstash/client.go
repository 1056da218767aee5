// Package upstash is a typed client of the part of the Upstash Developer API this product uses: make a key, list, read
// and create databases. Requests are built from our own values only, answers are read into our own types in one pass,
// redirects are never followed, and bodies are bounded. What a caller needs to know of a failure is in its error's
// type.
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

// Deadlines of one call, the caller's own deadline aside.
const (
	ReadTimeout   = 10 * time.Second
	CreateTimeout = 30 * time.Second
	MintTimeout   = 15 * time.Second

	dialTimeout      = 5 * time.Second // a call that was not even begun should fail while there is time to say so
	handshakeTimeout = 5 * time.Second
)

// Bounds of an answer in bytes.
const (
	maxListBytes   = 8 << 20 // some thousand databases; the vendor's plans end at hundreds
	maxObjectBytes = 1 << 20
	maxErrorBytes  = 16 << 10 // of a body that only explains a refusal
	maxHeaderBytes = 64 << 10
)

// Credential is what HTTP Basic authentication at the Developer API takes.
type Credential struct {
	Email   string
	Key     secret.Text
	Account string // opaque and never sent: calls of one account wait together; empty: the e-mail tells accounts apart
}

// Options configure a Client.
type Options struct {
	BaseURL    string            // required: https://api.upstash.com
	Transport  http.RoundTripper // for reads and writes, in tests; default: one of its own for each
	Proxies    *egress.Proxies   // of those transports; default: none
	Concurrent int               // calls under way at once; default 64
	Share      int               // of them, those of one account; default 8
	Logger     *slog.Logger      // default: silence
	Begin      Begin             // hears of every attempt; default: nobody
}

// Client is safe for concurrent use.
type Client struct {
	base       *url.URL
	reads      http.RoundTripper
	writes     http.RoundTripper
	queue      *fairQueue
	resilience *resilience
	begin      Begin
}

// New refuses a base URL that is not one.
func New(options Options) (*Client, error) {
	base, err := url.Parse(options.BaseURL)
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return nil, fmt.Errorf("upstash: %q is not an http(s) URL", options.BaseURL)
	}

	if strings.ContainsFunc(base.Host, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return nil, fmt.Errorf("upstash: write the host of %q in ASCII, as xn--…", options.BaseURL) // NewClientConn does not
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
		base:   base,
		reads:  reads,
		writes: writes,
		queue:  newFairQueue(options.Concurrent, options.Share, maxQueueWait),
		begin:  options.Begin,
		resilience: newResilience(func(from, to string) {
			options.Logger.Warn("circuit breaker of the Developer API changed", "from", from, "to", to)
		}),
	}, nil
}

// newTransport makes a transport. It is used without an http.Client: that would follow redirects.
func newTransport(keepAlive bool) *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	transport.TLSHandshakeTimeout = handshakeTimeout
	transport.DisableCompression = true // a small gzip body may be a very large one
	transport.MaxResponseHeaderBytes = maxHeaderBytes
	transport.MaxIdleConnsPerHost = DefaultConcurrent
	transport.DisableKeepAlives = !keepAlive

	return transport
}

// BreakerState is closed (calls are made), open (they are not) or half-open (one is, to see).
func (c *Client) BreakerState() string { return c.resilience.breaker.State().String() }

// BreakerStates lists what BreakerState may be.
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
	account       [sha256.Size]byte // whose back-off counts; a hash, so that nothing of the account is kept here
	timeout       time.Duration
	limit         int64 // of the answer, bytes
	one           bool  // about one database: 404 means that it is not there
}

// basic is HTTP Basic authentication (RFC 7617).
func basic(credential Credential) secret.Text {
	pair := credential.Email + ":" + credential.Key.Reveal()
	return secret.New("Basic " + base64.StdEncoding.EncodeToString([]byte(pair)))
}

// do makes a call and reads its answer. Its errors are those of this package; none quotes the vendor's words. The wait
// for a turn comes before the call's own time begins.
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

// attempt makes the call one time, unless it is held back, and tells everybody who wants to know how it ended.
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

// succeeded: the vendor documents 200 for everything; its own Terraform provider also takes 201 and 202.
func succeeded(status int) bool {
	return status == http.StatusOK || status == http.StatusCreated || status == http.StatusAccepted
}
