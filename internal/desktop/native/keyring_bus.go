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

// Why there is no keyring in a session.
var (
	errNoBus        = errors.New("this session has no message bus")
	errNoService    = errors.New("nothing that keeps secrets runs in this session")
	errNoCollection = errors.New("the keyring of this session has no collection, so it can hold no entry")
)

// reach looks whether the library may be let at the keyring. The library starts a bus where there is none
// (dbus-launch), has the bus start a service, and waits for prompts that nobody sees: what it started stays behind for
// good. Errors: ErrNoKeyring with the reason, ErrNobodyUnlocks.
func (k SystemKeyring) reach() error {
	ctx, cancel := context.WithTimeout(context.Background(), answerPatience)
	defer cancel()

	bus, err := sessionBus(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoKeyring, busFault(err))
	}

	defer func() { _ = bus.Close() }()

	if err := k.serve(ctx, bus); err != nil {
		return err
	}

	return k.usable(ctx, bus)
}

// sessionBus connects to the bus that is there, and starts none.
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

// busFault says why no bus was reached.
func busFault(err error) error {
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
		return errNoBus
	}

	return fmt.Errorf("the message bus of this session does not answer: %w", err)
}

// serve makes sure that a Secret Service runs. Where none does and nobody sits at a display, there is no keyring: a
// service that the bus starts in such a session stays when the command ends, and can ask nobody. At a display the
// desktop's bus starts the desktop's own.
func (k SystemKeyring) serve(ctx context.Context, bus *dbus.Conn) error {
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

	if !k.Attended || !slices.Contains(startable, secretsName) {
		return fmt.Errorf("%w: %w", ErrNoKeyring, errNoService)
	}

	return call("StartServiceByName", secretsName, uint32(0)).Store(&started)
}

// usable looks for the collection that the library uses, and whether it can be unlocked by whoever is there. What a
// service does not want to tell, the library finds out.
func (k SystemKeyring) usable(ctx context.Context, bus *dbus.Conn) error {
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

	if k.Attended {
		return nil
	}

	return unlocks(ctx, bus, collection)
}

// unlocks unlocks the collection, which one without a password lets everybody. Nobody is asked for one: a prompt would
// wait at a display that nobody looks at.
func unlocks(ctx context.Context, bus *dbus.Conn, collection dbus.ObjectPath) error {
	var (
		unlocked []dbus.ObjectPath
		prompt   dbus.ObjectPath
	)
	if err := bus.Object(secretsName, secretsPath).CallWithContext(
		ctx, secretsService+".Unlock", dbus.FlagNoAutoStart, []dbus.ObjectPath{collection},
	).Store(&unlocked, &prompt); err != nil {
		return fmt.Errorf("%w: %w", ErrNobodyUnlocks, err)
	}

	if prompt == noObject {
		return nil
	}

	_ = bus.Object(secretsName, prompt).CallWithContext(ctx, secretsPrompt+".Dismiss", dbus.FlagNoAutoStart).Err

	return ErrNobodyUnlocks
}

// noService reports whether nobody in this session could hold a secret: there is no session bus, or nothing on it
// answers as the Secret Service, nor could be started
// (https://dbus.freedesktop.org/doc/dbus-specification.html#message-bus-starting-services).
func noService(err error) bool {
	var (
		dial *net.OpError
		said dbus.Error
	)
	switch {
	case errors.As(err, &dial):
		return dial.Op == "dial"
	case errors.As(err, &said):
		return said.Name == "org.freedesktop.DBus.Error.ServiceUnknown"
	}

	return false
}
