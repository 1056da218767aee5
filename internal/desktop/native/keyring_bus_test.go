//go:build linux

package native_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/upstash-connect/bff/internal/desktop/native"
	"github.com/upstash-connect/bff/internal/peertest"
)

// lockedService is a Secret Service whose user does not unlock it.
type lockedService struct{}

func (lockedService) Unlock([]dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	return nil, "/", dbus.NewError("org.freedesktop.Secret.Error.IsLocked", nil)
}

func (lockedService) OpenSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), "/session", nil
}

// A session without a bus, or without a Secret Service, has no keyring. A locked keyring exists but does not respond.
func TestSystemKeyringDistinguishesMissingFromLocked(t *testing.T) {
	keyring := native.SystemKeyring{StateDir: "/state"}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "none"))

	if _, err := keyring.Get(); !errors.Is(err, native.ErrNoKeyring) {
		t.Errorf("without a bus: got %v", err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", startBus(t))

	if _, err := keyring.Get(); !errors.Is(err, native.ErrNoKeyring) {
		t.Errorf("without a Secret Service: got %v", err)
	}

	if err := keyring.Set("x"); !errors.Is(err, native.ErrNoKeyring) {
		t.Errorf("set without a Secret Service: got %v", err)
	}

	service, err := dbus.Connect(os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Close() })

	if err := service.Export(
		lockedService{}, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service",
	); err != nil {
		t.Fatal(err)
	}

	if _, err := service.RequestName("org.freedesktop.secrets", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}

	var store *native.Store
	for _, attended := range []bool{false, true} {
		keyring.CanPrompt = attended
		store = native.NewStore(t.TempDir(), keyring)

		_, _, err := store.Load()
		if !errors.Is(err, native.ErrKeyringUnavailable) || errors.Is(err, native.ErrNoKeyring) ||
			errors.Is(err, native.ErrKeyringLocked) == attended {
			t.Errorf("locked, somebody at the display: %t: got %v", attended, err)
		}
	}

	if err := store.Delete(); !errors.Is(err, native.ErrKeyringUnavailable) {
		t.Errorf("deleted while locked: got %v", err)
	}
}

// startBus runs a message bus that starts the services of these files and no others, and returns its address. Whatever
// it started ends with the test.
func startBus(t *testing.T, services ...string) string {
	t.Helper()

	path := peertest.Program(t, "dbus-daemon", "dbus-daemon")
	directory := t.TempDir()
	config := filepath.Join(directory, "bus.conf")

	text := `<busconfig><type>session</type><listen>unix:path=` + directory + `/bus</listen>
<servicedir>` + directory + `</servicedir>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`
	write(t, config, text)

	for i, service := range services {
		write(t, filepath.Join(directory, strconv.Itoa(i)+".service"), service)
	}

	daemon := exec.CommandContext(context.WithoutCancel(t.Context()), path,
		"--config-file="+config, "--nofork", "--print-address")
	daemon.Env = environ(directory)

	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}

	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = daemon.Process.Kill(); _ = daemon.Wait() })

	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}

	return strings.TrimSpace(address)
}

// environ is the environment of a session with its own home directory, and no display.
func environ(home string, more ...string) []string {
	return append([]string{
		"HOME=" + home, "XDG_RUNTIME_DIR=" + home, "XDG_DATA_HOME=" + filepath.Join(home, "data"), "PATH=" + os.Getenv("PATH"),
	}, more...)
}

func write(t *testing.T, path, text string) {
	t.Helper()

	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// gnomeKeyring is a gnome-keyring-daemon on its own bus.
type gnomeKeyring struct {
	home, address string
	daemon        *exec.Cmd
}

// startGNOMEKeyring starts one with a login collection that the password unlocks; without a password, it has no
// collection.
func startGNOMEKeyring(t *testing.T, home, address, password string) *gnomeKeyring {
	t.Helper()
	path := peertest.Program(t, "gnome-keyring-daemon", "gnome-keyring")

	arguments := []string{"--foreground", "--components=secrets", "--control-directory=" + filepath.Join(home, "control")}
	if password != "" {
		arguments = append(arguments, "--unlock")
	}

	k := &gnomeKeyring{home, address, exec.CommandContext(context.WithoutCancel(t.Context()), path, arguments...)}
	k.daemon.Env = environ(home, "DBUS_SESSION_BUS_ADDRESS="+address)
	k.daemon.Stdin = strings.NewReader(password)

	if err := k.daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.stop)

	bus, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = bus.Close() }()

	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		var there bool
		if err := bus.BusObject().Call(
			"org.freedesktop.DBus.NameHasOwner", 0, "org.freedesktop.secrets",
		).Store(&there); err != nil || time.Now().After(end) {
			t.Fatalf("no gnome-keyring-daemon: %v", err)
		}

		if there {
			return k
		}
	}
}

func (k *gnomeKeyring) stop() { _ = k.daemon.Process.Kill(); _ = k.daemon.Wait() }

// lock locks the login collection, as a desktop does with its screen.
func (k *gnomeKeyring) lock(t *testing.T) {
	t.Helper()

	bus, err := dbus.Connect(k.address)
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = bus.Close() }()

	if err := bus.Object("org.freedesktop.secrets", "/org/freedesktop/secrets").Call(
		"org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{"/org/freedesktop/secrets/collection/login"},
	).Err; err != nil {
		t.Fatal(err)
	}
}

