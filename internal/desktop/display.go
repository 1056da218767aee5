package desktop

import (
	"context"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// variable is an environment's value of a name: the first that is not empty.
func variable(environ []string, name string) string {
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok && value != "" {
			return value
		}
	}

	return ""
}

// HasDisplay reports whether this session has a display to open a window on. That of a Mac and of Windows always has,
// as far as an environment tells.
func HasDisplay(environ []string) bool {
	switch runtime.GOOS {
	case "darwin", "windows":
		return true
	}

	return variable(environ, "DISPLAY") != "" || variable(environ, "WAYLAND_DISPLAY") != ""
}

// CanPrompt reports whether whoever runs the command sits at a display of this session. Over ssh nobody does, even with
// a display forwarded: what asks for a keyring's password is a program of the desktop's and would ask there. Nor does
// anybody where a variable names a display that is not there, as in a container that inherited it.
func CanPrompt(environ []string) bool {
	switch {
	case variable(environ, "SSH_CONNECTION") != "":
		return false
	case runtime.GOOS == "darwin", runtime.GOOS == "windows":
		return true
	}

	return accepts(waylandSocket(environ)) || acceptsX(variable(environ, "DISPLAY"))
}

// waylandSocket is where the compositor listens; empty for none.
func waylandSocket(environ []string) string {
	name := variable(environ, "WAYLAND_DISPLAY")
	if name == "" || filepath.IsAbs(name) {
		return name
	}

	return filepath.Join(variable(environ, "XDG_RUNTIME_DIR"), name)
}

// acceptsX reports whether an X server of this machine answers. One of another machine is believed to.
func acceptsX(display string) bool {
	host, rest, named := strings.Cut(display, ":")
	if !named || (host != "" && host != "unix") {
		return named
	}
	number, _, _ := strings.Cut(rest, ".")
	socket := "/tmp/.X11-unix/X" + number

	return accepts(socket) || accepts("@"+socket)
}

func accepts(socket string) bool {
	if socket == "" {
		return false
	}

	dialer := net.Dialer{Timeout: time.Second}

	connection, err := dialer.DialContext(context.Background(), "unix", socket)
	if err != nil {
		return false
	}
	_ = connection.Close()

	return true
}

// HasBrowser reports whether a browser that is opened here can be seen: on a display, or where the environment says how
// (BROWSER, as remote editors set it to open one at their user's; Windows' own from a Linux inside it). Elsewhere what
// is opened is a browser of the terminal, in the place of the command.
func HasBrowser(environ []string) bool {
	return HasDisplay(environ) || variable(environ, "BROWSER") != "" || variable(environ, "WSL_DISTRO_NAME") != ""
}
