package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/killpoint"
	"github.com/upstash-connect/bff/internal/limit"
	"github.com/upstash-connect/bff/internal/native"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/upstash"
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

// openDesktop opens what is kept here. When nothing is connected it is keys.ErrConnectRequired, unless fresh: then what is needed
// to connect is made. Close it.
func (p program) openDesktop(ctx context.Context, flags nativeFlags, fresh bool) (_ *desktop, err error) {
	c, err := p.nativeConfig(ctx, flags)
	if err != nil {
		return nil, err
	}
	directory, err := p.stateDirectory(flags)
	if err != nil {
		return nil, err
	}
	d := &desktop{config: c, directory: directory, store: nativeStore(directory, flags), cli: p.upstashCLI()}
	d.saved, d.savedIn, err = d.store.Load()
	unsaved := errors.Is(err, native.ErrNothingSaved)
	if err != nil && !unsaved {
		return nil, err
	}
	if !fresh && !d.saved.Connected() {
		return nil, keys.ErrConnectRequired
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("make the state directory: %w", err)
	}
	d.database, err = db.Open(ctx, db.Options{URL: "sqlite://" + filepath.Join(directory, "state.db")})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if unsaved {
		keyset, err := seal.NewKeyset()
		if err != nil {
			return nil, err
		}
		d.saved = native.Saved{Keyset: secret.New(strings.TrimSpace(string(keyset)))}
	}
	if err := d.wire(p); err != nil {
		return nil, err
	}
	if unsaved {
		if err := d.begin(ctx); err != nil {
			return nil, err
		}
	}
	d.account = keys.Account{Issuer: d.saved.Issuer, Subject: d.saved.Subject}
	return d, nil
}

// wire makes custody and proxy. The key goes where it was minted, whatever the settings say now.
func (d *desktop) wire(p program) error {
	c, logger := d.config, p.nativeLogger(d.config)
	box, err := seal.NewBox([]byte(d.saved.Keyset.Reveal()))
	if err != nil {
		return err
	}
	address := c.UpstashAPIURL
	if d.saved.Connected() {
		address = d.saved.UpstashURL
	}
	upstream, err := upstash.New(upstash.Options{BaseURL: address, Logger: logger})
	if err != nil {
		return err
	}
	d.custodian, err = keys.NewCustodian(keys.Options{
		AppName: c.AppName, Store: d.database, Ledger: d.database, Tokens: d.database, Audit: d.database, Upstream: upstream,
		Mints: limit.NewLedger("mints", c.LimitMints, d.database), Box: box, MaxTokenAge: c.MintMaxTokenAge, Lease: killpoint.Lease(0), Patience: patience, Logger: logger,
	})
	if err != nil {
		return err
	}
	d.databases, err = proxy.NewService(proxy.Options{
		Credentials: d.custodian, Upstream: upstream, Creates: d.database, CreateBudget: limit.NewLedger("creates", c.LimitCreates, d.database),
		Box: box, Settle: c.CreateSettle, Lease: killpoint.Lease(0), Audit: d.database, Policy: policy(c), RestURL: c.RestURL,
		ExposeCredentials: true, Logger: logger,
	})
	return err
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
	d, err := p.openDesktop(ctx, flags, false)
	if err != nil {
		return fail(err, flags.json)
	}
	err = work(ctx, d)
	return fail(errors.Join(err, d.Close()), flags.json)
}
