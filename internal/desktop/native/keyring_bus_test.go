//go:build linux

package native_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/upstash-connect/bff/internal/desktop/native"
)

// lockedService is a Secret Service whose user does not unlock it.
type lockedService struct{}

func (lockedService) Unlock([]dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	return nil, "/", dbus.NewError("org.freedesktop.Secret.Error.IsLocked", nil)
}

func (lockedService) OpenSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), "/session", nil
}

// A session without a bus, or without a Secret Service, has no keyring. One that is locked has one that does not
// answer.
func TestSystemKeyringTellsNoneFromLocked(t *testing.T) {
	keyring := native.SystemKeyring{StateDir: "/state"}
	store := native.NewStore(t.TempDir(), keyring)
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

	if _, _, err := store.Load(); !errors.Is(err, native.ErrKeyringSilent) || errors.Is(err, native.ErrNoKeyring) {
		t.Errorf("locked: got %v", err)
	}

	if err := store.Delete(); !errors.Is(err, native.ErrKeyringSilent) {
		t.Errorf("deleted while locked: got %v", err)
	}
}

// startBus runs a message bus that starts no service, and returns its address.
func startBus(t *testing.T) string {
	t.Helper()

	path, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("there is no dbus-daemon here")
	}
	directory := t.TempDir()
	config := filepath.Join(directory, "bus.conf")

	text := `<busconfig><type>session</type><listen>unix:path=` + directory + `/bus</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := exec.CommandContext(t.Context(), path, "--config-file="+config, "--nofork", "--print-address")

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
