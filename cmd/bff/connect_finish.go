package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/upstash-connect/bff/internal/broker"
	"github.com/upstash-connect/bff/internal/desktop/native"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
)

// connected is what a log-in came to.
type connected struct {
	connection keys.Connection
	savedIn    native.Place
	made       bool
	cliFile    string // where the Upstash CLI's log-in was written; empty when that was not asked for
}

// otherAccountError means that saving would overwrite another account's key.
type otherAccountError struct{ email, where string }

func (e *otherAccountError) Error() string {
	return fmt.Sprintf("the account %s is saved in %s", e.email, e.where) // an e-mail begins no sentence
}

// Problem says how to replace it.
func (e *otherAccountError) Problem() *problem.Error {
	return problem.Sentinel(problem.OtherAccount, e.Error(),
		problem.Sentence(e.Error())+" Nothing was changed. Run it again with --replace to put this account in its place.")
}

// errOtherUpstash means that the saved key is good at another address than the one the settings name.
var errOtherUpstash = problem.Sentinel(problem.OtherUpstash,
	"the saved key is good at another BFF_UPSTASH_API_URL than the settings have",
	"It is good at another BFF_UPSTASH_API_URL than the settings have.")

const keysPatience = 10 * time.Second

// verifiedLogin checks the tokens as the server does.
func verifiedLogin(ctx context.Context, check *broker.Tokens, tokens native.Tokens) (keys.Login, error) {
	waiting, cancel := context.WithTimeout(ctx, keysPatience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for check.Keys.Ready() != nil && waiting.Err() == nil {
		select {
		case <-ticker.C:
		case <-waiting.Done():
		}
	}

	claims, err := check.Verify(ctx, tokens.Access.Reveal())
	if err != nil {
		return keys.Login{}, err
	}
	return check.Login(ctx, tokens.Access, claims, tokens.ID.Reveal())
}

// finishConnect makes sure that the account has a working key and that it is saved. Custody has it first, then the credential
// entry: a run that is killed in between leaves a key that the next one finds, or an intent that names it.
func (p program) finishConnect(ctx context.Context, flags connectFlags, check *broker.Tokens, tokens native.Tokens) (_ *connected, err error) {
	login, err := verifiedLogin(ctx, check, tokens)
	if err != nil {
		return nil, err
	}
	directory, err := p.stateDirectory(flags.nativeFlags)
	if err != nil {
		return nil, err
	}
	release, err := lockState(ctx, directory)
	if err != nil {
		return nil, err
	}
	defer release()
	how := toConnect
	if flags.replace {
		how = beginAgain
	}
	d, err := p.openDesktop(ctx, flags.nativeFlags, how)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.custodian.Drain(ctx), d.Close()) }() // a mint under way is stored first
	if err := d.mayReplace(login, flags); err != nil {
		return nil, err
	}
	if d.saved.Connected() && d.saved.SameAccount(login.Account.Issuer, login.Account.Subject) { // should the database have been lost
		login.Kept = keys.Kept{Email: d.saved.Email, Name: d.saved.KeyName, Key: d.saved.APIKey}
	}
	done := &connected{}
	if done.connection, done.made, err = d.workingKey(ctx, login); err != nil {
		return nil, err
	}
	return done, d.save(ctx, done, flags)
}

// mayReplace is asked before anything is made: another account's key is not overwritten unless that is wanted.
func (d *desktop) mayReplace(login keys.Login, flags connectFlags) error {
	if d.saved.Connected() && d.saved.UpstashURL != d.config.UpstashAPIURL {
		return errOtherUpstash
	}
	if flags.replace {
		return nil
	}
	if d.saved.Connected() && !d.saved.SameAccount(login.Account.Issuer, login.Account.Subject) {
		return &otherAccountError{d.saved.Email, savedWords(string(d.savedIn))}
	}
	if !flags.upstashCLI {
		return nil
	}
	var other *native.AnotherAccountError
	err := d.cli.Check(login.Email)
	if errors.As(err, &other) {
		return &otherAccountError{other.Email, other.Path}
	}
	return err
}

// workingKey reuses the key in custody, if Upstash still takes it, or makes one. On a server the next call finds out; here nobody
// may come for months, and "connected" has to be true when it is said.
func (d *desktop) workingKey(ctx context.Context, login keys.Login) (keys.Connection, bool, error) {
	connection, made, err := d.custodian.Connect(ctx, login)
	if err != nil || made {
		return connection, made, err
	}
	if _, err := d.databases.List(ctx, login.Account); errors.Is(err, keys.ErrReconnectRequired) {
		return d.custodian.Connect(ctx, login)
	} // any other failure says nothing against the key
	return connection, false, nil
}

func (d *desktop) save(ctx context.Context, done *connected, flags connectFlags) error {
	held, err := d.custodian.Credential(ctx, done.connection.Account)
	if err != nil {
		return err
	}
	saved := native.Saved{
		Issuer: done.connection.Account.Issuer, Subject: done.connection.Account.Subject, Email: held.Email, APIKey: held.Key,
		KeyName: done.connection.KeyName, UpstashURL: d.config.UpstashAPIURL, Keyset: d.saved.Keyset,
	}
	if saved != d.saved {
		if d.savedIn, err = d.store.Save(saved); err != nil {
			return err
		}
		d.saved = saved
	}
	done.savedIn = d.savedIn
	if flags.upstashCLI {
		if err := d.cli.Write(held.Email, held.Key); err != nil {
			return fmt.Errorf("the account is connected and its key saved, but the Upstash CLI is not logged in: %w", err)
		}
		done.cliFile = d.cli.Path
	}
	return nil
}
