package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/api"
	"github.com/upstash-connect/bff/internal/keys"
)

func (p program) disconnect() *cobra.Command {
	var flags nativeFlags
	command := &cobra.Command{
		Use:   "disconnect",
		Short: "Destroy the saved key, and name what is left at Upstash",
		Long: `Destroy the key that is saved on this machine, in the keyring or the file and in the state directory, and in the
Upstash CLI's file if it is there. Upstash has no call to delete a key: it stays valid until you delete it in the Upstash console.
The command names it, and every other key of ours that may be left there. With --json that is the answer of the API's
DELETE /connection, in one line.`,
		Example: `  bff disconnect
  bff disconnect --json | jq -r '.leftover_keys[].name'`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return p.withDesktop(command.Context(), flags, func(ctx context.Context, d *desktop) error {
				return p.runDisconnect(ctx, d, flags)
			})
		},
	}
	flags.add(command)
	return command
}

// runDisconnect destroys the sealed copy first: what is saved names the account, and a run that is cut in between has to find
// it again.
func (p program) runDisconnect(ctx context.Context, d *desktop, flags nativeFlags) error {
	release, err := lockState(ctx, d.directory)
	if err != nil {
		return err
	}
	defer release()
	ctx = context.WithoutCancel(ctx) // half of it is worse than a moment more
	connection, err := d.custodian.Disconnect(ctx, d.account)
	if errors.Is(err, keys.ErrNotFound) { // its database is gone: the key that is saved has a name all the same
		lost := keys.Intent{Name: d.saved.KeyName, State: keys.IntentLeftBehind, CreatedAt: time.Now().UTC()}
		connection, err = keys.Connection{Email: d.saved.Email, Intents: []keys.Intent{lost}}, nil
	}
	if err != nil {
		return err
	}
	others, err := d.giveUpKeys(ctx) // of accounts that this one took the place of: nothing is left here that opens them
	if err != nil {
		return err
	}
	if err := d.forget(); err != nil {
		return errors.New("the key is destroyed in the state directory, and may still be saved; run " + flags.command("disconnect") + " again: " + err.Error())
	}
	left := func(c keys.Connection) api.DisconnectAnswer { return api.DisconnectedOf(c, d.config.ConsoleURL) }
	answer := left(connection)
	for _, other := range others {
		theirs := left(other)
		answer.LeftoverKeys = append(answer.LeftoverKeys, theirs.LeftoverKeys...)
		answer.ManualActionRequired = answer.ManualActionRequired || theirs.ManualActionRequired
	}
	if flags.json {
		return writeJSON(p.stdout, answer)
	}
	if _, err := fmt.Fprintf(p.stdout, "Disconnected %s. The saved key is destroyed here.\n", plain(connection.Email)); err != nil {
		return err
	}
	if err := p.printLeftovers(left(connection).LeftoverKeys); err != nil {
		return err
	}
	for _, other := range others {
		if _, err := fmt.Fprintf(p.stdout, "Of %s, which was connected here before:\n", plain(other.Email)); err != nil {
			return err
		}
		if err := p.printLeftovers(left(other).LeftoverKeys); err != nil {
			return err
		}
	}
	return nil
}
