package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/keys"
)

// whoamiOutput describes the connected account. It never contains the key.
type whoamiOutput struct {
	Email        string            `json:"email"`
	KeyName      string            `json:"key_name"`
	SavedIn      string            `json:"saved_in"` // keyring or file
	State        string            `json:"state"`    // as in GET /connection
	Checked      bool              `json:"checked"`  // whether this run checked the key at Upstash
	ConnectedAt  *time.Time        `json:"connected_at"`
	LeftoverKeys []api.LeftoverKey `json:"leftover_keys"`
}

func (p program) whoami() *cobra.Command {
	var (
		flags nativeFlags
		check bool
	)
	command := &cobra.Command{
		Use:   "whoami",
		Short: "Show the connected account",
		Long: `Shows which Upstash account is connected on this machine, where its key is saved, and which keys bff may have
left at Upstash. The state of the key is the last known one. --check queries Upstash, and exits with code 3 if
Upstash rejects the key.`,
		Example: `  bff whoami
  bff whoami --check --json | jq -r .state`,
		Args: terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return p.withDesktop(command.Context(), flags, func(ctx context.Context, d *desktop.Desktop) error {
				return p.runWhoami(ctx, d, flags, check)
			})
		},
	}
	flags.add(command)
	command.Flags().BoolVar(&check, "check", false, "check at Upstash that the key still works")

	return command
}

func (p program) runWhoami(ctx context.Context, d *desktop.Desktop, flags nativeFlags, check bool) error {
	var rejected error
	if check {
		_, rejected = d.Databases.List(ctx, d.Account) // a rejected key moves the connection to reconnect_required
		if rejected != nil && !errors.Is(rejected, keys.ErrReconnectRequired) {
			return rejected // the key may still work
		}
	}

	connection, err := d.Custody.Find(ctx, d.Account)
	if err != nil {
		return err
	}
	described := api.ConnectionOf(connection, d.Config.ConsoleURL)

	err = p.printWhoami(whoamiOutput{
		Email:        described.Email,
		KeyName:      described.KeyName,
		SavedIn:      string(d.SavedIn),
		State:        described.State,
		Checked:      check,
		ConnectedAt:  described.ConnectedAt,
		LeftoverKeys: described.LeftoverKeys,
	}, flags.json)
	if err != nil || rejected == nil {
		return err
	}

	var failed *failure
	if errors.As(fail(rejected, flags), &failed) {
		failed.reported = flags.json // in the state
		return failed
	}

	return rejected
}

func (p program) printWhoami(answer whoamiOutput, asJSON bool) error {
	if asJSON {
		return terminal.WriteJSON(p.stdout, answer)
	}

	state := answer.State
	if answer.Checked {
		state += " (checked now)"
	}

	err := terminal.Fields(p.stdout, [][]string{
		{
			"account",
			answer.Email,
		},
		{"key", answer.KeyName},
		{"saved in", desktop.Backend(answer.SavedIn).Words()},
		{"state", state},
	})
	if err != nil {
		return err
	}

	return p.printLeftovers(answer.LeftoverKeys)
}

// printLeftovers lists the keys that remain at Upstash until their owner deletes them.
func (p program) printLeftovers(leftovers []api.LeftoverKey) error {
	for _, key := range leftovers {
		if err := terminal.Print(p.stdout, leftoverWords(key)); err != nil {
			return err
		}
	}

	return nil
}
