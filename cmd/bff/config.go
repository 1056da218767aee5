package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/server"
)

func (p program) config() *cobra.Command {
	command := &cobra.Command{
		Use:   "config",
		Short: "Print the effective configuration, redacted, and every fault in it",
		Long: `Print the effective configuration: first what was set, and by what if not by the variable itself, then the
defaults. Secrets and passwords are hidden. Faults go to standard error, with exit code 2.`,
		Example: "  bff config",
		Args:    terminal.NoArgs,
		RunE:    func(command *cobra.Command, _ []string) error { return p.printConfig(command.Flags()) },
	}
	config.AddFlags(command.Flags())

	return command
}

func (p program) printConfig(flags *pflag.FlagSet) error {
	if err := config.Print(p.stdout, flags, p.environ); err != nil {
		return err
	}
	_, err := config.Load(flags, p.environ, server.Checks()...)

	return err
}
