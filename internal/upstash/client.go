// Package upstash is a typed client of the part of the Upstash Developer API this product uses: make a key, list, read
// and create databases. Requests are built from our own values only, answers are decoded into our own types, redirects
// are never followed, and bodies are bounded. What a caller needs to know of a failure is in its error's type.
package upstash

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	Transport http.RoundTripper // default: a transport of its own
}

// Client is safe for concurrent use.
type Client struct {
	base *url.URL
	http *http.Client
}

var errRedirect = errors.New("redirect refused")

// New refuses a base URL that is not one.
func New(options Options) (*Client, error) {
	base, err := url.Parse(options.BaseURL)
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return nil, fmt.Errorf("upstash: %q is not an http(s) URL", options.BaseURL)
	}
	transport := options.Transport
	if transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.DisableCompression = true // a small gzip body may be a very large one
		own.MaxResponseHeaderBytes = maxHeaderBytes
		own.MaxIdleConnsPerHost = 32
		transport = own
	}
	return &Client{base: base, http: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirect },
	}}, nil
}

// call is one request to the Developer API.
type call struct {
	method, path string
	query        url.Values
	body         any // encoded as JSON when not nil
	authorize    func(*http.Request)
	timeout      time.Duration
	limit        int64 // of the answer, bytes
}

func basic(credential Credential) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(credential.Email, credential.Key.Reveal()) }
}

// do sends a call and decodes a 200 into answer. Its errors are those of this package; none quotes the vendor's words.
func (c *Client) do(ctx context.Context, call call, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, call.timeout)
	defer cancel()
	request, written, err := c.request(ctx, call)
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
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
