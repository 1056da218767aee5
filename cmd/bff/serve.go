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
	"github.com/upstash-connect/bff/cmd/internal/terminal"

	"github.com/upstash-connect/bff/api"
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
		Long: `Run the server. Every setting is a flag, or an environment variable of the same name (flags win);
a secret is given by its variable, or in a file named by its variable with _FILE. Whatever is
wrong with the configuration is said at once, before anything listens.

SIGTERM makes it stop: not ready at once, no new connections after --drain-lag, and then what is
under way finishes, for a minute at most. A second signal ends it there and then.`,
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
					fmt.Errorf("--drain-lag %s is not between 0s and %s", lag, server.LongestLag),
				)
			}

			return p.runServer(command.Context(), command.Flags(), lag)
		},
	}
	config.AddFlags(command.Flags())
	command.Flags().BoolVar(&check, "check", false, "print the effective configuration and its faults, and end")
	command.Flags().DurationVar(&lag, "drain-lag", server.UsualLag,
		"how long, once asked to stop, to go on serving while not ready any more; 0s without a load balancer")

	return command
}

// newLogger makes the logger of a server. What it returns writes out the access lines that still wait.
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
