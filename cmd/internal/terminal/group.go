package terminal

import "github.com/spf13/cobra"

// Group is a command that has nothing but commands below it.
func Group(use, short string, commands ...*cobra.Command) *cobra.Command {
	command := &cobra.Command{
		Use: use, Short: short,
		Args: NoArgs, // a misspelt command is an error, not a reason for help
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(commands...)

	return command
}
