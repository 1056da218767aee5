package desktop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
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
	"github.com/upstash-connect/bff/internal/upstash"
	"github.com/upstash-connect/bff/internal/writers"
)

// Backend is where a key is saved: keyring or file.
type Backend = native.Backend

// Keyring is the operating system's keyring.
type Keyring = native.Keyring

// Desktop is the opened state of this machine: the account, its key and the database.
type Desktop struct {
	Config    *config.Config
	Account   keys.Account   // the connected account; zero: none
	SavedIn   native.Backend // where the key is saved
	Custody   *keys.Custodian
	Databases *proxy.Service

	settings  *Settings
	directory string
	store     *native.Store
	cli       native.UpstashCLI // without a file if the environment has no directory for it
	saved     native.SavedAccount
	missing   error // why no saved account was found; nil if one was
	database  *db.DB
	upstream  *upstash.Client
	file      fs.FileInfo // of the opened database

	loggedInAt time.Time // when the token of the connect in progress was issued
}

// patience is longer than a mint's lease, so that a run can settle the mint of a killed one.
const patience = 45 * time.Second

// OpenMode determines what happens if the state directory has no account, or its key cannot be decrypted.
type OpenMode int

// Modes.
const (
	RequireKey   OpenMode = iota // return an error
	AllowLostKey                 // open, so that keys that cannot be decrypted can be disconnected

	forConnect // create what a connect needs
	forReplace // like forConnect, and disconnect keys that cannot be decrypted
)

// Open opens the saved state. Errors include keys.ErrConnectRequired if no account is connected, and *EntryMissingError
// if the entry that decrypts its key was not found. The caller must call Close.
func (s *Settings) Open(ctx context.Context, mode OpenMode) (_ *Desktop, err error) {
	d, err := s.locate()
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

// locate reads the saved account, without opening the database.
func (s *Settings) locate() (*Desktop, error) {
	directory, err := s.options.StateDirectory()
	if err != nil {
		return nil, err
	}

	d := &Desktop{Config: s.Config, settings: s, directory: directory, store: s.options.newStore(directory)}
	d.cli, _ = s.options.upstashCLI() // BeginConnect reports the error

	return d, d.load()
}

// load reads the saved account. If there is none, it sets missing. It does so too if the keyring is locked and
// certainly has no entry.
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

// empty reports whether no account was ever connected here.
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
		return fmt.Errorf("create the state directory: %w", err)
	}

	if text := writers.Warning(d.directory); text != "" && d.settings.options.Log != nil {
		_, _ = fmt.Fprintln(d.settings.options.Log, "warning: "+text)
	}

	if d.database, err = db.Open(ctx, db.Options{URL: "sqlite://" + d.path()}); err != nil {
		return err
	}

	if d.file, err = os.Stat(d.path()); err != nil {
		return errors.Join(err, d.Close())
	}

	return nil
}

// ready prepares custody and operations on the open database. If no keyset is saved and mode allows it, ready creates
// one.
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

// checkNewKeyset returns an error if a new keyset would make encrypted keys here unreadable. Their entry may be where
// this command did not search, or in a keyring that is not available now. Only the user can decide to discard them.
func (d *Desktop) checkNewKeyset(ctx context.Context, mode OpenMode) error {
	sealed, err := d.database.SealedSample(ctx, 1)
	switch {
	case err != nil:
		return err
	case len(sealed) == 0 && mode < forConnect:
		return keys.ErrConnectRequired
	case len(sealed) == 0:
		return nil
	case errors.Is(d.missing, native.ErrKeyringUnavailable): // it may have the entry
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

// wire creates custody and operations. It sends the key only to the URL where it was minted, whatever is configured
// now.
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

	d.Custody, d.Databases, d.upstream = made.Custody, made.Databases, made.Upstream
	d.Account = keys.Account{Issuer: d.saved.Issuer, Subject: d.saved.Subject}

	return nil
}

// saveKeyset saves a new keyset before anything is encrypted with it. It disconnects keys of an earlier keyset, which
// can no longer be decrypted.
func (d *Desktop) saveKeyset(ctx context.Context) (err error) {
	if _, err := d.disconnectSealed(ctx, d.loggedInAt); err != nil {
		return err
	}
	d.SavedIn, err = d.store.Save(d.saved)

	return err
}

// lock prevents other bff processes from changing the saved state. The system releases the lock when the process ends.
func (d *Desktop) lock(ctx context.Context) (release func(), err error) {
	if err := os.MkdirAll(d.directory, 0o700); err != nil {
		return nil, fmt.Errorf("create the state directory: %w", err)
	}

	lock := flock.New(filepath.Join(d.directory, "lock"), flock.SetPermissions(0o600))

	locked, err := lock.TryLockContext(ctx, 50*time.Millisecond)
	if err != nil || !locked {
		return nil, errors.Join(errors.New("another bff is changing the saved state"), err, lock.Close())
	}

	return func() { _ = lock.Close() }, nil
}

// Connected reports whether an account's key is saved. If not, there may still be keys that cannot be decrypted.
func (d *Desktop) Connected() bool { return d.saved.Connected() }

// Logger returns the logger of the settings, which writes to standard error or nowhere.
func (d *Desktop) Logger() *slog.Logger { return d.settings.logger }

// Store returns the open database. Close closes it.
func (d *Desktop) Store() *db.DB { return d.database }

// Close closes the database. No operation may be in progress. It can be called more than once.
func (d *Desktop) Close() error {
	if d.database == nil {
		return nil
	}
	database := d.database
	d.database = nil

	return database.Close()
}