// A real keyring stores the entry while it is unlocked. Locked, in a session without a display, it fails immediately
// instead of waiting. Without a collection it counts as absent.
func TestSystemKeyringOfARealDesktop(t *testing.T) {
	home, address := t.TempDir(), startBus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	directory := t.TempDir()
	keyring := native.SystemKeyring{StateDir: directory}
	store := native.NewStore(directory, keyring)

	none := startGNOMEKeyring(t, home, address, "")

	_, err := keyring.Get()
	if !errors.Is(err, native.ErrNoKeyring) || !strings.Contains(err.Error(), "no collection") {
		t.Errorf("without a collection: got %v", err)
	}
	save(t, store, sample("file@example.com"), native.InFile)

	if why := store.KeyringError(); !errors.Is(why, native.ErrNoKeyring) || store.MayHaveKeyringEntry() {
		t.Errorf("the file has it because of %v; an entry may be in a keyring: %t", why, store.MayHaveKeyringEntry())
	}
	none.stop()

	unlocked := startGNOMEKeyring(t, home, address, "password")
	save(t, store, sample("ring@example.com"), native.InKeyring)
	saved(t, store, sample("ring@example.com"), native.InKeyring)
	unlocked.lock(t)

	_, _, err = store.Load()
	if !errors.Is(err, native.ErrKeyringLocked) || !errors.Is(err, native.ErrKeyringUnavailable) {
		t.Errorf("locked: got %v", err)
	}

	if err := store.Delete(); !errors.Is(err, native.ErrKeyringUnavailable) || !store.MayHaveKeyringEntry() {
		t.Errorf("deleted while locked: got %v; it may be in a keyring: %t", err, store.MayHaveKeyringEntry())
	}
	unlocked.stop()

	startGNOMEKeyring(t, home, address, "password")
	saved(t, store, sample("ring@example.com"), native.InKeyring)

	if err := store.Delete(); err != nil || store.MayHaveKeyringEntry() {
		t.Errorf("deleted with %v; it may be in a keyring: %t", err, store.MayHaveKeyringEntry())
	}
}

// On a display, the desktop's bus starts the desktop's own keyring. A keyring without a collection counts as absent:
// there is nothing to unlock.
func TestSystemKeyringThatIsStartedMayHaveNoCollection(t *testing.T) {
	path := peertest.Program(t, "gnome-keyring-daemon", "gnome-keyring")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", startBus(t,
		"[D-BUS Service]\nName=org.freedesktop.secrets\nExec="+path+" --start --foreground --components=secrets\n"))

	keyring := native.SystemKeyring{StateDir: "/state", CanPrompt: true}

	_, err := keyring.Get()
	if !errors.Is(err, native.ErrNoKeyring) || !strings.Contains(err.Error(), "no collection") {
		t.Errorf("got %v", err)
	}
}

// A keyring that nobody can unlock, and in which this directory never saved anything, takes nothing from anybody.
func TestStoreLeavesALockedKeyringThatNeverHadIt(t *testing.T) {
	home, address := t.TempDir(), startBus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	startGNOMEKeyring(t, home, address, "password").lock(t)

	directory := t.TempDir()
	store := native.NewStore(directory, native.SystemKeyring{StateDir: directory})
	save(t, store, sample("a@example.com"), native.InFile)

	if !errors.Is(store.KeyringError(), native.ErrKeyringLocked) {
		t.Errorf("the file has it because of %v", store.KeyringError())
	}

	if err := store.Delete(); err != nil || len(files(t, directory)) != 0 {
		t.Errorf("deleted with %v, left %v", err, files(t, directory))
	}
}

// In a session without a display nothing is started: neither a bus, nor a service on a bus.
func TestSystemKeyringStartsNothing(t *testing.T) {
	started := filepath.Join(t.TempDir(), "started")
	script := filepath.Join(t.TempDir(), "dbus-launch")
	write(t, script, "#!/bin/sh\necho $0 >> "+started+"\nexit 1\n")

	if err := os.Chmod(script, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Dir(script)+":"+os.Getenv("PATH"))

	keyring := native.SystemKeyring{StateDir: "/state"}
	refused := func(when string, err error) {
		t.Helper()

		if _, missing := os.Stat(started); !errors.Is(err, native.ErrNoKeyring) || missing == nil {
			t.Errorf("%s: got %v; a process was started: %t", when, err, missing == nil)
		}
	}
	onBus := func(when, address string) {
		t.Helper()
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)

		_, err := keyring.Get()
		refused(when, err)
		refused(when, keyring.Set("x"))
		refused(when, keyring.Delete())
	}

	if _, err := os.Stat("/run/user/" + strconv.Itoa(os.Getuid()) + "/bus"); err != nil { // else there is one to be found
		onBus("no address", "")
		onBus("an address that asks for a launch", "autolaunch:")
	}
	onBus("a launch for a display", "autolaunch:scope=*user")
	onBus("a service that could be started", startBus(t,
		"[D-BUS Service]\nName=org.freedesktop.secrets\nExec="+script+"\n"))

	// Where somebody sits at a display, the desktop's own is started by the desktop's bus.
	keyring.CanPrompt = true

	if _, err := keyring.Get(); err == nil {
		t.Error("a service that does not come was called a keyring")
	}

	if _, err := os.Stat(started); err != nil {
		t.Error("at a display, the desktop's service was not requested")
	}
}
