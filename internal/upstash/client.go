// Package upstash is a typed client of the part of the Upstash Developer API this product uses: make a key, list, read
// and create databases. Requests are built from our own values only, answers are decoded into our own types, redirects
// are never followed, and bodies are bounded. What a caller needs to know of a failure is in its error's type.
package upstash

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/upstash-connect/bff/internal/secret"
)

// Deadlines of one call, the caller's own deadline aside.
const (
	ReadTimeout   = 10 * time.Second
	CreateTimeout = 30 * time.Second
	MintTimeout   = 15 * time.Second
)

// Bounds of an answer in bytes.
const (
	maxListBytes   = 32 << 20
	maxObjectBytes = 1 << 20
	maxHeaderBytes = 64 << 10
)

// Credential is what HTTP Basic authentication at the Developer API takes.
type Credential struct {
	Email string
	Key   secret.Text
}

// Options configure a Client.
type Options struct {
	BaseURL   string            // required: https://api.upstash.com
	Transport http.RoundTripper // for reads and writes; default: a transport of its own for each
	Logger    *slog.Logger      // default: silence
}

// Client is safe for concurrent use.
type Client struct {
	base       *url.URL
	reads      *http.Client
	writes     *http.Client
	resilience *resilience
}

var errRedirect = errors.New("redirect refused")

// New refuses a base URL that is not one.
func New(options Options) (*Client, error) {
	base, err := url.Parse(options.BaseURL)
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return nil, fmt.Errorf("upstash: %q is not an http(s) URL", options.BaseURL)
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	reads, writes := options.Transport, options.Transport
	if options.Transport == nil {
		reads, writes = newTransport(true), newTransport(false)
	}
	return &Client{
		base: base, reads: newHTTPClient(reads), writes: newHTTPClient(writes),
		resilience: newResilience(func(from, to string) {
			options.Logger.Warn("circuit breaker of the Developer API changed", "from", from, "to", to)
		}),
	}, nil
}

// newTransport makes a transport. Writes get a connection each: one kept from before may have been closed by the other
// side, and then it would be unknown whether the write arrived, for no good reason.
func newTransport(keepAlive bool) *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true // a small gzip body may be a very large one
	transport.MaxResponseHeaderBytes = maxHeaderBytes
	transport.MaxIdleConnsPerHost = 32
	transport.DisableKeepAlives = !keepAlive
	return transport
}

func newHTTPClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirect },
	}
}

// BreakerState is closed (calls are made), open (they are not) or half-open (one is, to see).
func (c *Client) BreakerState() string { return c.resilience.breaker.State().String() }

// call is one request to the Developer API.
type call struct {
	method, path string
	query        url.Values
	body         any // encoded as JSON when not nil
	authorize    func(*http.Request)
	account      [sha256.Size]byte // whose back-off counts; a hash, so that nothing of the account is kept here
	timeout      time.Duration
	limit        int64 // of the answer, bytes
}

func basic(credential Credential) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(credential.Email, credential.Key.Reveal()) }
}

// do makes a call and decodes a 200 into answer. Its errors are those of this package; none quotes the vendor's words.
func (c *Client) do(ctx context.Context, call call, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, call.timeout)
	defer cancel()
	attempt := func(ctx context.Context) error {
		if err := c.resilience.admit(call.account); err != nil {
			return err
		}
		err := c.once(ctx, call, answer)
		c.resilience.observe(call.account, err)
		return err
	}
	if call.method != http.MethodGet {
		return attempt(ctx)
	}
	err := c.resilience.read(ctx, attempt)
	if errors.Is(err, context.DeadlineExceeded) {
		return ErrTimeout // between two attempts
	}
	return err
}

// once sends the request one time.
func (c *Client) once(ctx context.Context, call call, answer any) error {
	request, written, err := c.request(ctx, call)
	if err != nil {
		return err
	}
	client := c.reads
	if call.method != http.MethodGet {
		client = c.writes
		// Without GetBody the transport cannot send the body a second time by itself, whatever headers the request has.
		request.GetBody = nil
	}
	response, err := client.Do(request)
	if err != nil {
		return transportFault(err, call.method, written.Load())
	}
	defer func() { _ = response.Body.Close() }()
	if encoding := response.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return answerFault(call.method, fmt.Errorf("answer is encoded as %q", encoding))
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, call.limit+1))
	if response.StatusCode != http.StatusOK {
		return statusFault(call.method, response, body)
	}
	switch {
	case err != nil:
		return transportFault(err, call.method, true)
	case int64(len(body)) > call.limit:
		return answerFault(call.method, fmt.Errorf("answer is longer than %d bytes", call.limit))
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return answerFault(call.method, errors.New("answer does not decode")) // the decoder's words may quote it
	}
	return nil
}

// request builds the HTTP request; the flag it returns turns true once any byte of it may have left.
func (c *Client) request(ctx context.Context, call call) (*http.Request, *atomic.Bool, error) {
	var body io.Reader
	if call.body != nil {
		encoded, err := json.Marshal(call.body)
		if err != nil {
			return nil, nil, fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(encoded)
	}
	target := *c.base
	target.Path = strings.TrimSuffix(target.Path, "/") + call.path
	target.RawQuery = call.query.Encode()
	written := new(atomic.Bool)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { written.Store(true) },
	})
	request, err := http.NewRequestWithContext(ctx, call.method, target.String(), body)
	if err != nil {
		return nil, nil, fmt.Errorf("build request: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "upstash-connect")
	if call.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	call.authorize(request)
	return request, written, nil
}
