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
		Short: "Print the effective configuration and all its errors",
		Long: `Prints the settings that differ from the defaults first, each with its source (a flag or a file) unless that is
the variable itself. The defaults follow. Secrets and passwords are redacted. Errors go to standard error;
the exit code is then 2.`,
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
