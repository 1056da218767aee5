package desktop

import (
	"context"
	"errors"
	"time"

	"github.com/upstash-connect/bff/internal/keys"
)

// EntryRemainsError means that the key is destroyed in the state directory, and may still be saved.
type EntryRemainsError struct{ Cause error }

func (e *EntryRemainsError) Error() string {
	return "the saved entry could not be removed: " + e.Cause.Error()
}

// Disconnect destroys every key that is sealed and saved here, and the Upstash CLI's login if it holds this one. It
// returns the connections that were: the first is the saved account's, if there is one, and the rest are of accounts
// that it took the place of. Their keys stay at Upstash, by name. *EntryRemainsError when half of it is done; run it
// again.
//
// The sealed copy goes first: what is saved names the account, and a run that is cut in between has to find it again.
func (d *Desktop) Disconnect(ctx context.Context) ([]keys.Connection, error) {
	release, err := d.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer release()

	ctx = context.WithoutCancel(ctx) // half of it is worse than a moment more

	gone, err := d.disconnectSaved(ctx)
	if err != nil {
		return nil, err
	}

	others, err := d.disconnectSealed(ctx, time.Now()) // nothing is left here that opens them
	if err != nil {
		return nil, err
	}

	if err := d.forget(); err != nil {
		return nil, &EntryRemainsError{err}
	}

	return append(gone, others...), nil
}

// KeyringUnread reports, after a Disconnect, whether a keyring that was not asked may hold an older entry: one was
// saved in a keyring from this directory, and there is none in this session, or none was to be used.
func (d *Desktop) KeyringUnread() bool { return d.store.MayHaveKeyringEntry() }

// disconnectSaved disconnects the account that is saved; none where only sealed keys are left.
func (d *Desktop) disconnectSaved(ctx context.Context) ([]keys.Connection, error) {
	if !d.saved.Connected() {
		return nil, nil
	}

	connection, err := d.Custody.Disconnect(ctx, d.Account)
	if errors.Is(err, keys.ErrNotFound) { // its database is gone: the key that is saved has a name all the same
		lost := keys.Intent{Name: d.saved.KeyName, State: keys.IntentLeftBehind, CreatedAt: time.Now().UTC()}
		connection, err = keys.Connection{Email: d.saved.Email, Intents: []keys.Intent{lost}}, nil
	}

	return []keys.Connection{connection}, err
}

// disconnectSealed disconnects every account whose key is sealed here, and returns them: their keys are left at Upstash, by
// name.
func (d *Desktop) disconnectSealed(ctx context.Context, asOf time.Time) ([]keys.Connection, error) {
	const most = 16
	var given []keys.Connection

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
			given = append(given, left)
		}

		if len(sealed) < most {
			return given, nil
		}
	}
}

// forget destroys what is saved, here and in the Upstash CLI's file if that holds this key.
func (d *Desktop) forget() error {
	return errors.Join(d.cli.Forget(d.saved.Email, d.saved.APIKey), d.store.Delete())
}
