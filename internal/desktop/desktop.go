package desktop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/upstash-connect/bff/internal/broker"
	"github.com/upstash-connect/bff/internal/config"
	"github.com/upstash-connect/bff/internal/db"
	"github.com/upstash-connect/bff/internal/desktop/native"
	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/proxy"
	"github.com/upstash-connect/bff/internal/seal"
	"github.com/upstash-connect/bff/internal/secret"
	"github.com/upstash-connect/bff/internal/writers"
)

// Backend is where a key is saved: keyring or file.
type Backend = native.Backend

// Keyring is where it is saved, if there is one.
type Keyring = native.Keyring

// Desktop is what is kept on this machine, opened.
type Desktop struct {
	Config    *config.Config
	Account   keys.Account   // that is connected here; zero while none is
	SavedIn   native.Backend // where its key is saved
	Custody   *keys.Custodian
	Databases *proxy.Service

	settings  *Settings
	directory string
	store     *native.Store
	cli       native.UpstashCLI // of no file where the environment names no place for it
	saved     native.SavedAccount
	missing   error // why nothing is saved, as far as that was found out; wraps native.ErrNothingSaved
	database  *db.DB
	file      fs.FileInfo // of the database, as it was opened

	loggedInAt time.Time // of the connect under way: when its token was issued
}

// patience is longer than a mint's lease: a run after one that was killed in a mint waits until that may be settled.
const patience = 45 * time.Second

// OpenMode says what may be made of a state directory that holds nothing, or nothing that opens.
type OpenMode int

// What may be made.
const (
	RequireKey   OpenMode = iota // nothing
	AllowLostKey                 // nothing; keys whose entry was not found may be given up

	forConnect // what is needed to connect
	forReplace // that too where keys lie sealed whose entry was not found: they are given up, by name
)

// Open opens what is kept here. When nothing is connected it is keys.ErrConnectRequired; *EntryMissingError when
// something is, and what opens it was not found. Close it.
func (s *Settings) Open(ctx context.Context, mode OpenMode) (_ *Desktop, err error) {
	d, err := s.find()
	if err != nil {
		return nil, err
	}

	if d.empty() {
		return nil, keys.ErrConnectRequired
	}

	if err := d.openDatabase(ctx); err != nil {
		return nil, err
	}

	if err := d.ready(ctx, mode); err != nil {
		return nil, errors.Join(err, d.Close())
	}

	return d, nil
}

// find reads what is saved, and opens nothing yet.
func (s *Settings) find() (*Desktop, error) {
	directory, err := s.options.StateDirectory()
	if err != nil {
		return nil, err
	}

	d := &Desktop{Config: s.Config, settings: s, directory: directory, store: s.options.newStore(directory)}
	d.cli, _ = s.options.upstashCLI() // who needs it has asked, in BeginConnect

	return d, d.load()
}

// load reads what is saved. That nothing is, is kept in missing; so is a keyring that nobody can unlock in this
// session, unless it may hold an entry of ours.
func (d *Desktop) load() error {
	d.saved, d.SavedIn, d.missing = d.store.Load()
	switch {
	case d.missing == nil, errors.Is(d.missing, native.ErrNothingSaved):
		return nil
	case errors.Is(d.missing, native.ErrKeyringLocked) && !d.store.MayHaveKeyringEntry():
		return nil
	}

	return d.missing
}

// empty reports whether nothing was ever connected here.
func (d *Desktop) empty() bool {
	if d.saved.Connected() {
		return false
	}
	_, err := os.Stat(d.path())

	return d.missing == nil || errors.Is(err, fs.ErrNotExist)
}

func (d *Desktop) path() string { return filepath.Join(d.directory, "state.db") }

func (d *Desktop) openDatabase(ctx context.Context) (err error) {
	if err := os.MkdirAll(d.directory, 0o700); err != nil {
		return fmt.Errorf("make the state directory: %w", err)
	}

	if said := writers.Warning(d.directory); said != "" && d.settings.options.Log != nil {
		_, _ = fmt.Fprintln(d.settings.options.Log, "warning: "+said)
	}

	if d.database, err = db.Open(ctx, db.Options{URL: "sqlite://" + d.path()}); err != nil {
		return err
	}

	if d.file, err = os.Stat(d.path()); err != nil {
		return errors.Join(err, d.Close())
	}

	return nil
}

