//go:build (dragonfly && cgo) || (freebsd && cgo) || linux || netbsd || openbsd

package native

import (
	"errors"
	"net"
	"os/exec"

	"github.com/godbus/dbus/v5"
)

// noService reports whether nobody in this session could hold a secret: there is no session bus, nor could one be
// started, or nothing on it answers as the Secret Service, nor could be started
// (https://dbus.freedesktop.org/doc/dbus-specification.html#message-bus-starting-services).
func noService(err error) bool {
	var (
		dial   *net.OpError
		launch *exec.ExitError
		said   dbus.Error
	)
	switch {
	case errors.As(err, &dial):
		return dial.Op == "dial"
	case errors.As(err, &launch): // dbus-launch, without a display
		return true
	case errors.As(err, &said):
		return said.Name == "org.freedesktop.DBus.Error.ServiceUnknown"
	}

	return false
}
