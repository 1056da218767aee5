package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/logbuffer"
	"github.com/upstash-connect/bff/internal/server"
)

func (p program) serve() *cobra.Command {
	var (
		check bool
		lag   time.Duration
	)
	command := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Every setting is a flag or an environment variable; a flag overrides its variable. Give a secret in its variable,
or name a file that contains it: in the variable with _FILE appended, or in the --...-file flag. At startup
the server reports all configuration errors before it listens.

On SIGTERM the server immediately reports not ready, accepts no new connections after --drain-lag, and gives
requests in progress up to a minute to finish. A second signal ends it immediately.`,
		Example: `  bff keyset create keyset.json
  bff serve --public-url https://connect.example.com \
    --auth-client-ids YOUR_CLIENT_ID --keyset-file keyset.json
  bff serve --check --public-url https://connect.example.com \
    --auth-client-ids YOUR_CLIENT_ID --keyset-file keyset.json`,
		Args: terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if check {
				return p.printConfig(command.Flags())
			}

			if lag < 0 || lag > server.LongestLag {
				return terminal.NewUsageError(
					fmt.Errorf("--drain-lag %s must be between 0s and %s", lag, server.LongestLag),
				)
			}

			return p.runServer(command.Context(), command.Flags(), lag)
		},
	}
	config.AddFlags(command.Flags())
	command.Flags().BoolVar(&check, "check", false, "print the effective configuration and its errors, and exit")
	command.Flags().DurationVar(&lag, "drain-lag", server.UsualLag,
		"how long to continue serving after SIGTERM, while not ready; use 0s without a load balancer")

	return command
}

// newLogger returns a server's logger, and a function that flushes its buffered access lines.
func (p program) newLogger(c *config.Config) (logger *slog.Logger, flush func()) {
	buffer := logbuffer.New(p.stderr)
	return buffer.Logger(c.NewLogHandler, api.AccessMessage), func() { _ = buffer.Flush() }
}

func (p program) runServer(ctx context.Context, flags *pflag.FlagSet, lag time.Duration) error {
	c, err := config.Load(flags, p.environ, server.Checks()...)
	if err != nil {
		return err
	}

	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return err
	}

	logger, flush := p.newLogger(c)
	defer flush()
	tuneMemory(logger)

	product, err := server.New(ctx, server.Options{Config: c, Logger: logger, Version: buildVersion(), Lag: lag})
	if err != nil {
		return errors.Join(err, listener.Close())
	}

	if admin := product.AdminAddr(); admin != nil {
		logger.Info("serving operators", "admin_listen", admin.String())
	}
	logger.Info(
		"serving", "public_url", c.PublicURL.String(), "listen", listener.Addr().String(), "version", buildVersion(),
	)

	return product.Run(ctx, listener)
}
