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
	return terminal.Group("keyset", "Manage the keyset that seals secrets at rest",
		p.keysetCreate(), p.keysetRotate(), p.keysetVerify())
}

func (p program) keysetCreate() *cobra.Command {
	command := &cobra.Command{
		Use:   "create FILE",
		Short: "Make a new sealing keyset",
		Long: `Make a new sealing keyset in FILE, readable by you alone. Whoever has it and the database can read
every developer key; without it nobody can. Keep a copy apart from the database's backups. An
existing file is never overwritten.

With --kek, or BFF_KEYSET_KEK, the keyset in FILE is sealed by a key of Vault's transit engine: it
opens only with a token (BFF_VAULT_TOKEN or BFF_VAULT_TOKEN_FILE) that may decrypt with that key.`,
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
		"key in Vault that seals the keyset: hcvault://HOST[:PORT]/transit/keys/NAME; $BFF_KEYSET_KEK",
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

	err = terminal.Sayf(
		p.stderr,
		"keyset written to %s: keep a copy apart from the database.\nNext: export BFF_KEYSET_FILE=%s",
		path,
		path,
	)
	if address != "" && err == nil {
		err = terminal.Sayf(p.stderr, "      export BFF_KEYSET_KEK=%s", address)
	}

	return err
}

// writeKeyset makes a keyset, sealed by kek unless that is nil, in a new file.
func writeKeyset(path string, kek seal.KEK) error {
	if path == "-" {
		return errors.New("a keyset is written to a file, never to the terminal")
	}

	fresh, err := seal.FreshKeyset()
	if err != nil {
		return err
	}

	return rotation.CreateKeyset(path, fresh, kek)
}

// without is the environment but for one variable.
func without(environ []string, name string) []string {
	return slices.DeleteFunc(
		slices.Clone(environ), func(entry string) bool { return strings.HasPrefix(entry, name+"=") },
	)
}
