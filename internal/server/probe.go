package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	probeTimeout = 3 * time.Second
	probeBytes   = 1 << 20 // maximum size of the response
)

// Probe checks whether a running server is ready. target is the URL of its health check. certFile is the server's
// certificate, or empty without TLS; publicURL is its public origin. The error describes why the server is not ready,
// or that it did not respond within 3 s.
func Probe(ctx context.Context, target, certFile, publicURL string) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}

	client, err := probeClient(certFile, publicURL)
	if err != nil {
		return err
	}

	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("no response: %w", err)
	}
	defer func() { _ = response.Body.Close() }()

	var answer struct {
		Ready bool              `json:"ready"`
		Parts map[string]string `json:"parts"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, probeBytes)).Decode(&answer); err != nil {
		return fmt.Errorf("not ready: %s returned %s, but not the body of a health check", target, response.Status)
	}

	if response.StatusCode != http.StatusOK || !answer.Ready {
		return fmt.Errorf("not ready: %s", listed(answer.Parts))
	}

	return nil
}

// probeClient trusts only the server's own certificate, and verifies it for the public name, because the probe
// connects by address.
func probeClient(certFile, publicURL string) (*http.Client, error) {
	if certFile == "" {
		return &http.Client{Transport: &http.Transport{}}, nil // no proxy, because the address is local
	}

	content, err := os.ReadFile(certFile)
	if err != nil {
		return nil, fmt.Errorf("read the TLS certificate: %w", err)
	}

	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(content) {
		return nil, fmt.Errorf("%s contains no certificate", certFile)
	}

	public, err := url.Parse(publicURL)
	if err != nil {
		return nil, err
	}

	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: public.Hostname()},
	}}, nil
}

// listed returns the parts of the server and their states, by name.
func listed(parts map[string]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		list = append(list, name+" is "+parts[name])
	}

	return strings.Join(list, ", ")
}
