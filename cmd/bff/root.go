package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/cmd/internal/operator"
	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/desktop"
)

// program is what commands share: where they read the environment and write.
type program struct {
	environ        []string
	stdout, stderr io.Writer

	stdin   io.Reader                             // a person's terminal; nil: nobody types
	keyring func(stateDir string) desktop.Keyring // for tests; nil: the system's
}

func newRoot(p program) *cobra.Command {
	root := &cobra.Command{
		Use:   "bff",
		Short: "Connect your users' Upstash accounts to your product",
		Long: `bff connects a platform's users to their own Upstash accounts: it runs the login, keeps each
account's developer key sealed, and offers a narrow REST API to create and use databases.

Try it offline first: bff sandbox`,
		Version:       buildVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          terminal.NoArgs,
		RunE:          func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	root.SetVersionTemplate(builtHere().words())
	root.AddCommand(
		p.sandbox(), p.serve(), p.config(), p.keyset(), p.audit(), p.backup(), p.restored(), p.health(), p.version(),
	)
	root.AddCommand(operator.Program{
		Environ: p.environ, Stdout: p.stdout, Stderr: p.stderr, Fail: operatorFailure,
	}.Commands()...)
	root.AddCommand(p.connect(), p.databases(), p.disconnect(), p.whoami())
	terminal.Prepare(root)

	return root
}
