package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
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
	listen := ":8080"
	for _, entry := range p.environ {
		if value, ok := strings.CutPrefix(entry, "BFF_LISTEN="); ok {
			listen = value
		}
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil || host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port) + "/readyz"
}

func (p program) checkHealth(ctx context.Context, target string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", response.Status)
	}
	_, err = fmt.Fprintln(p.stdout, "ready")
	return err
}
