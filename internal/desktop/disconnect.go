package desktop

import (
	"context"
	"errors"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// EntryRemainsError means that the key was deleted from the state directory, but may remain in the keyring or file.
type EntryRemainsError struct{ Cause error }

func (e *EntryRemainsError) Error() string {
	return "cannot remove the saved entry: " + e.Cause.Error()
}

// Disconnect deletes every encrypted and saved key here, and the Upstash CLI's login if it has this key. It returns the
// deleted connections: first the saved account's, if there is one, then those of accounts that it replaced. Their keys
// remain at Upstash. After an *EntryRemainsError, call it again.
//
// It deletes the encrypted copy first: the saved entry names the account, so a repeated run after a crash can find it.
func (d *Desktop) Disconnect(ctx context.Context) ([]keys.Connection, error) {
	release, err := d.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer release()

	ctx = context.WithoutCancel(ctx) // finish even if the caller cancels

	gone, err := d.disconnectSaved(ctx)
	if err != nil {
		return nil, err
	}

	others, err := d.disconnectSealed(ctx, time.Now()) // nothing here can decrypt them any more
	if err != nil {
		return nil, err
	}

	if err := d.forget(); err != nil {
		return nil, &EntryRemainsError{err}
	}

	return append(gone, others...), nil
}

// KeyringUnread reports, after a Disconnect, whether a keyring may have an older entry of this directory, because this
// session has no keyring or the user disabled it.
func (d *Desktop) KeyringUnread() bool { return d.store.MayHaveKeyringEntry() }

// disconnectSaved disconnects the saved account, if there is one.
func (d *Desktop) disconnectSaved(ctx context.Context) ([]keys.Connection, error) {
	if !d.saved.Connected() {
		return nil, nil
	}

	connection, err := d.Custody.Disconnect(ctx, d.Account)
	if errors.Is(err, keys.ErrNotFound) { // the database was lost, but the entry has the key's name
		lost := keys.Intent{Name: d.saved.KeyName, State: keys.IntentLeftBehind, CreatedAt: time.Now().UTC()}
		connection, err = keys.Connection{Email: d.saved.Email, Intents: []keys.Intent{lost}}, nil
	}

	return []keys.Connection{connection}, err
}

// disconnectSealed disconnects every account with an encrypted key here, and returns the connections. Their keys remain
// at Upstash.
func (d *Desktop) disconnectSealed(ctx context.Context, asOf time.Time) ([]keys.Connection, error) {
	const most = 16
	var disconnected []keys.Connection

	for {
		sealed, err := d.database.SealedSample(ctx, most)
		if err != nil {
			return nil, err
		}

		for _, connection := range sealed {
			left, err := d.Custody.DisconnectAsOf(ctx, connection.Account, asOf)
			if err != nil {
				return nil, err
			}
			disconnected = append(disconnected, left)
		}

		if len(sealed) < most {
			return disconnected, nil
		}
	}
}

// forget deletes the saved entry, and the Upstash CLI's login if it has this key.
func (d *Desktop) forget() error {
	return errors.Join(d.cli.Forget(d.saved.Email, d.saved.APIKey), d.store.Delete())
}
