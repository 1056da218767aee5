package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/internal/seal"
)

func (p program) keyset() *cobra.Command {
	keyset := &cobra.Command{
		Use: "keyset", Short: "Manage the keyset that seals secrets at rest",
		Args: cobra.NoArgs, // a misspelt command is a fault, not a reason for help
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	keyset.AddCommand(&cobra.Command{
		Use:   "create FILE",
		Short: "Make a new sealing keyset",
		Long: `Make a new sealing keyset in FILE, readable by you alone. Whoever has it and the database can read
every developer key; without it nobody can. Keep a copy apart from the database's backups. An
existing file is never overwritten.`,
		Example: "  bff keyset create keyset.json\n  export BFF_KEYSET_FILE=keyset.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := writeKeyset(args[0]); err != nil {
				return err
			}
			_, err := fmt.Fprintf(p.stderr, "keyset written to %s: keep a copy apart from the database.\nNext: export BFF_KEYSET_FILE=%s\n", args[0], args[0])
			return err
		},
	})
	return keyset
}

// writeKeyset makes the file with O_EXCL: overwriting a keyset would make every sealed key unreadable.
func writeKeyset(path string) error {
	if path == "-" {
		return errors.New("a keyset is written to a file, never to the terminal")
	}
	keyset, err := seal.NewKeyset()
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists; a keyset is never overwritten", path)
	}
	if err != nil {
		return err
	}
	_, err = file.Write(keyset)
	return errors.Join(err, file.Sync(), file.Close())
}
