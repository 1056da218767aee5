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

// whoamiAnswer says which account is connected here. It never holds the key.
type whoamiAnswer struct {
	Email        string            `json:"email"`
	KeyName      string            `json:"key_name"`
	SavedIn      string            `json:"saved_in"` // keyring or file
	State        string            `json:"state"`    // as GET /connection has it
	Checked      bool              `json:"checked"`  // whether Upstash was asked just now
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
		Short: "Say which account is connected here",
		Long: `Say which Upstash account is connected on this machine, where its key is saved, and which keys of ours may be left
at Upstash. What is said of the key is what was last known; --check asks Upstash, and ends with exit code 3 when it no longer takes
the key.`,
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
	command.Flags().BoolVar(&check, "check", false, "ask Upstash whether it still accepts the key")

	return command
}

func (p program) runWhoami(ctx context.Context, d *desktop.Desktop, flags nativeFlags, check bool) error {
	var refused error
	if check {
		_, refused = d.Databases.List(ctx, d.Account) // a refusal moves the connection to reconnect_required
		if refused != nil && !errors.Is(refused, keys.ErrReconnectRequired) {
			return refused // nothing was learnt
		}
	}

	connection, err := d.Custody.Find(ctx, d.Account)
	if err != nil {
		return err
	}
	described := api.ConnectionOf(connection, d.Config.ConsoleURL)

	err = p.printWhoami(whoamiAnswer{
		Email:        described.Email,
		KeyName:      described.KeyName,
		SavedIn:      string(d.SavedIn),
		State:        described.State,
		Checked:      check,
		ConnectedAt:  described.ConnectedAt,
		LeftoverKeys: described.LeftoverKeys,
	}, flags.json)
	if err != nil || refused == nil {
		return err
	}

	var failed *failure
	if errors.As(fail(refused, flags), &failed) {
		failed.told = flags.json // the answer has said it
		return failed
	}

	return refused
}

func (p program) printWhoami(answer whoamiAnswer, asJSON bool) error {
	if asJSON {
		return terminal.WriteJSON(p.stdout, answer)
	}

	state := answer.State
	if answer.Checked {
		state += " (asked just now)"
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

// printLeftovers names the keys that stay at Upstash until their owner deletes them.
func (p program) printLeftovers(leftovers []api.LeftoverKey) error {
	for _, key := range leftovers {
		if err := terminal.Say(p.stdout, leftoverWords(key)); err != nil {
			return err
		}
	}

	return nil
}
