package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/broker"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/desktop/native"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
)

// desktop is the server's own custody and proxy over a directory of this machine. What seals the directory's database is saved
// where its user's secrets are: in the keyring, or in a file of mode 0600.
type desktop struct {
	config    *config.Config
	directory string
	store     *native.Store
	cli       native.UpstashCLI
	saved     native.Saved
	savedIn   native.Place
	account   keys.Account // of what is saved; zero while nothing is connected
	database  *db.DB
	custodian *keys.Custodian
	databases *proxy.Service
}

// patience is longer than a mint's lease: a run after one that was killed in a mint waits until that may be settled.
const patience = 45 * time.Second

// opening says what may be made of a state directory that holds nothing, or nothing that opens.
type opening int

const (
	asItIs     opening = iota // nothing
	toGiveUp                  // nothing; keys whose entry was not found may be given up
	toConnect                 // what is needed to connect
	beginAgain                // that too where keys lie sealed whose entry was not found: they are given up, by name
)

// openDesktop opens what is kept here. When nothing is connected it is keys.ErrConnectRequired, unless what is needed to connect
// may be made; *entryMissingError when something is, and what opens it was not found. Close it.
func (p program) openDesktop(ctx context.Context, flags nativeFlags, how opening) (_ *desktop, err error) {
	c, err := p.nativeConfig(ctx, flags)
	if err != nil {
		return nil, err
	}
	directory, err := p.stateDirectory(flags)
	if err != nil {
		return nil, err
	}
	d := &desktop{config: c, directory: directory, store: nativeStore(directory, flags), cli: p.upstashCLI()}
	var missing error
	d.saved, d.savedIn, missing = d.store.Load()
	if missing != nil && !errors.Is(missing, native.ErrNothingSaved) {
		return nil, missing
	}
	file := filepath.Join(directory, "state.db")
	if how < toConnect && !d.saved.Connected() {
		if _, err := os.Stat(file); missing == nil || errors.Is(err, fs.ErrNotExist) {
			return nil, keys.ErrConnectRequired
		}
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("make the state directory: %w", err)
	}
	d.database, err = db.Open(ctx, db.Options{URL: "sqlite://" + file})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if missing != nil {
		if err := d.mayBegin(ctx, flags, how, missing); err != nil {
			return nil, err
		}
		keyset, err := seal.NewKeyset()
		if err != nil {
			return nil, err
		}
		d.saved = native.Saved{Keyset: secret.New(strings.TrimSpace(string(keyset)))}
	}
	if err := d.wire(p); err != nil {
		return nil, err
	}
	if missing != nil && how >= toConnect {
		if err := d.begin(ctx); err != nil {
			return nil, err
		}
	}
	d.account = keys.Account{Issuer: d.saved.Issuer, Subject: d.saved.Subject}
	return d, nil
}

// mayBegin looks whether keys lie sealed here whose entry was not found. It may be where this command did not look, or in a keyring
// that is not there now: nothing of it is given up unasked.
func (d *desktop) mayBegin(ctx context.Context, flags nativeFlags, how opening, missing error) error {
	sealed, err := d.database.SealedSample(ctx, 1)
	switch {
	case err != nil:
		return err
	case len(sealed) == 0 && how < toConnect:
		return keys.ErrConnectRequired
	case len(sealed) == 0, how == toGiveUp, how == beginAgain:
		return nil
	}
	return &entryMissingError{email: sealed[0].Email, fileOnly: flags.noKeyring, noKeyring: errors.Is(missing, native.ErrNoKeyring), toConnect: how == toConnect}
}

// entryMissingError means that an account is connected here and what opens its key was not found.
type entryMissingError struct {
	email     string
	fileOnly  bool // the keyring was not asked
	noKeyring bool // there is none in this session
	toConnect bool // a connect met it
}

func (e *entryMissingError) Error() string {
	return fmt.Sprintf("the key of %s is sealed here, and what opens it was not found", e.email)
}

// Problem says where it may be. A connect meets it as another account that it would replace.
func (e *entryMissingError) Problem() *problem.Error {
	described := problem.Sentinel(problem.EntryMissing, e.Error(), problem.Sentence(e.Error())+" "+e.remedy())
	if e.toConnect {
		described.Exit = problem.ExitOtherAccount
	}

	return described
}

// remedy is where it may be.
func (e *entryMissingError) remedy() string {
	switch {
	case e.fileOnly:
		return "It may be in the keyring: run this without --no-keyring."
	case e.noKeyring:
		return "There is no keyring in this session. If it was saved in one, run this where that is, as in the desktop's own terminal."
	}
	return "The keyring has no such entry, and there is no file."
}

// wire makes custody and proxy. The key goes where it was minted, whatever the settings say now.
func (d *desktop) wire(p program) error {
	box, err := seal.NewBox([]byte(d.saved.Keyset.Reveal()))
	if err != nil {
		return err
	}

	address := ""
	if d.saved.Connected() {
		address = d.saved.UpstashURL
	}

	made, err := broker.New(broker.Options{
		Config: d.config, Store: d.database, Box: box, UpstashURL: address, ExposeCredentials: true, Patience: patience,
		Logger: p.nativeLogger(d.config),
	})
	if err != nil {
		return err
	}
	d.custodian, d.databases = made.Custody, made.Databases

	return nil
}

// begin saves the keyset before anything is sealed with it. What an earlier one sealed opens no more: its keys are given up, by name.
func (d *desktop) begin(ctx context.Context) error {
	if _, err := d.giveUpKeys(ctx); err != nil {
		return err
	}
	place, err := d.store.Save(d.saved)
	d.savedIn = place
	return err
}

// giveUpKeys disconnects every account whose key is sealed here, and returns them: their keys are left at Upstash, by name.
func (d *desktop) giveUpKeys(ctx context.Context) ([]keys.Connection, error) {
	const most = 16
	var given []keys.Connection
	for {
		sealed, err := d.database.SealedSample(ctx, most)
		if err != nil {
			return nil, err
		}
		for _, connection := range sealed {
			left, err := d.custodian.Disconnect(ctx, connection.Account)
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
func (d *desktop) forget() error {
	return errors.Join(d.cli.Forget(d.saved.Email, d.saved.APIKey), d.store.Delete())
}

// Close waits for what is under way and closes the database.
func (d *desktop) Close() error { return d.database.Close() }

// withDesktop lends the account that is connected here to one command, and words how it ended.
func (p program) withDesktop(ctx context.Context, flags nativeFlags, work func(context.Context, *desktop) error) error {
	return p.withDesktopOpened(ctx, flags, asItIs, work)
}

func (p program) withDesktopOpened(ctx context.Context, flags nativeFlags, how opening, work func(context.Context, *desktop) error) error {
	d, err := p.openDesktop(ctx, flags, how)
	if err != nil {
		return fail(err, flags)
	}
	err = work(ctx, d)
	return fail(errors.Join(err, d.Close()), flags)
}
