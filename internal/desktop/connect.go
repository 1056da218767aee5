package desktop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/upstash-connect/bff/internal/desktop/native"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
)

// Connected is the result of a connect.
type Connected struct {
	Connection keys.Connection
	SavedIn    native.Backend
	NoKeyring  error  // why the key is in a file; nil if no keyring was wanted or it has the key
	Made       bool   // the key is new; else an existing one works
	CLIFile    string // of the Upstash CLI; empty if it was not written
}

// OtherAccountError means that a connect would overwrite another account's key.
type OtherAccountError struct{ email, where string }

func (e *OtherAccountError) Error() string {
	return fmt.Sprintf("the account %s is saved in %s", e.email, e.where) // an e-mail is no start of a sentence
}

// Problem adds how to replace the account.
func (e *OtherAccountError) Problem() *problem.Error {
	return problem.Sentinel(
		problem.OtherAccount,
		e.Error(),
		problem.Sentence(
			e.Error(),
		)+" Nothing was changed. To replace it, run the command again with --replace.",
	)
}

// ErrOtherUpstash means that the saved key belongs to another Upstash API URL than the configured one.
var ErrOtherUpstash = problem.Sentinel(problem.OtherUpstash,
	"the saved key belongs to another BFF_UPSTASH_API_URL",
	"The saved key belongs to another BFF_UPSTASH_API_URL than the configured one.")

// checkSaved opens the saved state before the login, to report errors immediately. If there is none, it creates
// nothing, so that a cancelled login leaves nothing behind.
//
// It does not lock, because a login takes minutes and must not block another bff. The database stays open; Finish
// locks, and reads the saved account again.
func (d *Desktop) checkSaved(ctx context.Context, replace bool) error {
	if d.empty() {
		return nil
	}

	if err := d.openDatabase(ctx); err != nil {
		return err
	}

	err := d.ready(ctx, RequireKey)

	var missing *EntryMissingError
	switch {
	case errors.As(err, &missing) && !replace:
		missing.toConnect = true
	case missing != nil, errors.Is(err, keys.ErrConnectRequired):
		return nil
	}

	return err
}

// finishTimeout limits everything after the login. That includes waiting for the mint of a killed process, and
// repeating it.
const finishTimeout = 2 * time.Minute

// Finish makes sure that the account has a working key, and saves it: first in custody, then in the keyring or file. If
// the process is killed in between, the next run finds the key, or an intent that names it. Finish continues after ctx
// ends: it may have created a key, and needs only seconds.
//
// Errors: those of auth.Verifier and of keys.Custodian.Connect, ErrOtherUpstash, *OtherAccountError,
// *EntryMissingError.
func (c *Connecting) Finish(ctx context.Context, tokens native.Tokens) (_ *Connected, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()

	login, err := c.verified(ctx, tokens)
	if err != nil {
		return nil, err
	}

	d := c.desktop

	release, err := d.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer release()

	// Disconnect keys that cannot be decrypted as of this login. With the current time, the login would be older than
	// the disconnect.
	d.loggedInAt = login.IssuedAt

	if err := d.reopen(ctx, c.options.Replace); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	defer func() { err = errors.Join(err, d.Custody.Drain(ctx), d.Close()) }() // a mint in progress is stored first

	return d.connect(ctx, login, c.options)
}

// reopen reads the saved account again under the lock, because another bff may have changed it during the login, and
// creates what a connect needs. It reopens the database if its file was deleted or replaced.
func (d *Desktop) reopen(ctx context.Context, replace bool) error {
	if err := d.load(); err != nil {
		return err
	}

	if now, err := os.Stat(d.path()); d.database != nil && (err != nil || !os.SameFile(now, d.file)) {
		if err := d.Close(); err != nil {
			return err
		}
	}

	if d.database == nil {
		if err := d.openDatabase(ctx); err != nil {
			return err
		}
	}

	if replace {
		return d.ready(ctx, forReplace)
	}

	return d.ready(ctx, forConnect)
}

func (d *Desktop) connect(ctx context.Context, login keys.Login, options ConnectOptions) (*Connected, error) {
	if err := d.checkReplace(login, options); err != nil {
		return nil, err
	}

	// The database may have been lost.
	if d.saved.Connected() && d.saved.SameAccount(login.Account.Issuer, login.Account.Subject) {
		login.LocalKey = keys.LocalKey{Email: d.saved.Email, Name: d.saved.KeyName, Key: d.saved.APIKey}
	}

	connection, made, err := d.workingKey(ctx, login)
	if err != nil {
		return nil, err
	}

	done := &Connected{Connection: connection, Made: made}

	return done, d.save(ctx, done, options)
}

// checkReplace prevents that a connect overwrites another account's key, unless the user wants that.
func (d *Desktop) checkReplace(login keys.Login, options ConnectOptions) error {
	if d.saved.Connected() && d.saved.UpstashURL != d.Config.UpstashAPIURL {
		return ErrOtherUpstash
	}

	if options.Replace {
		return nil
	}

	if d.saved.Connected() && !d.saved.SameAccount(login.Account.Issuer, login.Account.Subject) {
		return &OtherAccountError{d.saved.Email, d.SavedIn.Words()}
	}

	if !options.UpstashCLI {
		return nil
	}

	var other *native.AnotherAccountError

	err := d.cli.Check(login.Email)
	if errors.As(err, &other) {
		return &OtherAccountError{other.Email, other.Path}
	}

	return err
}

// workingKey reuses the key in custody if Upstash still accepts it, or creates one. A server would find out at the next
// call; on a desktop that may be months later.
func (d *Desktop) workingKey(ctx context.Context, login keys.Login) (keys.Connection, bool, error) {
	connection, made, err := d.Custody.Connect(ctx, login)
	if err != nil || made {
		return connection, made, err
	}

	if _, err := d.Databases.List(ctx, login.Account); errors.Is(err, keys.ErrReconnectRequired) {
		return d.Custody.Connect(ctx, login)
	} // after any other error, the key may still work

	return connection, false, nil
}

func (d *Desktop) save(ctx context.Context, done *Connected, options ConnectOptions) error {
	credential, err := d.Custody.Credential(ctx, done.Connection.Account)
	if err != nil {
		return err
	}

	saved := native.SavedAccount{
		Issuer:     done.Connection.Account.Issuer,
		Subject:    done.Connection.Account.Subject,
		Email:      credential.Email,
		APIKey:     credential.Key,
		KeyName:    done.Connection.KeyName,
		UpstashURL: d.Config.UpstashAPIURL,
		Keyset:     d.saved.Keyset,
	}
	if saved != d.saved {
		if d.SavedIn, err = d.store.Save(saved); err != nil {
			return err
		}
		d.saved = saved
	}
	done.SavedIn, done.NoKeyring = d.SavedIn, d.store.KeyringError()

	if options.UpstashCLI {
		if err := d.cli.Write(credential.Email, credential.Key); err != nil {
			return fmt.Errorf(
				"the account is connected and its key is saved, but the Upstash CLI could not be logged in: %w", err,
			)
		}
		done.CLIFile = d.cli.Path
	}

	return nil
}
