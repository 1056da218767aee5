package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/desktop"
	"github.com/upstash-connect/bff/internal/keys"
)

func (p program) disconnect() *cobra.Command {
	var (
		flags nativeFlags
		lost  bool
	)
	command := &cobra.Command{
		Use:   "disconnect",
		Short: "Destroy the saved key, and name what is left at Upstash",
		Long: `Destroy the key that is saved on this machine, in the keyring or the file and in the state directory, and in the
Upstash CLI's file if it is there. Upstash has no call to delete a key: it stays valid until you delete it in the Upstash console.
The command names it, and every other key of ours that may be left there. With --json that is the answer of the API's
DELETE /connection, in one line.

When what opens the key is lost for good (a keyring's entry that was deleted, a file that is gone), --lost destroys what is sealed in
the state directory all the same, and names the key.`,
		Example: `  bff disconnect
  bff disconnect --json | jq -r '.leftover_keys[].name'`,
		Args: terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			how := desktop.AsItIs
			if lost {
				how = desktop.ToGiveUp
			}

			return p.withDesktopOpened(
				command.Context(),
				flags,
				how,
				func(ctx context.Context, d *desktop.Desktop) error {
					return p.runDisconnect(ctx, d, flags)
				},
			)
		},
	}
	flags.add(command)
	command.Flags().BoolVar(&lost, "lost", false,
		"what opens the key is lost: destroy what is sealed here all the same")

	return command
}

func (p program) runDisconnect(ctx context.Context, d *desktop.Desktop, flags nativeFlags) error {
	gone, err := d.Disconnect(ctx)

	var stays *desktop.EntryStaysError
	if errors.As(err, &stays) {
		return errors.New("the key is destroyed in the state directory, and may still be saved; run " +
			flags.command("disconnect") + " again: " + stays.Cause.Error())
	}

	if err != nil {
		return err
	}

	left := func(c keys.Connection) api.DisconnectAnswer { return api.DisconnectedOf(c, d.Config.ConsoleURL) }
	if flags.json {
		answer := disconnected{left(keys.Connection{}), d.KeyringNotAsked()}
		for _, connection := range gone {
			theirs := left(connection)
			answer.LeftoverKeys = append(answer.LeftoverKeys, theirs.LeftoverKeys...)
			answer.ManualActionRequired = answer.ManualActionRequired || theirs.ManualActionRequired
		}

		return terminal.WriteJSON(p.stdout, answer)
	}

	for n, connection := range gone {
		words := "Disconnected %s. The saved key is destroyed here."
		switch {
		case !d.Connected():
			words = "Disconnected %s. The sealed key is destroyed here; an entry in a keyring that was not found is not."
		case n > 0:
			words = "Of %s, which was connected here before:"
		}

		if err := terminal.Sayf(p.stdout, words, terminal.Plain(connection.Email)); err != nil {
			return err
		}

		if err := p.printLeftovers(left(connection).LeftoverKeys); err != nil {
			return err
		}
	}

	if !d.KeyringNotAsked() {
		return nil
	}
	flags.noKeyring = false

	return terminal.Sayf(p.stdout, "A keyring that was not asked may hold an older key of this directory. Run %s again "+
		"where that keyring is, as in the desktop's own terminal.", flags.command("disconnect"))
}

// disconnected is what --json says: the API's answer, and what only a desktop has.
type disconnected struct {
	api.DisconnectAnswer
	KeyringNotAsked bool `json:"keyring_not_asked,omitempty"`
}
