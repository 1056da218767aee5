package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/rotation"
	"github.com/upstash-connect/bff/internal/server"
	"github.com/upstash-connect/bff/internal/webhook"
)

// sealingSettings names the settings that keyset commands need.
func sealingSettings() []string {
	return []string{"DATABASE_URL", "KEYSET", "KEYSET_KEK", "VAULT_TOKEN"}
}

func (p program) keysetVerify() *cobra.Command {
	command := &cobra.Command{
		Use:   "verify",
		Short: "Decrypt every row, and count rows by table and key",
		Long: `Changes nothing, and can run next to servers. If rows cannot be decrypted, the command lists them and exits with
code 1.`,
		Example: "  bff keyset verify --keyset-file keyset.json",
		Args:    terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return p.verifyKeyset(command.Context(), command.Flags())
		},
	}
	config.AddFlags(command.Flags(), sealingSettings()...)

	return command
}

// loadSealing reads the settings that keyset commands need.
func (p program) loadSealing(flags *pflag.FlagSet) (*config.Config, error) {
	c, err := config.LoadOnly(flags, p.environ, sealingSettings()...)
	if err == nil && c.Keyset.IsZero() {
		err = &config.InvalidError{
			Errors: []string{"BFF_KEYSET or BFF_KEYSET_FILE is required"},
		}
	}

	return c, err
}

// sealer reads the keyset with which an operator's command seals a secret.
func (p program) sealer(flags *pflag.FlagSet) (webhook.Sealer, error) {
	c, err := config.LoadOnly(flags, p.environ, "KEYSET", "KEYSET_KEK", "VAULT_TOKEN")
	if err == nil && c.Keyset.IsZero() {
		err = &config.InvalidError{Errors: []string{
			"BFF_KEYSET or BFF_KEYSET_FILE is required: the webhook's secret is stored encrypted",
		}}
	}

	if err != nil {
		return nil, err
	}

	return server.ReadKeyset(c)
}

func (p program) verifyKeyset(ctx context.Context, flags *pflag.FlagSet) (err error) {
	c, err := p.loadSealing(flags)
	if err != nil {
		return err
	}

	keyset, err := server.ReadKeyset(c)
	if err != nil {
		return err
	}

	database, err := db.Open(ctx, db.Options{URL: c.DatabaseURL.Reveal(), ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	progress := newProgress(p.stderr)
	tallies, err := rotation.Verify(ctx, database, keyset, progress)
	progress.end()

	if printErr := p.printTallies(tallies); printErr != nil {
		return printErr
	}

	return err
}

func (p program) printTallies(tallies []rotation.Tally) error {
	rows := [][]string{{"TABLE", "KEY", "ROWS", "DECRYPTED"}}

	for _, tally := range tallies {
		key := "(none)"
		if tally.Known {
			key = fmt.Sprint(tally.Key)
		}
		rows = append(rows, []string{tally.Table, key, fmt.Sprint(tally.Count), fmt.Sprint(tally.Opened)})
	}

	return terminal.Table(p.stdout, rows)
}
