package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"
)

const healthTimeout = 3 * time.Second

func (p program) health() *cobra.Command {
	var target string
	command := &cobra.Command{
		Use:     "health",
		Short:   "Ask a running server whether it is ready; exit code 1 when it is not",
		Example: "  bff health\n  bff health --url http://127.0.0.1:9090/readyz",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if target == "" {
				target = p.readyURL()
			}
			return p.checkHealth(command.Context(), target)
		},
	}
	command.Flags().StringVar(&target, "url", "", "what to ask (default: /readyz at the port of $BFF_LISTEN)")
	return command
}

// readyURL is the health call of a server that listens where the environment says.
func (p program) readyURL() string {
	scheme := "http"
	if p.environment("BFF_TLS_CERT_FILE", "") != "" {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(p.environment("BFF_LISTEN", ":8080"))
	if err != nil || host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + "/readyz"
}

// healthClient expects, from a server that serves TLS itself, the very certificate it was given: it is asked by address,
// and the certificate is made out to its public name.
func (p program) healthClient() (*http.Client, error) {
	path := p.environment("BFF_TLS_CERT_FILE", "")
	if path == "" {
		return &http.Client{}, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the TLS certificate: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(content) {
		return nil, fmt.Errorf("%s holds no certificate", path)
	}
	public, err := url.Parse(p.environment("BFF_PUBLIC_URL", ""))
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: public.Hostname()},
	}}, nil
}

func (p program) checkHealth(ctx context.Context, target string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	client, err := p.healthClient()
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
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer); err != nil {
		return fmt.Errorf("not ready: %s answered %s, and not what a health call answers", target, response.Status)
	}
	if response.StatusCode != http.StatusOK || !answer.Ready {
		return fmt.Errorf("not ready: %v", answer.Parts)
	}
	_, err = fmt.Fprintln(p.stdout, "ready")
	return err
}
