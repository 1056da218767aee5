package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/upstash-connect/bff/internal/egress"
	"github.com/upstash-connect/bff/internal/secret"
)

const (
	attemptTimeout = 5 * time.Second
	maxAnswer      = 64 << 10 // bytes of a response that are read before the connection is closed
	longestWait    = time.Hour
)

// newClient returns the HTTP client of all deliveries. It connects directly, never through a forward proxy: a proxy
// would resolve the host itself, and so escape the guard. It follows no redirect, and keeps no cookie.
func newClient(networks []netip.Prefix, resolver *net.Resolver) *http.Client {
	dialer := &net.Dialer{
		Timeout: attemptTimeout, Resolver: resolver, ControlContext: egress.Guard{Allowed: networks}.Control,
	}

	return &http.Client{
		Timeout: attemptTimeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: attemptTimeout, ForceAttemptHTTP2: true,
			MaxIdleConnsPerHost: parallelAttempts, MaxResponseHeaderBytes: maxAnswer, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// answer is what a receiver responded; a zero status means that there was no response.
type answer struct {
	status     int
	retryAfter time.Duration
	problem    string // why the attempt failed, in our own words; empty: it succeeded
}

// post sends one event. It reports nothing of the response but its status.
func (s *Sender) post(ctx context.Context, address string, secrets []secret.Text, event Event) answer {
	at := s.options.Now()

	signature, err := Sign(secrets, event.ID, at, event.Payload)
	if err != nil || signature == "" {
		return answer{problem: "the endpoint has no usable secret"}
	}

	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(event.Payload))
	if err != nil {
		return answer{problem: "the endpoint's URL is invalid"}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "upstash-connect")
	request.Header.Set(standardwebhooks.HeaderWebhookID, event.ID)
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)

	response, err := s.client.Do(request)
	if err != nil {
		return answer{problem: describe(err)}
	}
	defer func() { _ = response.Body.Close() }()

	_, _ = io.CopyN(io.Discard, response.Body, maxAnswer) // so that the connection can be reused

	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return answer{status: response.StatusCode}
	}
	problem := fmt.Sprintf("HTTP status %d", response.StatusCode)

	if response.StatusCode < http.StatusBadRequest {
		problem += "; redirects are not followed"
	}

	return answer{
		status: response.StatusCode, problem: problem,
		retryAfter: retryAfter(response.Header.Get("Retry-After"), response.StatusCode, at),
	}
}

// retryAfter reads Retry-After (RFC 9110 section 10.2.3) of a response that asks to slow down, at most longestWait.
func retryAfter(header string, status int, at time.Time) time.Duration {
	if header == "" || (status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable) {
		return 0
	}

	if seconds, err := strconv.ParseUint(header, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(longestWait/time.Second))) * time.Second
	}

	date, err := http.ParseTime(header)
	if err != nil {
		return 0
	}

	return min(max(0, date.Sub(at)), longestWait)
}

// describe says why there was no response, without any text of the receiver.
func describe(err error) string {
	var (
		forbidden   *egress.AddressError
		resolution  *net.DNSError
		certificate *tls.CertificateVerificationError
		timeout     net.Error
	)

	switch {
	case errors.As(err, &forbidden):
		return forbidden.Error() + "; BFF_WEBHOOK_ALLOWED_NETWORKS can allow it"
	case errors.As(err, &resolution) && resolution.IsNotFound:
		return "the host name does not resolve"
	case errors.As(err, &resolution):
		return "the name server did not answer for the host name"
	case errors.As(err, &certificate):
		return "the receiver's TLS certificate is invalid"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no response within 5 seconds"
	}

	return "the connection failed"
}
