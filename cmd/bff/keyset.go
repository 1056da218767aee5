package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/rotation"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/server"
)

func (p program) keyset() *cobra.Command {
	return terminal.Group("keyset", "Manage the keyset that encrypts secrets at rest",
		p.keysetCreate(), p.keysetRotate(), p.keysetVerify())
}

func (p program) keysetCreate() *cobra.Command {
	command := &cobra.Command{
		Use:   "create FILE",
		Short: "Create a new keyset",
		Long: `Writes a new keyset to FILE, which only you can read. The command never overwrites a file. Anyone who has both
the keyset and the database can read every developer key; without the keyset nobody can. Store a copy of the
keyset apart from the database's backups.

With --kek or BFF_KEYSET_KEK, a key of Vault's transit engine encrypts the keyset. Reading it then requires a
token (BFF_VAULT_TOKEN or BFF_VAULT_TOKEN_FILE) that may decrypt with that key.`,
		Example: `  bff keyset create keyset.json
  export BFF_KEYSET_FILE=keyset.json
  bff keyset create keyset.json \
    --kek hcvault://vault.example.com:8200/transit/keys/bff`,
		Args: terminal.Args("FILE"),
	}
	config.AddFlags(command.Flags(), "VAULT_TOKEN")
	address := command.Flags().String(
		"kek",
		"",
		"Vault key that encrypts the keyset: hcvault://HOST[:PORT]/transit/keys/NAME; $BFF_KEYSET_KEK",
	)
	command.RunE = func(command *cobra.Command, args []string) error {
		return p.createKeyset(command.Flags(), *address, args[0])
	}

	return command
}

func (p program) createKeyset(flags *pflag.FlagSet, address, path string) error {
	environ := p.environ
	if address != "" {
		environ = append(without(environ, "BFF_KEYSET_KEK"), "BFF_KEYSET_KEK="+address)
	}

	c, err := config.LoadOnly(flags, environ, "KEYSET_KEK", "VAULT_TOKEN")
	if err != nil {
		return err
	}

	kek, err := server.KeysetKEK(c)
	if err != nil {
		return err
	}

	if err := writeKeyset(path, kek); err != nil {
		return err
	}

	err = terminal.Printf(
		p.stderr,
		"Wrote the keyset to %s. Store a copy apart from the database.\nNext: export BFF_KEYSET_FILE=%s",
		path,
		path,
	)
	if address != "" && err == nil {
		err = terminal.Printf(p.stderr, "      export BFF_KEYSET_KEK=%s", address)
	}

	return err
}

// writeKeyset writes a new keyset to a new file. kek encrypts it unless kek is nil.
func writeKeyset(path string, kek seal.KEK) error {
	if path == "-" {
		return errors.New("write the keyset to a file, not to the terminal")
	}

	fresh, err := seal.FreshKeyset()
	if err != nil {
		return err
	}

	return rotation.CreateKeyset(path, fresh, kek)
}

// without returns the environment without one variable.
func without(environ []string, name string) []string {
	return slices.DeleteFunc(
		slices.Clone(environ), func(entry string) bool { return strings.HasPrefix(entry, name+"=") },
	)
}
