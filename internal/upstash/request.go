package upstash

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Headers of every request. The slices are shared and full, so that an append copies them.
var (
	acceptJSON = []string{"application/json"}
	userAgent  = []string{"upstash-connect"}
)

// send sends the request over the transport for its method. It returns when the response header has arrived.
func (c *Client) send(ctx context.Context, call *call) (*http.Response, error) {
	if call.method != http.MethodGet {
		return c.write(ctx, call)
	}

	// New checked the base URL, and the paths and queries are ours: nothing needs parsing.
	request := &http.Request{
		Method: call.method, URL: c.target(call), Host: c.base.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: headerOf(call),
	}

	response, err := c.reads.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return nil, transportError(err, call.method, false)
	}

	return response, nil
}

// write sends a request that changes something.
func (c *Client) write(ctx context.Context, call *call) (*http.Response, error) {
	body := io.Reader(http.NoBody)

	if call.body != nil {
		encoded, err := json.Marshal(call.body)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(encoded)
	}

	request, err := http.NewRequestWithContext(ctx, call.method, c.target(call).String(), body)
	if err != nil {
		return nil, fmt.Errorf("build request: %w", err)
	}
	request.Header = headerOf(call)

	if call.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	// Without GetBody, no transport can send the body a second time automatically, whatever headers the request has.
	request.GetBody = nil

	response, err := c.writes.RoundTrip(request)
	if err != nil {
		var unsent *unsentError // only writeTransport knows for certain

		return nil, transportError(err, call.method, !errors.As(err, &unsent))
	}

	return response, nil
}

func (c *Client) target(call *call) *url.URL {
	target := *c.base
	target.Path = strings.TrimSuffix(target.Path, "/") + call.path
	target.RawQuery = call.query

	return &target
}

func headerOf(call *call) http.Header {
	return http.Header{"Accept": acceptJSON, "User-Agent": userAgent, "Authorization": {call.authorization.Reveal()}}
}
