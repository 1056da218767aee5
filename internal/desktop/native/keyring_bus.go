//go:build (dragonfly && cgo) || (freebsd && cgo) || linux || netbsd || openbsd

package native

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"

	"github.com/godbus/dbus/v5"
)

// Names of the Secret Service (https://specifications.freedesktop.org/secret-service-spec/latest/).
const (
	secretsName     = "org.freedesktop.secrets"
	secretsPath     = "/org/freedesktop/secrets"
	secretsService  = "org.freedesktop.Secret.Service"
	secretsPrompt   = "org.freedesktop.Secret.Prompt"
	loginCollection = secretsPath + "/collection/login"
	noObject        = dbus.ObjectPath("/")
)

// Reasons why a session has no keyring.
var (
	errNoBus        = errors.New("this session has no message bus")
	errNoService    = errors.New("this session has no Secret Service")
	errNoCollection = errors.New("the keyring of this session has no collection, so it cannot store an entry")
)

// check reports whether calling the library is safe. Without a bus, the library starts one (dbus-launch), lets it start
// a service, and waits for prompts that nobody sees; those processes would remain permanently. Errors: ErrNoKeyring
// with the reason, ErrKeyringLocked.
func (k SystemKeyring) check() error {
	ctx, cancel := context.WithTimeout(context.Background(), responseTimeout)
	defer cancel()

	bus, err := sessionBus(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoKeyring, busError(err))
	}

	defer func() { _ = bus.Close() }()

	if err := k.ensureService(ctx, bus); err != nil {
		return err
	}

	return k.checkCollection(ctx, bus)
}

// sessionBus connects to an existing bus, and starts none.
func sessionBus(ctx context.Context) (*dbus.Conn, error) {
	bus, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		return nil, err
	}

	if err := bus.Auth(nil); err != nil {
		return nil, errors.Join(err, bus.Close())
	}

	if err := bus.Hello(); err != nil {
		return nil, errors.Join(err, bus.Close())
	}

	return bus, nil
}

// busError explains why the connection to the bus failed.
func busError(err error) error {
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
		return errNoBus
	}

	return fmt.Errorf("the message bus of this session does not respond: %w", err)
}

// ensureService makes sure that a Secret Service runs. It starts none in a session that cannot prompt: such a service
// would remain after the command, and could ask nobody for a password. On a desktop, the bus starts the desktop's own.
func (k SystemKeyring) ensureService(ctx context.Context, bus *dbus.Conn) error {
	var (
		runs      bool
		startable []string
		started   uint32
	)

	call := func(method string, arguments ...any) *dbus.Call {
		return bus.BusObject().CallWithContext(ctx, "org.freedesktop.DBus."+method, 0, arguments...)
	}
	if err := call("NameHasOwner", secretsName).Store(&runs); err != nil || runs {
		return err
	}

	if err := call("ListActivatableNames").Store(&startable); err != nil {
		return err
	}

	if !k.CanPrompt || !slices.Contains(startable, secretsName) {
		return fmt.Errorf("%w: %w", ErrNoKeyring, errNoService)
	}

	return call("StartServiceByName", secretsName, uint32(0)).Store(&started)
}

// checkCollection checks that the library's collection exists and can be unlocked. If the service does not reveal that,
// the library finds out.
func (k SystemKeyring) checkCollection(ctx context.Context, bus *dbus.Conn) error {
	var (
		collections []dbus.ObjectPath
		collection  = dbus.ObjectPath(loginCollection)
		property    dbus.Variant
	)

	call := func(method string, arguments ...any) *dbus.Call {
		return bus.Object(secretsName, secretsPath).CallWithContext(ctx, method, dbus.FlagNoAutoStart, arguments...)
	}
	if call("org.freedesktop.DBus.Properties.Get", secretsService, "Collections").Store(&property) == nil {
		_ = property.Store(&collections)
	}

	if !slices.Contains(collections, collection) {
		collection = secretsPath + "/aliases/default"

		var target dbus.ObjectPath
		if call(secretsService+".ReadAlias", "default").Store(&target) == nil && target == noObject {
			return fmt.Errorf("%w: %w", ErrNoKeyring, errNoCollection)
		}
	}

	if k.CanPrompt {
		return nil
	}

	return unlock(ctx, bus, collection)
}

// unlock unlocks a collection that has no password. It dismisses a password prompt, which would wait on a display that
// nobody sees.
func unlock(ctx context.Context, bus *dbus.Conn, collection dbus.ObjectPath) error {
	var (
		unlocked []dbus.ObjectPath
		prompt   dbus.ObjectPath
	)
	if err := bus.Object(secretsName, secretsPath).CallWithContext(
		ctx, secretsService+".Unlock", dbus.FlagNoAutoStart, []dbus.ObjectPath{collection},
	).Store(&unlocked, &prompt); err != nil {
		return fmt.Errorf("%w: %w", ErrKeyringLocked, err)
	}

	if prompt == noObject {
		return nil
	}

	_ = bus.Object(secretsName, prompt).CallWithContext(ctx, secretsPrompt+".Dismiss", dbus.FlagNoAutoStart).Err

	return ErrKeyringLocked
}

// noService reports whether the session cannot store secrets: it has no session bus, or no Secret Service runs on the
// bus or can be started (https://dbus.freedesktop.org/doc/dbus-specification.html#message-bus-starting-services).
func noService(err error) bool {
	var (
		dial   *net.OpError
		failed dbus.Error
	)
	switch {
	case errors.As(err, &dial):
		return dial.Op == "dial"
	case errors.As(err, &failed):
		return failed.Name == "org.freedesktop.DBus.Error.ServiceUnknown"
	}

	return false
}
