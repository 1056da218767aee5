package main

import (
	"context"
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/server"
)

func (p program) health() *cobra.Command {
	var target string
	command := &cobra.Command{
		Use:   "health",
		Short: "Check whether a running server is ready",
		Long: "Requests /readyz. The exit code is 0 if the server is ready, and 1 if not: then the error names the parts " +
			"that are not ok.",
		Example: "  bff health\n  bff health --url http://127.0.0.1:9090/readyz",
		Args:    terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if target == "" {
				target = p.readyURL()
			}

			return p.checkHealth(command.Context(), target)
		},
	}
	command.Flags().StringVar(&target, "url", "", "URL to request (default: /readyz at the port of $BFF_LISTEN or $PORT)")

	return command
}

// readyURL returns the readiness URL of a server that runs with this environment.
func (p program) readyURL() string {
	scheme := "http"
	if p.environment("BFF_TLS_CERT_FILE") != "" {
		scheme = "https"
	}

	host, port, err := net.SplitHostPort(config.ListenAddress(p.environ))
	if err != nil || host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}

	return scheme + "://" + net.JoinHostPort(host, port) + "/readyz"
}

func (p program) checkHealth(ctx context.Context, target string) error {
	err := server.Probe(ctx, target, p.environment("BFF_TLS_CERT_FILE"), p.environment("BFF_PUBLIC_URL"))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, "ready")

	return err
}
