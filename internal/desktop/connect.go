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

// Connected is what a login came to.
type Connected struct {
	Connection keys.Connection
	SavedIn    native.Backend
	NoKeyring  error  // why the file, although a keyring was wanted; nil where none was, or where it has the key
	Made       bool   // the key was made now; else it was here and works
	CLIFile    string // where the Upstash CLI's login was written; empty when that was not asked for
}

// OtherAccountError means that saving would overwrite another account's key.
type OtherAccountError struct{ email, where string }

func (e *OtherAccountError) Error() string {
	return fmt.Sprintf("the account %s is saved in %s", e.email, e.where) // an e-mail begins no sentence
}

// Problem says how to replace it.
func (e *OtherAccountError) Problem() *problem.Error {
	return problem.Sentinel(
		problem.OtherAccount,
		e.Error(),
		problem.Sentence(
			e.Error(),
		)+" Nothing was changed. Run it again with --replace to put this account in its place.",
	)
}

// ErrOtherUpstash means that the saved key is good at another address than the one the settings name.
var ErrOtherUpstash = problem.Sentinel(problem.OtherUpstash,
	"the saved key is good at another BFF_UPSTASH_API_URL than the settings have",
	"It is good at another BFF_UPSTASH_API_URL than the settings have.")

// look opens what is kept here before anybody logs in, so that what could not be used afterwards is said at once. Where
// nothing is kept, nothing is made: giving up leaves nothing behind.
//
// The lock is not taken. A login lasts minutes, and another bff must not wait for it. So the database stays open,
// while what is saved is read again under the lock, in finish.
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

// finishTimeout bounds everything after the login: a mint that another process was killed in is waited for, and then
// made anew.
const finishTimeout = 2 * time.Minute

// Finish makes sure that the account of the tokens has a working key and that it is saved. Custody has it first, then
// the credential entry: a run that is killed in between leaves a key that the next one finds, or an intent that names
// it. It goes on when ctx ends: a key may be made, giving up would leave it behind, and what is left takes seconds.
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

	// Keys that open no more are given up as of this login: given up now, a second later, they would make it one of
	// before the disconnect.
	d.loggedInAt = login.IssuedAt

	if err := d.reopen(ctx, c.options.Replace); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	defer func() { err = errors.Join(err, d.Custody.Drain(ctx), d.Close()) }() // a mint under way is stored first

	return d.connect(ctx, login, c.options)
}

// reopen reads under the lock what is saved, for another bff may have changed it during the login, and makes what
// is needed to connect. The database is the one that was opened before, unless it is gone: what is written to it then
// is written to nobody.
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

	// should the database have been lost
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

// checkReplace is asked before anything is made: another account's key is not overwritten unless that is wanted.
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

// workingKey reuses the key in custody, if Upstash still takes it, or makes one. On a server the next call finds out;
// here nobody may come for months, and "connected" has to be true when it is said.
func (d *Desktop) workingKey(ctx context.Context, login keys.Login) (keys.Connection, bool, error) {
	connection, made, err := d.Custody.Connect(ctx, login)
	if err != nil || made {
		return connection, made, err
	}

	if _, err := d.Databases.List(ctx, login.Account); errors.Is(err, keys.ErrReconnectRequired) {
		return d.Custody.Connect(ctx, login)
	} // any other failure says nothing against the key

	return connection, false, nil
}

func (d *Desktop) save(ctx context.Context, done *Connected, options ConnectOptions) error {
	held, err := d.Custody.Credential(ctx, done.Connection.Account)
	if err != nil {
		return err
	}

	saved := native.SavedAccount{
		Issuer:     done.Connection.Account.Issuer,
		Subject:    done.Connection.Account.Subject,
		Email:      held.Email,
		APIKey:     held.Key,
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
		if err := d.cli.Write(held.Email, held.Key); err != nil {
			return fmt.Errorf(
				"the account is connected and its key saved, but the Upstash CLI is not logged in: %w", err,
			)
		}
		done.CLIFile = d.cli.Path
	}

	return nil
}
