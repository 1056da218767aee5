package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/telemetry"
	"github.com/upstash-connect/bff/internal/vault"
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
  bff serve --public-url https://connect.example.com --auth-client-ids YOUR_CLIENT_ID --keyset-file keyset.json
  bff serve --check --public-url https://connect.example.com --auth-client-ids YOUR_CLIENT_ID --keyset-file keyset.json`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if check {
				return p.printConfig(command.Flags())
			}
			if lag < 0 || lag > longestLag {
				return fmt.Errorf("--drain-lag %s is not between 0s and %s", lag, longestLag)
			}
			return p.runServer(command.Context(), command.Flags(), lag)
		},
	}
	config.AddFlags(command.Flags())
	command.Flags().BoolVar(&check, "check", false, "print the effective configuration and its faults, and end")
	command.Flags().DurationVar(&lag, "drain-lag", usualLag, "how long, once asked to stop, to go on serving while not ready any more; 0s without a load balancer")
	return command
}

func (p program) config() *cobra.Command {
	command := &cobra.Command{
		Use:     "config",
		Short:   "Print the effective configuration, redacted, and every fault in it",
		Example: "  bff config",
		Args:    cobra.NoArgs,
		RunE:    func(command *cobra.Command, _ []string) error { return p.printConfig(command.Flags()) },
	}
	config.AddFlags(command.Flags())
	return command
}

func (p program) printConfig(flags *pflag.FlagSet) error {
	if err := config.Print(p.stdout, flags, p.environ); err != nil {
		return err
	}
	_, err := config.Load(flags, p.environ, checks()...)
	return err
}

func (p program) runServer(ctx context.Context, flags *pflag.FlagSet, lag time.Duration) error {
	c, err := config.Load(flags, p.environ, checks()...)
	if err != nil {
		return err
	}
	logger := c.NewLogger(p.stderr)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return err
	}
	admin, err := listenAdmin(ctx, c, logger)
	if err != nil {
		_ = listener.Close()
		return err
	}
	a, err := newApp(ctx, c, logger)
	if err != nil {
		closeAll(listener, admin)
		return err
	}
	a.admin, a.lag = admin, lag
	if admin != nil {
		logger.Info("serving operators", "admin_listen", admin.Addr().String())
	}
	logger.Info("serving", "public_url", c.PublicURL.String(), "listen", listener.Addr().String(), "version", buildVersion())
	return a.run(ctx, listener)
}

func closeAll(listeners ...net.Listener) {
	for _, listener := range listeners {
		if listener != nil {
			_ = listener.Close()
		}
	}
}

// checks are those of the configuration that take knowledge of other packages.
func checks() []config.Check {
	return []config.Check{usableKeyset, usableDatabase, usableTLS, knownPolicy, usableTracing}
}

// usableTLS reads the certificate as the server will.
func usableTLS(c *config.Config) []string {
	if c.TLSCertFile == "" || c.TLSKeyFile == "" {
		return nil // not asked for, or one is named as missing
	}
	if _, err := newTLSConfig(c.TLSCertFile, c.TLSKeyFile); err != nil {
		return []string{"BFF_TLS_CERT_FILE, BFF_TLS_KEY_FILE: " + err.Error()}
	}
	return nil
}

// usableTracing finds what OpenTelemetry's own variables ask for and is not offered.
func usableTracing(*config.Config) []string { return telemetry.TracingFaults() }

// usableKeyset opens the sealing keyset, so that a bad one is named beside the other faults.
func usableKeyset(c *config.Config) []string {
	if c.Keyset.IsZero() || (c.KeysetKEK != (vault.Address{}) && c.VaultToken.IsZero()) {
		return nil // already named as missing
	}
	if _, err := readKeyset(c); err != nil {
		return []string{err.Error()}
	}
	return nil
}

// usableDatabase reads the database's URL as the driver will. It does not reach for the database.
func usableDatabase(c *config.Config) []string {
	if c.DatabaseURL.IsZero() {
		return nil // already named
	}
	if err := db.CheckURL(c.DatabaseURL.Reveal()); err != nil {
		return []string{"BFF_DATABASE_URL: " + err.Error()}
	}
	return nil
}

// knownPolicy finds regions and plans that the catalog does not have.
func knownPolicy(c *config.Config) []string {
	var faults []string
	regions, plans := policy(c).UnknownNames()
	for _, id := range regions {
		faults = append(faults, fmt.Sprintf("BFF_ALLOWED_REGIONS names %q, which is not a region", id))
	}
	for _, id := range plans {
		faults = append(faults, fmt.Sprintf("BFF_ALLOWED_PLANS names %q, which is not a plan", id))
	}
	return faults
}