// ready makes custody and operations over the open database. It makes a keyset where none is saved and none is needed.
func (d *Desktop) ready(ctx context.Context, mode OpenMode) error {
	if d.missing != nil {
		if err := d.checkNewKeyset(ctx, mode); err != nil {
			return err
		}

		keyset, err := seal.NewKeyset()
		if err != nil {
			return err
		}
		d.saved = native.SavedAccount{Keyset: secret.New(strings.TrimSpace(string(keyset)))}
	}

	if err := d.wire(); err != nil {
		return err
	}

	if d.missing != nil && mode >= forConnect {
		return d.saveKeyset(ctx)
	}

	return nil
}

// checkNewKeyset looks whether keys lie sealed here whose entry was not found. It may be where this command did not look, or
// in a keyring that is not there now: nothing of it is given up unasked.
func (d *Desktop) checkNewKeyset(ctx context.Context, mode OpenMode) error {
	sealed, err := d.database.SealedSample(ctx, 1)
	switch {
	case err != nil:
		return err
	case len(sealed) == 0 && mode < forConnect:
		return keys.ErrConnectRequired
	case len(sealed) == 0:
		return nil
	case errors.Is(d.missing, native.ErrKeyringUnavailable): // what opens them may be in it
		return d.missing
	case mode == AllowLostKey, mode == forReplace:
		return nil
	}

	return &EntryMissingError{
		email:     sealed[0].Email,
		fileOnly:  d.settings.options.NoKeyring,
		noKeyring: errors.Is(d.missing, native.ErrNoKeyring),
		toConnect: mode == forConnect,
	}
}

// wire makes custody and operations. The key goes where it was minted, whatever the settings say now.
func (d *Desktop) wire() error {
	box, err := seal.NewBox([]byte(d.saved.Keyset.Reveal()))
	if err != nil {
		return err
	}

	address := ""
	if d.saved.Connected() {
		address = d.saved.UpstashURL
	}

	made, err := broker.New(broker.Options{
		Config: d.Config, Store: d.database, Box: box, UpstashURL: address, ExposeCredentials: true, Patience: patience,
		Logger: d.settings.logger,
	})
	if err != nil {
		return err
	}

	d.Custody, d.Databases = made.Custody, made.Databases
	d.Account = keys.Account{Issuer: d.saved.Issuer, Subject: d.saved.Subject}

	return nil
}

// begin saves the keyset before anything is sealed with it. What an earlier one sealed opens no more: its keys are
// given up, by name.
func (d *Desktop) saveKeyset(ctx context.Context) error {
	if _, err := d.disconnectSealed(ctx, d.loggedInAt); err != nil {
		return err
	}
	place, err := d.store.Save(d.saved)
	d.SavedIn = place

	return err
}

// lock keeps another bff from changing what is saved meanwhile. The system gives the lock back when the process ends,
// however it ends.
func (d *Desktop) lock(ctx context.Context) (release func(), err error) {
	if err := os.MkdirAll(d.directory, 0o700); err != nil {
		return nil, fmt.Errorf("make the state directory: %w", err)
	}

	lock := flock.New(filepath.Join(d.directory, "lock"), flock.SetPermissions(0o600))

	held, err := lock.TryLockContext(ctx, 50*time.Millisecond)
	if err != nil || !held {
		return nil, errors.Join(errors.New("another bff is changing what is saved here"), err, lock.Close())
	}

	return func() { _ = lock.Close() }, nil
}

// Connected reports whether the key of an account is saved here. Where none is, keys may lie sealed that nothing opens.
func (d *Desktop) Connected() bool { return d.saved.Connected() }

// Store is the open database. It is the desktop's to close.
func (d *Desktop) Store() *db.DB { return d.database }

// Close closes the database, once. Nothing may be under way.
func (d *Desktop) Close() error {
	if d.database == nil {
		return nil
	}
	database := d.database
	d.database = nil

	return database.Close()
}
