package terminal

import "github.com/spf13/cobra"

// Group returns a command that only groups subcommands; run alone, it prints its help.
func Group(use, short string, commands ...*cobra.Command) *cobra.Command {
	command := &cobra.Command{
		Use: use, Short: short,
		Args: NoArgs, // an unknown subcommand is an error
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(commands...)

	return command
}
