package main

import (
	"io"
	"runtime/debug"

	"github.com/spf13/cobra"
	"github.com/upstash-connect/bff/cmd/internal/operator"
)

// program is what commands share: where they read the environment and write.
type program struct {
	environ        []string
	stdout, stderr io.Writer
}

func newRoot(p program) *cobra.Command {
	root := &cobra.Command{
		Use:   "bff",
		Short: "Connect your users' Upstash accounts to your product",
		Long: `bff connects a platform's users to their own Upstash accounts: it runs the log-in, keeps each
account's developer key sealed, and offers a narrow REST API to create and use databases.

Try it offline first: bff sandbox`,
		Version:       buildVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(
		p.sandbox(), p.serve(), p.config(), p.keyset(), p.audit(), p.backup(), p.restored(), p.health(), p.version(),
	)
	root.AddCommand(operator.Program{
		Environ: p.environ, Stdout: p.stdout, Stderr: p.stderr, Fail: operatorFailure,
	}.Commands()...)
	root.AddCommand(p.connect(), p.databases(), p.disconnect(), p.whoami())

	return root
}

func (p program) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(p.stdout, "bff "+buildVersion()+"\n")
			return err
		},
	}
}

// buildVersion is the module's version, or the commit it was built from.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}

	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}

	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value[:min(12, len(setting.Value))]
		}
	}

	return "devel"
}
