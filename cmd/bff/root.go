package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/cmd/internal/operator"
	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/desktop"
)

// program holds what all commands share: the environment, input and output.
type program struct {
	environ        []string
	stdout, stderr io.Writer

	input   io.Reader                             // standard input, for data; nil: empty
	stdin   io.Reader                             // a person's terminal; nil: stdin is not a terminal
	keyring func(stateDir string) desktop.Keyring // for tests; nil: the system's
}

func newRoot(p program) *cobra.Command {
	root := &cobra.Command{
		Use:   "bff",
		Short: "Connect your users' Upstash accounts to your product",
		Long: `bff runs the login at Upstash, keeps each account's developer key encrypted, and offers a REST API to create
and use databases. Try it offline first: bff sandbox`,
		Example:       "  bff sandbox",
		Version:       buildVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          terminal.NoArgs,
		RunE:          func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	root.SetVersionTemplate(builtHere().words())
	root.AddCommand(
		p.sandbox(), p.serve(), p.config(), p.keyset(), p.audit(), p.backup(), p.finishRestore(),
		p.health(), p.version(), p.listen(),
	)
	root.AddCommand(operator.Program{
		Environ: p.environ, Stdout: p.stdout, Stderr: p.stderr, Fail: operatorFailure, Sealer: p.sealer,
	}.Commands()...)
	root.AddCommand(p.connect(), p.databases(), p.callAPI(), p.serveTools(), p.disconnect(), p.whoami())
	root.AddCommand(p.products()...)
	terminal.Prepare(root, tasks())

	return root
}
