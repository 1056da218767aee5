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
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			how := asItIs
			if lost {
				how = toGiveUp
			}
			return p.withDesktopOpened(command.Context(), flags, how, func(ctx context.Context, d *desktop) error {
				return p.runDisconnect(ctx, d, flags)
			})
		},
	}
	flags.add(command)
	command.Flags().BoolVar(&lost, "lost", false, "what opens the key is lost: destroy what is sealed here all the same")
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
	gone, err := d.disconnectSaved(ctx)
	if err != nil {
		return err
	}
	others, err := d.giveUpKeys(ctx) // of accounts that this one took the place of: nothing is left here that opens them
	if err != nil {
		return err
	}
	gone = append(gone, others...)
	if err := d.forget(); err != nil {
		return errors.New("the key is destroyed in the state directory, and may still be saved; run " + flags.command("disconnect") + " again: " + err.Error())
	}
	left := func(c keys.Connection) api.DisconnectAnswer { return api.DisconnectedOf(c, d.config.ConsoleURL) }
	if flags.json {
		answer := left(keys.Connection{})
		for _, connection := range gone {
			theirs := left(connection)
			answer.LeftoverKeys = append(answer.LeftoverKeys, theirs.LeftoverKeys...)
			answer.ManualActionRequired = answer.ManualActionRequired || theirs.ManualActionRequired
		}
		return writeJSON(p.stdout, answer)
	}
	for n, connection := range gone {
		words := "Disconnected %s. The saved key is destroyed here.\n"
		switch {
		case !d.saved.Connected():
			words = "Disconnected %s. The sealed key is destroyed here; an entry in a keyring that was not found is not.\n"
		case n > 0:
			words = "Of %s, which was connected here before:\n"
		}
		if _, err := fmt.Fprintf(p.stdout, words, plain(connection.Email)); err != nil {
			return err
		}
		if err := p.printLeftovers(left(connection).LeftoverKeys); err != nil {
			return err
		}
	}
	return nil
}

// disconnectSaved disconnects the account that is saved; none where only sealed keys are left.
func (d *desktop) disconnectSaved(ctx context.Context) ([]keys.Connection, error) {
	if !d.saved.Connected() {
		return nil, nil
	}
	connection, err := d.custodian.Disconnect(ctx, d.account)
	if errors.Is(err, keys.ErrNotFound) { // its database is gone: the key that is saved has a name all the same
		lost := keys.Intent{Name: d.saved.KeyName, State: keys.IntentLeftBehind, CreatedAt: time.Now().UTC()}
		connection, err = keys.Connection{Email: d.saved.Email, Intents: []keys.Intent{lost}}, nil
	}
	return []keys.Connection{connection}, err
}
