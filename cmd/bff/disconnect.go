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
		Short: "Delete the saved key, and list the keys left at Upstash",
		Long: `Deletes the saved key from this machine: from the keyring or the file, from the state directory, and from the
Upstash CLI's file if it is there.

Upstash's API cannot delete a key: the key stays valid until you delete it in the Upstash console. The command
lists this key and every other key that bff may have left there. With --json it prints the response body of the
API's DELETE /connection (leftover_keys), on one line.

If the keyring entry or the file that decrypts the key is permanently lost, --lost deletes the encrypted key in
the state directory anyway, and lists it.`,
		Example: `  bff disconnect
  bff disconnect --json | jq -r '.leftover_keys[].name'`,
		Args: terminal.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			mode := desktop.RequireKey
			if lost {
				mode = desktop.AllowLostKey
			}

			return p.withDesktopOpened(
				command.Context(),
				flags,
				mode,
				func(ctx context.Context, d *desktop.Desktop) error {
					return p.runDisconnect(ctx, d, flags)
				},
			)
		},
	}
	flags.add(command)
	command.Flags().BoolVar(&lost, "lost", false,
		"delete the encrypted key although its keyring entry or file is lost")

	return command
}

func (p program) runDisconnect(ctx context.Context, d *desktop.Desktop, flags nativeFlags) error {
	gone, err := d.Disconnect(ctx)

	var stays *desktop.EntryRemainsError
	if errors.As(err, &stays) {
		return errors.New("the key was deleted from the state directory, but may still be in the keyring or file; run " +
			flags.command("disconnect") + " again: " + stays.Cause.Error())
	}

	if err != nil {
		return err
	}

	left := func(c keys.Connection) api.DisconnectResponse { return api.DisconnectedOf(c, d.Config.ConsoleURL) }
	if flags.json {
		answer := disconnected{left(keys.Connection{}), d.KeyringUnread()}
		for _, connection := range gone {
			theirs := left(connection)
			answer.LeftoverKeys = append(answer.LeftoverKeys, theirs.LeftoverKeys...)
			answer.ManualActionRequired = answer.ManualActionRequired || theirs.ManualActionRequired
		}

		return terminal.WriteJSON(p.stdout, answer)
	}

	for n, connection := range gone {
		words := "Disconnected %s. Deleted the saved key from this machine."
		switch {
		case !d.Connected():
			words = "Disconnected %s. Deleted the encrypted key from this machine. A keyring entry that was not found may remain."
		case n > 0:
			words = "Keys left from %s, connected earlier:"
		}

		if err := terminal.Printf(p.stdout, words, terminal.Sanitize(connection.Email)); err != nil {
			return err
		}

		if err := p.printLeftovers(left(connection).LeftoverKeys); err != nil {
			return err
		}
	}

	if !d.KeyringUnread() {
		return nil
	}
	flags.noKeyring = false

	return terminal.Printf(p.stdout, "A keyring that bff could not read may contain an older key of this directory. Run %s again "+
		"where that keyring is available, such as in a terminal on the desktop.", flags.command("disconnect"))
}

// disconnected is the --json output: the API's response, and a field that only a desktop has.
type disconnected struct {
	api.DisconnectResponse
	KeyringUnread bool `json:"keyring_not_asked,omitempty"`
}
