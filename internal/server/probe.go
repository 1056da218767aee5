package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
)

const (
	probeTimeout = 3 * time.Second
	probeBytes   = 1 << 20 // of an answer
)

// Probe asks a running server at the health call's URL whether it is ready. certFile, unless it is empty, is the
// certificate that the server was given, and publicURL its public origin. An error says why it is not ready, or gave no
// answer within 3 s.
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
		return fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = response.Body.Close() }()

	var answer struct {
		Ready bool              `json:"ready"`
		Parts map[string]string `json:"parts"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, probeBytes)).Decode(&answer); err != nil {
		return fmt.Errorf("not ready: %s answered %s, and not what a health call answers", target, response.Status)
	}

	if response.StatusCode != http.StatusOK || !answer.Ready {
		return fmt.Errorf("not ready: %v", answer.Parts)
	}

	return nil
}

// probeClient expects, from a server that serves TLS itself, the very certificate it was given: it is asked by address,
// and the certificate is made out to its public name.
func probeClient(certFile, publicURL string) (*http.Client, error) {
	if certFile == "" {
		return &http.Client{Transport: &http.Transport{}}, nil // no proxy knows this machine's own addresses
	}

	content, err := os.ReadFile(certFile)
	if err != nil {
		return nil, fmt.Errorf("read the TLS certificate: %w", err)
	}

	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(content) {
		return nil, fmt.Errorf("%s holds no certificate", certFile)
	}

	public, err := url.Parse(publicURL)
	if err != nil {
		return nil, err
	}

	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: public.Hostname()},
	}}, nil
}
